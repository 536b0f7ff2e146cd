"""Who may install the app, what is checked before anything is overwritten, and what a reinstall keeps."""

import json
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.settings import AllowList
from saleor_kupikupi.store import installations
from saleor_kupikupi_sandbox.saleor import InstallFailed, Saleor
from tests.journeys.payments import charge_of, confirmed_payment, open_payment, paid_payment
from tests.outbound.peers import Line, Peer, certificate
from tests.world import APP_ID, RICH, World
from tests.world import world as made_world

ANY = ("http://127.0.0.1:*/graphql/", "http://nowhere.invalid/graphql/")


@pytest.fixture
def hospitable(database_url: str) -> Iterator[World]:
    with made_world(database_url, allowed=ANY, limits=Limits(registration=1.0)) as made:
        yield made


def register(world: World, api_url: str, body: bytes = b'{"auth_token": "a token"}') -> requests.Response:
    headers = {"Saleor-Api-Url": api_url, "Saleor-Schema-Version": "3.22", "Content-Type": "application/json"}
    return requests.post(f"{world.url}/api/register", data=body, headers=headers, timeout=20)


def refused(answer: requests.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def token_of(world: World) -> str | None:
    with world.parts.database.read() as tx:
        found = installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID)
    assert found is not None
    return found.token


@contextmanager
def playing(script: Callable[[Line], None], context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    peer = Peer(script, context)
    try:
        yield peer
    finally:
        peer.stop()


def answering(*answers: bytes) -> Callable[[Line], None]:
    def script(line: Line) -> None:
        for answer in answers:
            line.hear()
            line.say(answer)

    return script


def http(body: bytes, status: str = "200 OK", more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


def test_a_saleor_that_is_not_allowed_is_refused_before_anything_is_asked(world: World) -> None:
    other = Saleor("3.22")
    other.start()
    try:
        with pytest.raises(InstallFailed, match="ALLOWED_SALEOR_URLS"):
            other.install(f"{world.url}/api/manifest")
        assert other.graphql_calls == []
    finally:
        other.stop()


def test_an_empty_list_says_which_variable_to_set(world: World) -> None:
    world.other_process(allowed=AllowList((), "").refusal)
    status, code, message = refused(register(world, world.saleor.api_url))
    assert (status, code) == (403, "SALEOR_URL_PROHIBITED")
    assert "ALLOWED_SALEOR_URLS" in message


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"auth_token": ""}', b'{"auth_token": 7}'])
def test_a_request_without_a_token_is_refused(world: World, body: bytes) -> None:
    status, code, _ = refused(register(world, world.saleor.api_url, body))
    assert (status, code) in {(400, "CANT_BE_PARSED"), (400, "MISSING_AUTH_TOKEN")}


def test_a_request_that_names_no_saleor_is_refused(world: World) -> None:
    assert refused(register(world, ""))[:2] == (400, "MISSING_API_URL_HEADER")


def test_a_wrong_token_overwrites_nothing(world: World) -> None:
    before = token_of(world)
    status, code, message = refused(register(world, world.saleor.api_url))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    assert "wrong token" in message
    assert token_of(world) == before
    assert open_payment(world).event.type == "CHARGE_ACTION_REQUIRED"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (answering(http(b"<html>")), "not JSON"),
        (answering(http(b"{}")), "no GraphQL result"),
        (answering(http(b"", "302 Found", "Location: http://127.0.0.1/\r\n")), "redirect"),
        (answering(http(b"x" * 70_000)), "too large"),
        (answering(http(b"oops", "500 Oops")), "500"),
        (Line.wait, "timeout"),
        (lambda line: line.sock.close(), "dropped"),
    ],
)
def test_what_is_wrong_with_the_saleor_is_named(hospitable: World, script: Callable[[Line], None], words: str) -> None:
    with playing(script) as peer:
        status, code, message = refused(register(hospitable, f"{peer.url}graphql/"))
    assert (status, code) == (401, "UNKNOWN_APP_ID")
    assert words in message


def test_a_host_that_does_not_exist_is_named(hospitable: World) -> None:
    assert "DNS" in refused(register(hospitable, "http://nowhere.invalid/graphql/"))[2]


def test_a_port_that_is_closed_is_named(hospitable: World) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    assert "refuses the connection" in refused(register(hospitable, f"http://127.0.0.1:{port}/graphql/"))[2]


def test_a_certificate_that_is_not_trusted_is_named(database_url: str, tmp_path: Path) -> None:
    with made_world(database_url, allowed=("https://127.0.0.1:*/graphql/",)) as world:
        context, _ = certificate(tmp_path)
        with playing(Line.wait, context) as peer:
            assert "TLS" in refused(register(world, f"{peer.url}graphql/"))[2]


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (http(b"{}"), "cannot be read"),
        (http(b"<html>"), "cannot be read"),
        (http(b"gone", "404 Not Found"), "404"),
        (http(b"", "500 Oops"), "500"),
    ],
)
def test_without_usable_keys_nothing_is_installed(hospitable: World, keys: bytes, words: str) -> None:
    known = http(json.dumps({"data": {"app": {"id": "QXBwOjE="}}}).encode(), more="Content-Type: application/json\r\n")

    def script(line: Line) -> None:
        while heard := line.hear():
            line.say(keys if heard.startswith(b"GET") else known)

    with playing(script) as peer:
        api_url = f"{peer.url}graphql/"
        status, code, message = refused(register(hospitable, api_url))
    assert (status, code) == (401, "JWKS_NOT_AVAILABLE")
    assert words in message
    with hospitable.parts.database.read() as tx:
        assert installations.find(tx, hospitable.parts.vault, api_url, APP_ID) is None


def test_a_reinstall_keeps_the_history_and_old_transactions_go_on(each_world: World) -> None:
    world = each_world
    payment = open_payment(world)
    world.saleor.uninstall(world.app)
    world.app = world.saleor.install(f"{world.url}/api/manifest")
    assert world.process(payment).event.type == "CHARGE_ACTION_REQUIRED"
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_a_reinstall_makes_suspended_and_dead_reports_due_again(world: World) -> None:
    payment = confirmed_payment(world)
    world.saleor.deny()
    world.work()
    assert charge_of(world, payment).attempts == 1
    world.saleor.deny(False)
    world.saleor.uninstall(world.app)
    world.app = world.saleor.install(f"{world.url}/api/manifest")
    world.work()
    assert world.charged(payment) == "1234.50"


def test_several_saleors_have_rows_and_keys_of_their_own(hospitable: World) -> None:
    world = hospitable
    other = Saleor("3.23")
    other.start()
    other.channel("rub")
    try:
        there = other.install(f"{world.url}/api/manifest")
        checkout = other.create_checkout(phone=RICH)
        assert other.gateway_initialize(checkout.id, APP_ID)["data"]["reason"] == "not_configured"
        assert world.offer(world.saleor.create_checkout(phone=RICH).id)["available"]
        open_payment(world)
        body = world.saleor.last_webhook("transaction_initialize_session")[1]
        forged = other.send_webhook(
            there, "transaction_initialize_session", body, headers={"Saleor-Api-Url": world.saleor.api_url}
        )
        assert forged.status_code == 401
    finally:
        other.stop()


def test_an_uninstalled_app_drops_its_token_and_follows_its_transfers_on(database_url: str) -> None:
    with made_world(database_url, version="3.23") as world:
        payment = confirmed_payment(world)
        world.saleor.uninstall(world.app)
        wait_until_dropped(world)
        world.work()
        assert world.transfer(payment).state == "CONFIRMED"
        assert [each.state for each in world.reports(payment)] == ["owed", "owed"]
        world.app = world.saleor.install(f"{world.url}/api/manifest")
        world.work()
        assert world.charged(payment) == "1234.50"


def wait_until_dropped(world: World) -> None:
    for _ in range(200):
        if token_of(world) is None:
            return
        world.parts.sleep(0.02)
    raise AssertionError("the token is still there")


def test_the_end_of_an_earlier_installation_ends_nothing(world: World) -> None:
    old = world.app
    world.saleor.uninstall(old)
    world.app = world.saleor.install(f"{world.url}/api/manifest")
    message = {
        "__typename": "AppDeleted",
        "issuedAt": world.clock.now().isoformat(),
        "version": "3.23.1",
        "recipient": {"id": old.id},
        "app": {"id": old.id},
    }
    late = world.saleor.send_webhook(world.app, "app_deleted", json.dumps(message).encode())
    assert late.status_code == 401
    current = message | {"recipient": {"id": world.app.id}, "app": {"id": old.id}}
    assert world.saleor.send_webhook(world.app, "app_deleted", json.dumps(current).encode()).status_code == 401
    assert token_of(world) is not None
    assert paid_payment(world).event.type == "CHARGE_ACTION_REQUIRED"
