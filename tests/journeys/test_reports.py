"""What Saleor is owed reaches it: once in effect, however often Saleor is away, and never for ever in vain."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from structlog.typing import EventDict

from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.flows.reconcile import take_reports
from saleor_kupikupi.store import reports as stored
from tests.journeys.payments import charge_of, confirmed_payment, open_payment
from tests.world import RICH, World
from tests.world import world as made_world

PROCESS = "transaction_process_session"
BACKOFF = (5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600)


def tries(world: World) -> int:
    return sum("transactionEventReport" in call.query for call in world.saleor.graphql_calls)


def calls(world: World) -> int:
    return sum(call.query.startswith("mutation") for call in world.saleor.graphql_calls)


# what is said


def test_a_report_names_the_payment_method_from_3_22_on(each_world: World) -> None:
    payment = confirmed_payment(each_world)
    each_world.work()
    assert each_world.charged(payment) == "1234.50"
    (said,) = [call for call in each_world.saleor.graphql_calls if "transactionEventReport" in call.query]
    knows_methods = each_world.saleor.version >= "3.22"
    assert ("paymentMethodDetails" in said.query) is knows_methods
    method = each_world.saleor.transaction(payment.token).payment_method
    assert dict(method or ()).get("name") == ("Kupi-Kupi" if knows_methods else None)


def test_a_report_goes_by_token_with_a_time_that_has_an_offset_and_offers_a_refund_alone(each_world: World) -> None:
    payment = confirmed_payment(each_world)
    each_world.work()
    (said,) = each_world.saleor.reports
    assert str(said.input["token"]) == payment.token
    assert said.input["pspReference"] == payment.token
    assert said.input["time"].utcoffset() == timedelta(0)
    assert said.input["availableActions"] == ["REFUND"]
    assert "externalUrl" not in said.input
    assert each_world.saleor.transaction(payment.token).actions == ("REFUND",)


def test_the_reported_amount_is_the_transfers_own_though_the_basket_has_grown(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, "2000")
    world.paid(payment)
    assert world.charged(payment) == "1234.50"
    assert world.saleor.checkout(checkout.id).charge_status == "PARTIAL"


def test_a_report_reaches_the_order_that_the_checkout_has_become(each_world: World) -> None:
    each_world.saleor.channel("rub", automatic_completion=True, completion_delay=0)
    payment = confirmed_payment(each_world)
    assert each_world.process(payment).event.type == "CHARGE_SUCCESS"
    order = each_world.saleor.checkout_complete(payment.transaction.checkout_id or "")
    each_world.work()
    assert each_world.saleor.reports[-1].outcome == "alreadyProcessed"
    assert each_world.saleor.order(order.id).charge_status == "FULL"


# once in effect


def test_an_event_that_saleor_has_already_is_delivered(each_world: World) -> None:
    payment = confirmed_payment(each_world)
    assert each_world.process(payment).event.type == "CHARGE_SUCCESS"
    each_world.work()
    assert [report.outcome for report in each_world.saleor.reports] == ["alreadyProcessed"]
    assert charge_of(each_world, payment).state == "delivered"
    assert each_world.charged(payment) == "1234.50"


def test_a_report_whose_answer_was_lost_is_sent_again_and_charges_once(each_world: World) -> None:
    payment = confirmed_payment(each_world)
    each_world.saleor.down(times=1, how="lost")
    each_world.work()
    assert charge_of(each_world, payment).state == "owed"
    each_world.clock.forward(seconds=6)
    each_world.work()
    assert [report.outcome for report in each_world.saleor.reports] == ["recorded", "alreadyProcessed"]
    assert charge_of(each_world, payment).state == "delivered"
    assert each_world.charged(payment) == "1234.50"


def test_two_workers_report_one_event_once(world: World) -> None:
    payments = [confirmed_payment(world) for _ in range(3)]
    world.saleor.slow(0.05)
    together = Barrier(3)

    def work() -> None:
        together.wait()
        world.work()

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(work) for _ in range(3)]:
            done.result()
    world.work()
    assert [report.outcome for report in world.saleor.reports] == ["recorded"] * 3
    assert [world.charged(payment) for payment in payments] == ["1234.50"] * 3


def test_the_answer_to_the_buyer_and_the_report_charge_once(world: World) -> None:
    payment = confirmed_payment(world)
    together = Barrier(2)

    def come_back() -> None:
        together.wait()
        world.process(payment)

    def work() -> None:
        together.wait()
        world.work()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(come_back), pool.submit(work)]:
            done.result()
    world.clock.forward(seconds=30)
    world.work()
    assert world.charged(payment) == "1234.50"
    assert charge_of(world, payment).state == "delivered"


def test_a_report_waits_until_saleor_has_booked_the_answer_to_the_buyer(database_url: str) -> None:
    with made_world(database_url, limits=Limits()) as world:
        world.clock.stop()
        payment = confirmed_payment(world)
        assert world.process(payment).event.type == "CHARGE_SUCCESS"
        world.work()
        assert world.saleor.reports == []
        world.clock.forward(seconds=1)
        world.work()
        assert [report.outcome for report in world.saleor.reports] == ["alreadyProcessed"]


def test_a_buyer_who_comes_back_while_a_report_is_owed_holds_it_for_two_seconds_at_most(database_url: str) -> None:
    with made_world(database_url, limits=Limits()) as world:
        world.clock.stop()
        payment = confirmed_payment(world)
        world.process(payment)
        _, body, _, _ = world.saleor.last_webhook(PROCESS)
        for _ in range(3):
            world.clock.forward(seconds=0.6)
            assert world.saleor.send_webhook(world.app, PROCESS, body).json()["result"] == "CHARGE_SUCCESS"
            world.work()
            assert tries(world) == 0
        world.clock.forward(seconds=0.2)
        world.work()
        assert tries(world) == 1


# Saleor is away


@pytest.mark.parametrize("how", ["drop", "500", "html", "garbled"])
def test_a_report_waits_while_saleor_is_down(world: World, how: str) -> None:
    payment = confirmed_payment(world)
    world.saleor.down(how=how)
    for _ in range(4):
        world.work()
        world.clock.forward(hours=1)
    assert world.charged(payment) == "0.00"
    assert charge_of(world, payment).state == "owed"
    assert charge_of(world, payment).last_error
    world.saleor.clear()
    world.work()
    assert world.charged(payment) == "1234.50"


def test_an_undelivered_report_is_tried_after_five_seconds_and_then_ever_later_up_to_an_hour(world: World) -> None:
    world.clock.stop()
    payment = confirmed_payment(world)
    world.saleor.down(how="500")
    world.work()
    assert tries(world) == 1
    for number, wait in enumerate(BACKOFF, start=1):
        world.clock.forward(seconds=wait - 0.001)
        world.work()
        assert (tries(world), wait) == (number, wait)
        world.clock.forward(seconds=0.001)
        world.work()
        assert (tries(world), wait) == (number + 1, wait)
    assert charge_of(world, payment).attempts == len(BACKOFF) + 1


def test_a_report_is_given_up_after_thirty_days_and_a_person_can_send_it_again(
    world: World, log: list[EventDict]
) -> None:
    payment = confirmed_payment(world)
    world.saleor.down(how="500")
    world.work()
    world.clock.forward(days=29, hours=23)
    world.work()
    assert charge_of(world, payment).state == "owed"
    world.clock.forward(hours=2)
    world.work()
    assert charge_of(world, payment).state == "dead"
    assert "thirty days" in charge_of(world, payment).last_error
    assert "report is dead" in [each["event"] for each in log if each["log_level"] == "error"]
    world.saleor.clear()
    world.clock.forward(days=1)
    assert world.work() == 0
    with world.parts.database.write() as tx:
        assert stored.resend_of(tx, world.transfer(payment).id, world.parts.now()) == 1
    world.work()
    assert world.charged(payment) == "1234.50"
    assert charge_of(world, payment).state == "delivered"


def test_an_hour_without_delivery_raises_an_alert(world: World, log: list[EventDict]) -> None:
    confirmed_payment(world)
    world.saleor.down(how="500")
    world.work()
    world.clock.forward(minutes=59)
    world.work()
    levels = {each["log_level"] for each in log if each["event"] == "not reported"}
    assert levels == {"warning"}
    world.clock.forward(hours=1)
    world.work()
    assert "error" in {each["log_level"] for each in log if each["event"] == "not reported"}


# Saleor denies us


def test_a_denied_report_suspends_the_installations_reports_for_a_day(each_world: World) -> None:
    first, second = confirmed_payment(each_world), open_payment(each_world)
    each_world.saleor.deny()
    each_world.work()
    assert [report.outcome for report in each_world.saleor.reports] == ["PermissionDenied"]
    each_world.provider.force(second.token, "CONFIRMED")
    for _ in range(23):
        each_world.clock.forward(hours=1)
        each_world.work()
    assert each_world.transfer(second).state == "CONFIRMED"
    assert calls(each_world) == 1
    each_world.clock.forward(hours=1.1)
    each_world.work()
    assert calls(each_world) == 2
    assert each_world.charged(first) == "0.00"
    assert charge_of(each_world, first).state == "owed"


def test_the_daily_try_that_passes_ends_the_suspension(world: World) -> None:
    first, second = confirmed_payment(world), confirmed_payment(world)
    world.saleor.deny()
    world.work()
    world.saleor.deny(denied=False)
    world.clock.forward(hours=23)
    world.work()
    assert (world.charged(first), world.charged(second)) == ("0.00", "0.00")
    world.clock.forward(hours=1.1)
    world.work()
    assert (world.charged(first), world.charged(second)) == ("1234.50", "1234.50")
    later = confirmed_payment(world)
    world.work()
    assert world.charged(later) == "1234.50"


def test_an_app_that_was_switched_off_and_on_again_reports_at_the_daily_try(each_world: World) -> None:
    payment = confirmed_payment(each_world)
    each_world.saleor.deactivate(each_world.app)
    each_world.work()
    assert each_world.charged(payment) == "0.00"
    each_world.saleor.activate(each_world.app)
    each_world.clock.forward(hours=24.1)
    each_world.work()
    assert each_world.charged(payment) == "1234.50"


def test_a_denied_report_is_still_owed_after_many_days(world: World) -> None:
    payment = confirmed_payment(world)
    world.saleor.deny()
    world.work()
    for _ in range(28):
        world.clock.forward(hours=24.1)
        world.work()
    assert charge_of(world, payment).state == "owed"
    assert calls(world) == 29


@pytest.mark.parametrize("end", ["delivered", "not reported", "dead"])
def test_an_answer_after_the_lease_ran_out_is_left_to_whoever_has_the_report(
    world: World, log: list[EventDict], end: str
) -> None:
    payment = confirmed_payment(world)
    world.check(payment)
    (late,) = take_reports(world.parts, 1)
    world.clock.forward(seconds=world.parts.limits.lease + 1)
    (now,) = take_reports(world.parts, 1)
    if end == "not reported":
        world.saleor.down()
    elif end == "dead":
        world.clock.forward(days=31)
        world.saleor.down()
    late()
    assert [each["log_level"] for each in log if each["event"] == "report is another's by now"] == ["warning"]
    assert (charge_of(world, payment).state, charge_of(world, payment).attempts) == ("owed", 0)
    world.saleor.clear()
    now()
    assert charge_of(world, payment).state == "delivered"
    assert world.charged(payment) == "1234.50"
