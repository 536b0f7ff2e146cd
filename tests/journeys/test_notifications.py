"""The provider says that a code was typed: what gets an OK, upon which points move, and what does not."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
import requests
from structlog.typing import EventDict

from saleor_kupikupi.domain.connection import Ack
from saleor_kupikupi.domain.transfer import Environment
from tests.clock import eventually
from tests.world import RICH, RICH_DIGITS, SECRET, UID, Session, World
from tests.world import world as made_world


def open_payment(world: World, total: str = "1234.50") -> Session:
    return world.pay(world.saleor.create_checkout(total=total, phone=RICH).id)


def unanswered_payment(world: World, source_id: str, **more: Any) -> Session:
    """Opens a payment that the provider has, though its answer was lost."""
    world.provider.fault("drop_after", "init", times=1)
    return world.pay(source_id, **more)


def claim_of(reference: str, **changes: Any) -> bytes:
    said = {"status": True, "transferStatus": "CONFIRMED", "errorCode": "0", "uidPlatform": UID, "orderId": reference}
    return json.dumps({name: value for name, value in (said | changes).items() if value is not None}).encode()


def error_of(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["type"]


def errors_in(log: list[EventDict]) -> list[str]:
    return [each["event"] for each in log if each["log_level"] == "error"]


# the OK


def test_the_ok_is_plain_text(world: World) -> None:
    response = world.notify(claim_of(open_payment(world).token))
    assert (response.status_code, response.content) == (200, b"OK")
    assert response.headers["Content-Type"].startswith("text/plain")


def test_the_ok_is_json_where_the_merchant_chose_so(world: World) -> None:
    world.choose(ack=Ack.JSON)
    response = world.notify(claim_of(open_payment(world).token))
    assert (response.status_code, response.content) == (200, b'"OK"')
    assert response.headers["Content-Type"] == "application/json"


def test_the_claim_is_committed_before_the_ok(world: World) -> None:
    payment = open_payment(world)
    with ThreadPoolExecutor(1) as pool:
        with world.parts.database.write():
            notifying = pool.submit(world.notify, claim_of(payment.token))
            with pytest.raises(TimeoutError):
                notifying.result(timeout=0.3)
        assert notifying.result().text == "OK"
    assert world.transfer(payment).claimed_at is not None
    assert world.transfer(payment).claimed_status == "CONFIRMED"


def test_the_ok_never_waits_for_the_provider(world: World) -> None:
    payment = open_payment(world)
    world.provider.stop()
    assert world.notify(claim_of(payment.token)).text == "OK"
    assert world.provider.calls("checkout") == []


def test_a_transfer_whose_init_was_never_answered_gets_ok_and_is_paid(each_world: World) -> None:
    payment = unanswered_payment(each_world, each_world.saleor.create_checkout(total="1234.50", phone=RICH).id)
    assert payment.data["status"] == "PENDING"
    each_world.type_code(payment)
    each_world.work()
    assert each_world.charged(payment) == "1234.50"


def test_a_notification_that_outruns_the_answer_to_init_is_heard(world: World) -> None:
    world.provider.fault("notification_forged", "init", times=1)
    payment = open_payment(world)
    assert payment.event.type == "CHARGE_ACTION_REQUIRED"
    assert [each.ok for each in world.provider.transfer(payment.token).notifications] == [True]
    world.work()
    assert world.charged(payment) == "0.00"
    world.type_code(payment)
    world.work()
    assert world.charged(payment) == "1234.50"


def test_a_notification_that_is_repeated_gets_ok_and_changes_nothing(world: World) -> None:
    payment = open_payment(world)
    world.paid(payment)
    told = len(world.saleor.reports)
    for _ in range(2):
        assert world.provider.notify(payment.token).ok
        world.work()
    assert len(world.saleor.reports) == told
    assert world.charged(payment) == "1234.50"


def test_a_claim_of_an_open_transfer_may_be_repeated(world: World) -> None:
    payment = open_payment(world)
    assert [world.notify(claim_of(payment.token)).text for _ in range(3)] == ["OK"] * 3


def test_a_doubled_notification_charges_once(world: World) -> None:
    world.provider.fault("notification_doubled")
    payment = open_payment(world)
    world.paid(payment)
    assert [each.ok for each in world.provider.transfer(payment.token).notifications] == [True, True]
    assert world.charged(payment) == "1234.50"
    assert world.provider.balance_of(RICH_DIGITS) == 100_000 - 1234.5


def test_two_notifications_at_once_both_get_ok_and_charge_once(world: World) -> None:
    payment = open_payment(world)
    together = Barrier(4)

    def notify() -> str:
        together.wait()
        return world.notify(claim_of(payment.token)).text

    with ThreadPoolExecutor(4) as pool:
        said = [each.result() for each in [pool.submit(notify) for _ in range(4)]]
    assert said == ["OK"] * 4
    world.provider.force(payment.token, "CONFIRMED")
    world.work()
    assert world.charged(payment) == "1234.50"


def test_a_late_notification_is_heard_when_it_comes(world: World) -> None:
    world.provider.fault("notification_late", seconds=0.2)
    payment = open_payment(world)
    world.type_code(payment)
    assert world.work() == 0
    assert eventually(lambda: world.transfer(payment).claimed_at)
    assert eventually(lambda: world.provider.transfer(payment.token).status == "CONFIRMED")
    world.work()
    assert world.charged(payment) == "1234.50"


def test_an_ok_that_is_lost_leaves_the_points_until_the_notification_is_repeated(world: World) -> None:
    world.provider.fault("notification_ok_lost", times=1)
    payment = open_payment(world)
    world.type_code(payment)
    world.work()
    assert world.charged(payment) == "0.00"
    assert world.provider.notify(payment.token).ok
    world.work()
    assert world.charged(payment) == "1234.50"


def test_a_form_encoded_notification_is_heard(database_url: str) -> None:
    with made_world(database_url, notification_encoding="form") as world:
        payment = open_payment(world)
        world.paid(payment)
        assert world.charged(payment) == "1234.50"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_json_notification_is_heard_whatever_its_content_type_says(world: World, content_type: str | None) -> None:
    payment = open_payment(world)
    headers = {"Content-Type": content_type} if content_type else None
    response = requests.post(world.notification_url(), data=claim_of(payment.token), headers=headers, timeout=10)
    assert response.text == "OK"


def test_the_other_spelling_of_the_platform_is_understood(world: World) -> None:
    payment = open_payment(world)
    assert world.notify(claim_of(payment.token, uidPlatform=None, platformUid=UID)).text == "OK"
    assert error_of(world.notify(claim_of(payment.token, uidPlatform=None, platformUid="another")))[0] == 404


def test_a_notification_without_a_platform_is_accepted_with_a_warning(world: World, log: list[EventDict]) -> None:
    payment = open_payment(world)
    assert world.notify(claim_of(payment.token, uidPlatform=None)).text == "OK"
    assert [each["log_level"] for each in log if "without a platform" in each["event"]] == ["warning"]


# no OK


def test_an_unknown_reference_is_not_found(world: World) -> None:
    open_payment(world)
    response = world.notify(claim_of("0f7d3f4e-6f3b-4f57-9d7f-0d6a3f1f2b3c"))
    assert error_of(response) == (404, "UNKNOWN_TRANSFER")


def test_a_notification_of_another_platform_is_not_found(world: World) -> None:
    world.provider.fault("notification_other_uid")
    payment = open_payment(world)
    world.paid(payment)
    (told,) = world.provider.transfer(payment.token).notifications
    assert told.status == 404
    assert world.transfer(payment).claimed_at is None
    assert world.charged(payment) == "0.00"


def test_an_address_with_another_key_is_nobodys(world: World) -> None:
    payment = open_payment(world)
    address = world.notification_url()[:-1] + "x"
    assert error_of(requests.post(address, data=claim_of(payment.token), timeout=10)) == (404, "UNKNOWN_ADDRESS")
    assert world.transfer(payment).claimed_at is None


def test_each_environment_has_its_own_address(world: World) -> None:
    payment = open_payment(world)
    assert world.notification_url(Environment.PRODUCTION) != world.notification_url(Environment.TEST)
    response = world.notify(claim_of(payment.token), Environment.PRODUCTION)
    assert error_of(response) == (404, "UNKNOWN_TRANSFER")


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"[]", b"null", b'{"orderId": 1.5}', b"\xff\xfe", b"[" * 100_000, b'{"transferStatus": "NEW"}'],
)
def test_a_notification_that_cannot_be_read_is_refused(world: World, body: bytes) -> None:
    assert error_of(world.notify(body)) == (400, "MALFORMED_NOTIFICATION")


def test_a_notification_that_is_far_too_large_is_refused(world: World) -> None:
    assert error_of(world.notify(b" " * (1024 * 1024 + 1)))[0] == 413


def test_an_address_that_is_looked_at_with_a_browser_says_that_it_takes_posts(world: World) -> None:
    response = requests.get(world.notification_url(), timeout=10)
    assert error_of(response) == (405, "WRONG_METHOD")
    assert response.headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED"])
def test_a_transfer_that_failed_gets_no_ok_but_one_checkout_and_an_alert(
    each_world: World, status: str, log: list[EventDict]
) -> None:
    payment = open_payment(each_world)
    each_world.provider.force(payment.token, status)
    each_world.check(payment)
    each_world.work()
    asked = each_world.checkouts(payment)
    assert error_of(each_world.notify(claim_of(payment.token))) == (409, "TRANSFER_IS_OVER")
    assert errors_in(log) == ["notified of a transfer that is over"]
    each_world.work()
    each_world.clock.forward(days=40)
    each_world.work()
    assert each_world.checkouts(payment) == asked + 1
    assert each_world.transfer(payment).state == status


def test_a_superseded_transfer_gets_no_ok(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    older, newer = world.pay(checkout.id), world.pay(checkout.id)
    assert error_of(world.notify(claim_of(older.token))) == (409, "TRANSFER_IS_OVER")
    world.type_code(older)
    world.type_code(newer)
    world.work()
    assert (world.charged(older), world.charged(newer)) == ("0.00", "1234.50")
    assert world.provider.balance_of(RICH_DIGITS) == 100_000 - 1234.5


def test_an_abandoned_transfer_gets_no_ok(world: World) -> None:
    payment = unanswered_payment(world, world.saleor.create_checkout(total="1234.50", phone=RICH).id)
    assert world.process(payment).problems == ["start_again"]
    assert error_of(world.notify(claim_of(payment.token))) == (409, "TRANSFER_IS_OVER")
    world.type_code(payment)
    assert world.provider.balance_of(RICH_DIGITS) == 100_000


def test_a_transfer_that_never_opened_gets_no_ok(world: World) -> None:
    world.provider.fault("drop_before", "init", times=1)
    payment = open_payment(world)
    world.clock.forward(hours=25)
    world.work()
    assert "NEVER_OPENED" in world.story(payment)
    assert error_of(world.notify(claim_of(payment.token))) == (409, "TRANSFER_IS_OVER")


def test_a_forged_notification_moves_nothing(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.provider.fault("notification_forged", "form", times=1)
    each_world.provider.open_form(payment.data["transferURL"])
    assert [each.ok for each in each_world.provider.transfer(payment.token).notifications] == [True]
    for seconds in (0, 0.5, 1, 2, 5, 10, 15, 30):
        each_world.clock.forward(seconds=seconds)
        each_world.work()
    assert each_world.charged(payment) == "0.00"
    assert each_world.transfer(payment).state == "OPEN"
    assert each_world.saleor.reports == []
    assert each_world.process(payment).data["transferURL"] == payment.data["transferURL"]


# one undecided claim for a checkout or an order


@pytest.fixture
def pair(world: World) -> tuple[Session, Session]:
    """Two transfers of one checkout, neither of which superseded the other: both answers to `init` were lost."""
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    first, second = (unanswered_payment(world, checkout.id, amount=617) for _ in range(2))
    return first, second


def test_a_second_claim_of_one_checkout_gets_no_ok(world: World, pair: tuple[Session, Session]) -> None:
    first, second = pair
    assert world.notify(claim_of(first.token)).text == "OK"
    assert error_of(world.notify(claim_of(second.token))) == (409, "PAYMENT_IN_PROGRESS")
    assert world.notify(claim_of(first.token)).text == "OK"
    assert world.transfer(second).claimed_at is None


def test_of_claims_at_once_exactly_one_gets_ok(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payments = [unanswered_payment(world, checkout.id, amount=amount) for amount in (100, 200, 300, 400)]
    together = Barrier(4)

    def notify(payment: Session) -> int:
        together.wait()
        return world.notify(claim_of(payment.token)).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(notify, payments)) == [200, 409, 409, 409]


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED"])
def test_a_claim_that_fails_makes_room_for_another(world: World, pair: tuple[Session, Session], status: str) -> None:
    first, second = pair
    world.notify(claim_of(first.token))
    world.provider.force(first.token, status)
    assert world.notify(claim_of(second.token)).status_code == 409
    world.work()
    assert world.notify(claim_of(second.token)).text == "OK"


def test_a_claim_makes_room_for_another_only_when_saleor_knows_of_the_charge(
    world: World, pair: tuple[Session, Session]
) -> None:
    first, second = pair
    world.type_code(first)
    world.saleor.down(how="500")
    world.work()
    assert world.transfer(first).state == "CONFIRMED"
    assert world.notify(claim_of(second.token)).status_code == 409
    world.saleor.clear()
    world.clock.forward(seconds=6)
    world.work()
    assert world.charged(first) == "617.00"
    assert world.notify(claim_of(second.token)).text == "OK"


def test_an_order_and_the_checkout_it_came_from_share_one_claim(world: World) -> None:
    world.choose(guard=False)
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    lost, paying = (unanswered_payment(world, checkout.id) for _ in range(2))
    world.type_code(paying)
    world.work()
    order = world.saleor.checkout_complete(checkout.id)
    later = unanswered_payment(world, order.id, amount=100)
    assert world.notify(claim_of(lost.token)).text == "OK"
    assert error_of(world.notify(claim_of(later.token))) == (409, "PAYMENT_IN_PROGRESS")


def test_claims_of_different_checkouts_do_not_wait_for_each_other(world: World) -> None:
    payments = [open_payment(world), open_payment(world)]
    assert [world.notify(claim_of(payment.token)).text for payment in payments] == ["OK", "OK"]


# the guard


def refusal(world: World, payment: Session) -> tuple[int, str]:
    return error_of(world.notify(claim_of(payment.token)))


NO_LONGER_OWED = (409, "NO_LONGER_OWED")


def test_a_checkout_that_is_paid_already_gets_no_ok(each_world: World, log: list[EventDict]) -> None:
    checkout = each_world.saleor.create_checkout(total="1234.50", phone=RICH)
    lost, paying = (unanswered_payment(each_world, checkout.id) for _ in range(2))
    each_world.type_code(paying)
    each_world.work()
    assert each_world.charged(paying) == "1234.50"
    asked = len(each_world.saleor.graphql_calls)
    assert refusal(each_world, lost) == NO_LONGER_OWED
    assert len(each_world.saleor.graphql_calls) == asked + 1
    assert "no longer owed" in errors_in(log)
    each_world.type_code(lost)
    assert each_world.provider.balance_of(RICH_DIGITS) == 100_000 - 1234.5


def test_an_order_that_is_paid_already_gets_no_ok(each_world: World) -> None:
    order = each_world.saleor.create_order(total="1234.50", phone=RICH)
    each_world.paid(each_world.pay(order.id))
    stuck = unanswered_payment(each_world, order.id, amount="1234.50")
    assert refusal(each_world, stuck) == NO_LONGER_OWED


@pytest.mark.parametrize(("total", "owed"), [("1234.49", False), ("1234.50", True), ("2000", True), ("0.01", False)])
def test_a_basket_that_costs_less_by_now_gets_no_ok(world: World, total: str, owed: bool) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, total)
    assert world.notify(claim_of(payment.token)).status_code == (200 if owed else 409)


@pytest.mark.parametrize("source", ["create_checkout", "create_order"])
def test_what_was_paid_in_part_still_owes_the_rest_and_no_more(each_world: World, source: str) -> None:
    source_id = getattr(each_world.saleor, source)(total="1234.50", phone=RICH).id
    each_world.paid(each_world.pay(source_id, amount="500"))
    much = each_world.pay(source_id, amount="734.51")
    assert refusal(each_world, much) == NO_LONGER_OWED
    rest = each_world.pay(source_id)
    each_world.paid(rest)
    assert each_world.charged(rest) == "734.50"


def test_a_transaction_that_saleor_lost_gets_no_ok(world: World) -> None:
    payment = open_payment(world)
    port = int(world.saleor.url.rpartition(":")[2])
    world.saleor.stop()
    empty = type(world.saleor)(world.saleor.version, key=world.key, clock=world.clock.seconds)
    empty.start(port)
    try:
        empty.install(f"{world.url}/api/manifest")
        assert refusal(world, payment) == NO_LONGER_OWED
    finally:
        empty.stop()


def test_a_guard_that_refused_leaves_the_transfer_open(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, "1")
    assert refusal(world, payment) == NO_LONGER_OWED
    assert world.transfer(payment).claimed_at is None
    world.saleor.change_total(checkout.id, "1234.50")
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


@pytest.mark.parametrize("how", ["drop", "500", "html", "garbled"])
def test_a_saleor_that_gives_no_answer_does_not_stand_in_the_way(world: World, how: str) -> None:
    payment = open_payment(world)
    world.saleor.down(how=how)
    assert world.notify(claim_of(payment.token)).text == "OK"


def test_a_saleor_that_denies_us_does_not_stand_in_the_way(world: World) -> None:
    payment = open_payment(world)
    world.saleor.deny()
    assert world.notify(claim_of(payment.token)).text == "OK"


def test_a_silent_saleor_is_waited_for_a_second_and_a_half(world: World) -> None:
    payment = open_payment(world)
    world.saleor.slow(10)
    began = time.monotonic()
    assert world.notify(claim_of(payment.token)).text == "OK"
    assert 1.3 < time.monotonic() - began < 2.5


def test_a_merchant_can_do_without_the_guard(world: World) -> None:
    world.choose(guard=False)
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, "1")
    asked = len(world.saleor.graphql_calls)
    assert world.notify(claim_of(payment.token)).text == "OK"
    assert len(world.saleor.graphql_calls) == asked


# what must not be read by others


def test_the_key_of_an_address_never_stands_in_a_log(
    world: World, log: list[EventDict], capfd: pytest.CaptureFixture[str]
) -> None:
    address = world.notification_url()
    key = address.rpartition("/")[2]
    payment = open_payment(world)
    for body in (claim_of(payment.token), claim_of("unknown"), claim_of(payment.token, uidPlatform="other"), b"?"):
        requests.post(address, data=body, timeout=10)
    requests.get(address, timeout=10)
    requests.post(f"{address}/more", timeout=10)
    world.work()
    world.notify(claim_of(payment.token))
    assert len(log) > 5
    assert len(key) >= 22
    assert key not in repr(log)
    assert key not in "".join(capfd.readouterr())


def test_the_database_holds_no_key_that_could_be_read(world: World, tmp_path: Path) -> None:
    key = world.notification_url().rpartition("/")[2].encode()
    world.paid(open_payment(world))
    files = list(tmp_path.glob("app.db*"))
    assert files
    for file in files:
        content = file.read_bytes()
        assert not [secret for secret in (key, SECRET.encode(), RICH_DIGITS.encode()) if secret in content]
