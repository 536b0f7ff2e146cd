"""Admin routes, restart and command line do what the handle does."""

import subprocess
import sys
import threading
from urllib.parse import urlsplit

import pytest
import requests

from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from tests.sandbox.kupikupi.stage import BUYER, SECRET, SUCCESS, UID, Make, Shop, opened, signed, status_of, typed


def test_the_admin_routes_do_what_the_handle_does(provider: Kupikupi, shop: Shop) -> None:
    admin = provider.url + "/admin"

    def post(path: str, body: object) -> requests.Response:
        return requests.post(admin + path, json=body, timeout=5)

    assert post("/faults", {"kind": "refuse", "method": "init", "times": 1, "code": "7"}).status_code == 201
    assert requests.get(admin + "/faults", timeout=5).json()["faults"][0]["detail"] == {"code": "7"}
    assert requests.delete(admin + "/faults", timeout=5).json() == {"faults": []}
    assert post("/balances/79990000000", {"points": "12.50"}).json()["points"] == "12.5"
    opened(provider, phone=79990000000, amount=1_000)
    assert post("/transfers/order-1/notify", {"errorCode": "5"}).json()["ok"] is True
    assert post("/transfers/order-1/status", {"status": "CONFIRMED"}).json()["status"] == "CONFIRMED"
    (shown,) = requests.get(admin + "/transfers", timeout=5).json()["transfers"]
    assert (shown["orderId"], shown["code"]) == ("order-1", provider.transfer("order-1").code)
    assert shown["notifications"][0]["sent"]["errorCode"] == "5"
    assert requests.get(admin + "/calls?method=init", timeout=5).json()["calls"][0]["body"]["amount"] == 1_000
    post(f"/platforms/{UID}", {"notification_url": "https://elsewhere.example"})
    assert provider.platform(UID).notification_url == "https://elsewhere.example"
    post("/reset", {})
    assert (provider.transfers(), provider.calls()) == ([], [])
    with pytest.raises(KeyError):
        provider.balance_of("79990000000")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/faults", {"kind": "earthquake"}, 400),
        ("/faults", {}, 400),
        ("/faults", [], 400),
        ("/transfers/nobody/status", {"status": "NEW"}, 404),
        ("/platforms/nobody", {}, 404),
        ("/balances/79990000000", {}, 404),
    ],
)
def test_an_admin_request_without_sense_is_refused(provider: Kupikupi, path: str, body: object, status: int) -> None:
    response = requests.post(f"{provider.url}/admin{path}", json=body, timeout=5)
    assert response.status_code == status
    assert response.json()["error"]


def test_a_provider_that_was_down_remembers_everything(provider: Kupikupi) -> None:
    url = opened(provider)
    port = urlsplit(url).port
    provider.stop()
    provider.stop()
    with pytest.raises(requests.ConnectionError):
        opened(provider, "order-2")
    assert port is not None
    provider.start(port)
    assert typed(provider, url).headers["Location"] == SUCCESS
    assert status_of(provider) == "CONFIRMED"


def test_many_buyers_at_once_spend_exactly_what_they_have(provider: Kupikupi) -> None:
    orders = [f"order-{number}" for number in range(12)]
    urls = {order: opened(provider, order, amount=10_000) for order in orders}
    threads = [threading.Thread(target=typed, args=(provider, urls[order], order)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    statuses = [status_of(provider, order, 10_000) for order in orders]
    assert (statuses.count("CONFIRMED"), statuses.count("REJECTED")) == (10, 2)
    assert provider.balance_of(str(BUYER)) == 0


def test_the_command_line_serves_until_it_is_told_to_stop() -> None:
    program = [sys.executable, "-m", "saleor_kupikupi_sandbox.kupikupi", "--port", "0", "--platform", UID]
    flags = ["--secret", SECRET, "--balance", "79161234567=7", "--fault", "refuse method=init times=1 code=9"]
    with subprocess.Popen([*program, *flags], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        base_url = running.stdout.readline().split()[2]
        body = signed({"uidPlatform": UID, "phone": BUYER})
        balance = requests.post(base_url + "balance", json=body, timeout=5).json()["balance"]
        body = signed({"uidPlatform": UID, "phone": BUYER, "orderId": "order-1", "amount": 1})
        refusal = requests.post(base_url + "init", json=body, timeout=5).json()["errorCode"]
        running.terminate()
        assert running.wait(timeout=5) == 0
    assert (balance, refusal) == (7, "9")


@pytest.mark.parametrize("flags", [["--fault", "earthquake"], ["--balance", "7=x"], ["--wire-format", "xml"]])
def test_the_command_line_refuses_what_it_does_not_know(flags: list[str]) -> None:
    program = [sys.executable, "-m", "saleor_kupikupi_sandbox.kupikupi", *flags]
    done = subprocess.run(program, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 2
    assert flags[0] in done.stderr


def test_a_provider_behind_a_proxy_gives_out_its_public_address(make: Make) -> None:
    provider = make(public_url="https://points.example/")
    assert provider.base_url == "https://points.example/api/v1/transfer/"


def test_a_provider_that_was_never_started_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="started"):
        _ = Kupikupi([Platform(UID, SECRET)]).url
