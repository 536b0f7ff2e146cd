"""The stand-in misbehaves exactly as it is told to."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from decimal import Decimal

import pytest
import requests

from saleor_kupikupi_sandbox.kupikupi import Kupikupi
from tests.sandbox.kupikupi.stage import (
    BUYER,
    SUCCESS,
    UID,
    Make,
    Shop,
    ask,
    eventually,
    opened,
    signed,
    status_of,
    typed,
)


def test_a_fault_ends_after_its_calls_and_keeps_to_its_method(provider: Kupikupi) -> None:
    provider.fault("refuse", "init", 2, code="E-7", message="Нельзя")
    assert ask(provider, "balance", phone=BUYER)["status"] is True
    for order in ("order-1", "order-2"):
        answer = ask(provider, "init", phone=BUYER, orderId=order, amount=1)
        assert answer == {"status": False, "errorCode": "E-7", "message": "Нельзя"}
    assert provider.faults() == []
    assert ask(provider, "init", phone=BUYER, orderId="order-1", amount=1)["status"] is True


def test_a_fault_can_be_limited_to_one_order(provider: Kupikupi) -> None:
    opened(provider, "order-1")
    opened(provider, "order-2")
    provider.fault("unknown_order", order_id="order-2")
    assert status_of(provider, "order-1") == "NEW"
    assert ask(provider, "checkout", orderId="order-2", amount=25_050)["errorCode"] == "302"
    provider.clear_faults()
    assert status_of(provider, "order-2") == "NEW"


@pytest.mark.parametrize(("kind", "committed"), [("drop_before", False), ("drop_after", True)])
def test_a_connection_drops_before_or_after_the_transfer_is_made(
    provider: Kupikupi, kind: str, committed: bool
) -> None:
    provider.fault(kind, "init", 1)
    with pytest.raises(requests.ConnectionError):
        opened(provider)
    assert len(provider.transfers()) == committed
    assert len(provider.calls("init")) == 1


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    ("kind", "status", "content_type"),
    [
        ("error_500", 500, "text/html; charset=utf-8"),
        ("html", 200, "text/html; charset=utf-8"),
        ("body", 200, "application/json"),
        ("redirect", 302, "application/json"),
    ],
)
def test_another_answer_takes_the_place_of_the_true_one(
    provider: Kupikupi, kind: str, status: int, content_type: str, after: bool
) -> None:
    provider.fault(kind, "init", 1, after=after)
    body = signed({"uidPlatform": UID, "phone": BUYER, "orderId": "order-1", "amount": 1})
    response = requests.post(provider.base_url + "init", json=body, timeout=5, allow_redirects=False)
    assert (response.status_code, response.headers["Content-Type"]) == (status, content_type)
    assert len(provider.transfers()) == after


def test_latency_delays_the_answer_and_ends_with_the_provider(provider: Kupikupi) -> None:
    provider.fault("latency", "balance", 1, seconds=0.1)
    started = time.monotonic()
    ask(provider, "balance", phone=BUYER)
    assert time.monotonic() - started >= 0.1
    provider.fault("latency", "balance", 1, seconds=60)

    def wait() -> None:
        with suppress(requests.ConnectionError):  # answered or cut off: either ends the wait
            requests.post(provider.base_url + "balance", b"{}", timeout=30)

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    assert eventually(lambda: not provider.faults())
    provider.stop()
    waiting.join(timeout=5)
    assert not waiting.is_alive()


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("freed", ["released", "cleared"])
def test_a_call_is_held_until_it_is_let_go(provider: Kupikupi, after: bool, freed: str) -> None:
    held = provider.fault("held", "init", 1, after=after)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(ask, provider, "init", phone=BUYER, orderId="order-1", amount=100)
        assert eventually(lambda: provider.calls("init"))
        assert eventually(lambda: len(provider.transfers()) == after)
        assert not asking.done()
        if freed == "released":
            held.release()
        else:
            provider.clear_faults()
        assert asking.result()["status"] is True
    assert ask(provider, "balance", phone=BUYER)["status"] is True


@pytest.mark.parametrize(
    ("kind", "method", "name", "value"),
    [
        ("wrong_order", "init", "orderId", "another-order"),
        ("wrong_order", "checkout", "orderId", "another-order"),
        ("wrong_amount", "init", "amount", 1),
        ("bad_url", "init", "transferURL", "javascript:alert(1)"),
        ("unknown_status", "checkout", "transferStatus", "ON_HOLD"),
    ],
)
def test_an_answer_can_lie_in_one_field(provider: Kupikupi, kind: str, method: str, name: str, value: object) -> None:
    if method == "checkout":
        opened(provider)
    provider.fault(kind, method, 1)
    body = {"orderId": "order-1", "amount": 25_050} | ({"phone": BUYER} if method == "init" else {})
    answer = ask(provider, method, **body)
    assert answer[name] == value
    assert answer["status"] is True


def test_fields_can_be_rewritten_and_left_out(provider: Kupikupi) -> None:
    provider.fault("rewrite", "balance", 1, status="true", errorCode=0)
    provider.fault("omit", "balance", 1, balance=True)
    assert ask(provider, "balance", phone=BUYER) == {"status": "true", "errorCode": 0}


def test_a_true_answer_can_drip_or_be_huge(provider: Kupikupi) -> None:
    body = json.dumps(signed({"uidPlatform": UID, "phone": BUYER}))
    provider.fault("drip", "balance", 1, seconds=0.001)
    provider.fault("huge", "balance", 1, size=100)
    pieces = list(
        requests.post(provider.base_url + "balance", data=body, timeout=5, stream=True).iter_content(chunk_size=1)
    )
    assert len(pieces) == 100
    assert json.loads(b"".join(pieces))["balance"] == 1_000
    provider.fault("huge", "balance", 1)
    assert len(requests.post(provider.base_url + "balance", data=body, timeout=5).content) > 65_536


def test_a_lost_notification_leaves_the_points_unless_it_is_repeated(make: Make, shop: Shop) -> None:
    provider = make(notification_delays=(0.0, 0.01))
    provider.fault("notification_lost", times=1)
    typed(provider, opened(provider, "order-1"), "order-1")
    assert eventually(lambda: status_of(provider, "order-1") == "CONFIRMED")
    provider.fault("notification_lost")
    typed(provider, opened(provider, "order-2"), "order-2")
    assert eventually(lambda: not provider.transfer("order-2").notifying)
    assert status_of(provider, "order-2") == "FORM_SHOWED"
    assert len(shop.bodies) == 1


def test_a_late_notification_comes_after_the_buyer_has_left(provider: Kupikupi, shop: Shop) -> None:
    provider.fault("notification_late", times=1, seconds=0.2)
    assert typed(provider, opened(provider)).headers["Location"] == SUCCESS
    assert shop.bodies == []
    assert eventually(lambda: status_of(provider) == "CONFIRMED")


def test_a_doubled_notification_moves_the_points_once(provider: Kupikupi, shop: Shop) -> None:
    provider.fault("notification_doubled", times=1)
    typed(provider, opened(provider))
    first, second = shop.received()
    assert first == second
    assert provider.balance_of(str(BUYER)) == Decimal("749.50")


def test_an_ok_can_be_lost_on_its_way_back(provider: Kupikupi, shop: Shop) -> None:
    provider.fault("notification_ok_lost", times=1)
    typed(provider, opened(provider))
    assert len(shop.bodies) == 1
    assert status_of(provider) == "FORM_SHOWED"


def test_a_notification_can_name_another_platform_and_an_unknown_status(provider: Kupikupi, shop: Shop) -> None:
    provider.fault("notification_other_uid", times=1, value="stranger")
    provider.fault("unknown_status", "notification", 1)
    typed(provider, opened(provider))
    (claim,) = shop.received()
    assert (claim["uidPlatform"], claim["transferStatus"]) == ("stranger", "ON_HOLD")


@pytest.mark.parametrize("moment", ["init", "form"])
def test_a_stranger_can_claim_that_all_is_paid(provider: Kupikupi, shop: Shop, moment: str) -> None:
    provider.fault("notification_forged", moment, 1)
    url = opened(provider)
    assert len(shop.bodies) == (moment == "init")
    provider.open_form(url)
    assert [claim["transferStatus"] for claim in shop.received()] == ["CONFIRMED"]
    assert status_of(provider) == "FORM_SHOWED"
    assert provider.balance_of(str(BUYER)) == 1_000


def test_a_status_can_be_forced_and_the_points_follow(provider: Kupikupi) -> None:
    opened(provider)
    balances = []
    for status in ("CANCELED", "CONFIRMED", "CONFIRMED", "REJECTED"):
        provider.force("order-1", status)
        assert status_of(provider) == status
        balances.append(provider.balance_of(str(BUYER)))
    assert balances == [Decimal(text) for text in ("1000", "749.5", "749.5", "1000")]
    with pytest.raises(ValueError, match="PAID"):
        provider.force("order-1", "PAID")


@pytest.mark.parametrize(
    ("kind", "method"), [("earthquake", None), ("bad_url", "checkout"), ("notification_lost", "init")]
)
def test_a_fault_that_cannot_happen_is_refused(provider: Kupikupi, kind: str, method: str | None) -> None:
    with pytest.raises(ValueError, match=kind):
        provider.fault(kind, method)
