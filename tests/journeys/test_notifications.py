"""The provider says that a code was typed: what gets an OK, upon which points move, and what does not."""

from concurrent import futures
from pathlib import Path
from threading import Barrier

import pytest
import requests
from structlog.typing import EventDict

from saleor_kupikupi.domain.connection import Ack
from saleor_kupikupi.domain.transfer import Environment
from tests.clock import eventually
from tests.journeys.payments import alerts, claim_of, error_of, open_payment, unanswered_payment
from tests.world import RICH, RICH_DIGITS, SECRET, UID, World
from tests.world import world as made_world

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
    with futures.ThreadPoolExecutor(1) as pool:
        with world.parts.database.write():
            notifying = pool.submit(world.notify, claim_of(payment.token))
            with pytest.raises(futures.TimeoutError):
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
    payment = unanswered_payment(each_world)
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


def test_a_claim_may_be_repeated(world: World) -> None:
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

    with futures.ThreadPoolExecutor(4) as pool:
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
    assert error_of(world.notify(claim_of("0f7d3f4e-6f3b-4f57-9d7f-0d6a3f1f2b3c"))) == (404, "UNKNOWN_TRANSFER")


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
    [b"", b"hello", b"[]", b"null", b'{"orderId": 1.5}', b"\xff\xfe", b"[" * 10_000, b'{"transferStatus": "NEW"}'],
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
    assert alerts(log) == ["notified of a transfer that is over"]
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
    payment = unanswered_payment(world)
    assert world.process(payment).problems == ["start_again"]
    assert error_of(world.notify(claim_of(payment.token))) == (409, "TRANSFER_IS_OVER")
    world.type_code(payment)
    assert world.provider.balance_of(RICH_DIGITS) == 100_000


def test_a_transfer_that_never_opened_gets_no_ok(world: World) -> None:
    payment = unanswered_payment(world, arrived=False)
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
