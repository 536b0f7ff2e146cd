"""A charge stays a charge: what Saleor took is looked at, and healed where Saleor lost it."""

from datetime import timedelta

import pytest
from structlog.typing import EventDict

from saleor_kupikupi.cli.payments import OPERATOR
from saleor_kupikupi.domain.trouble import Trouble
from saleor_kupikupi.flows.check import check
from saleor_kupikupi.flows.look_up import Row, look_through, look_up
from saleor_kupikupi.flows.refund import record_refund
from saleor_kupikupi.flows.resend import resend
from saleor_kupikupi.flows.verify import Verdict, take_verifications
from saleor_kupikupi.store import installations
from saleor_kupikupi.store.pages import Wanted
from tests.journeys.payments import (
    alerts,
    charge_of,
    claim_of,
    confirmed_payment,
    drawn,
    error_of,
    open_payment,
    told,
    unanswered_payment,
)
from tests.journeys.rounds import look_again, open_problems, questions, shown
from tests.world import RICH, Session, World


def told_payment(world: World) -> Session:
    """Opens a payment and pays it; Saleor takes the charge and is not looked at yet."""
    world.clock.stop()
    payment = confirmed_payment(world)
    world.work()
    assert world.charged(payment) == "1234.50"
    return payment


def wait(world: World, **span: float) -> None:
    world.clock.forward(**span)
    world.work()


def recalculations(world: World, payment: Session) -> list[str]:
    return [name for _, name in told(world, payment) if ":recalculate:" in name]


def status(world: World, payment: Session) -> str:
    transaction = world.saleor.transaction(payment.token)
    if transaction.order_id:
        return world.saleor.order(transaction.order_id).charge_status
    return world.saleor.checkout(transaction.checkout_id or "").charge_status


def in_trouble(world: World) -> list[Row]:
    wanted = Wanted(installation_id=world.connection.installation_id, trouble_at=world.parts.now())
    return look_through(world.parts, wanted, before_id=None, after_id=None, limit=10)[0]


# looking


def test_a_healthy_payment_is_looked_at_four_times_within_an_hour_and_nothing_is_reported(each_world: World) -> None:
    payment = told_payment(each_world)
    for number, at in enumerate((2, 30, 300, 3600), start=1):
        before = (number, questions(each_world, "Holdings"))
        each_world.clock.ahead = timedelta(seconds=at - 0.01)
        each_world.work()
        assert before == (number, number - 1) == (number, questions(each_world, "Holdings"))
        wait(each_world, seconds=0.02)
        assert questions(each_world, "Holdings") == number
    wait(each_world, days=40)
    assert questions(each_world, "Holdings") == 4
    assert told(each_world, payment) == [("CHARGE_SUCCESS", payment.token)]


def test_a_saleor_that_does_not_answer_is_asked_again(world: World) -> None:
    payment = told_payment(world)
    world.saleor.down()
    wait(world, seconds=3)
    wait(world, hours=2)
    world.saleor.lose_charge(payment.token)
    world.saleor.clear()
    for _ in range(3):
        wait(world, hours=1)
    assert world.charged(payment) == "1234.50"


@pytest.mark.parametrize("gone", ["denied", "uninstalled"])
def test_a_saleor_that_does_not_know_the_app_is_asked_again_once_it_does(world: World, gone: str) -> None:
    payment = told_payment(world)
    world.saleor.lose_charge(payment.token)
    if gone == "denied":
        world.saleor.deny()
    else:
        with world.parts.database.write() as tx:
            installations.uninstalled(tx, world.connection.installation_id, world.app.id, world.parts.now())
    wait(world, seconds=3)
    assert world.charged(payment) == "0.00"
    world.saleor.deny(denied=False)
    if gone == "uninstalled":
        world.saleor.uninstall(world.app)
        world.app = world.saleor.install(f"{world.url}/api/manifest")
    wait(world, hours=2)
    assert world.charged(payment) == "1234.50"


def test_the_order_that_a_checkout_became_is_learned_on_the_way(world: World) -> None:
    payment = told_payment(world)
    order = world.saleor.checkout_complete(payment.transaction.checkout_id or "")
    wait(world, seconds=3)
    assert world.transfer(payment).order_number == order.number


# healing


@pytest.mark.parametrize("completed", [False, True])
def test_a_charge_that_saleor_lost_is_back_within_seconds(
    each_world: World, log: list[EventDict], completed: bool
) -> None:
    payment = told_payment(each_world)
    if completed:
        each_world.saleor.checkout_complete(payment.transaction.checkout_id or "")
    each_world.saleor.lose_charge(payment.token)
    assert (each_world.charged(payment), status(each_world, payment)) == ("0.00", "NONE")
    wait(each_world, seconds=2)
    assert (each_world.charged(payment), status(each_world, payment)) == ("1234.50", "FULL")
    assert recalculations(each_world, payment) == [f"{payment.token}:recalculate:1"]
    assert "charge short in Saleor" in alerts(log)
    wait(each_world, seconds=2)
    assert each_world.story(payment)[-3:] == ["CHARGE_SHORT", "REPORTED", "CHARGE_HEALED"]
    wait(each_world, days=1)
    assert len(recalculations(each_world, payment)) == 1


def test_a_charge_that_is_lost_again_and_again_is_healed_each_time_under_a_name_of_its_own(world: World) -> None:
    payment = told_payment(world)
    for number, minutes in ((1, 1), (2, 5), (3, 60)):
        world.saleor.lose_charge(payment.token)
        wait(world, minutes=minutes)
        wait(world, seconds=2)
        assert (world.charged(payment), len(recalculations(world, payment))) == ("1234.50", number)


def test_a_refund_that_saleor_lost_is_back(world: World) -> None:
    payment = told_payment(world)
    now = world.parts.now()
    record_refund(
        world.parts, world.transfer(payment), drawn(), amount=100_00, returned_on=now.date(), note="", by=OPERATOR
    )
    world.work()
    assert world.charged(payment) == "1134.50"
    transaction = world.saleor.transaction(payment.token)
    world.saleor.lose_charge(payment.token)
    wait(world, seconds=3)
    assert world.saleor.transaction(payment.token).sums == transaction.sums


def test_a_payment_that_was_returned_in_part_is_healthy(world: World) -> None:
    payment = told_payment(world)
    world.saleor.request_action(payment.token, "REFUND", "200")
    now = world.parts.now()
    record_refund(
        world.parts, world.transfer(payment), drawn(), amount=100_00, returned_on=now.date(), note="", by=OPERATOR
    )
    for _ in range(5):
        wait(world, hours=1)
    assert recalculations(world, payment) == []


def test_what_a_saleor_forgot_altogether_is_reported_again(world: World) -> None:
    payment = told_payment(world)
    world.saleor.forget(payment.token, "CHARGE_SUCCESS")
    wait(world, seconds=2)
    assert world.charged(payment) == "1234.50"
    assert told(world, payment) == [("CHARGE_SUCCESS", payment.token)] * 2
    assert recalculations(world, payment) == []


def test_a_charge_that_cannot_be_healed_becomes_a_problem_that_says_which_order(
    world: World, log: list[EventDict]
) -> None:
    payment = told_payment(world)
    order = world.saleor.checkout_complete(payment.transaction.checkout_id or "")
    wait(world, seconds=2)
    for _ in range(4):
        world.saleor.lose_charge(payment.token)
        wait(world, seconds=30)
        world.saleor.lose_charge(payment.token)
        wait(world, seconds=2)
    assert len(recalculations(world, payment)) == 3
    look_again(world)
    key = f"charge_lost:{payment.token}"
    assert f"order no. {order.number}" in open_problems(world)[key]
    assert key in shown(world)
    assert "charge lost in Saleor" in alerts(log)
    assert world.story(payment).count("CHARGE_LOST") == 1
    assert look_up(world.parts, world.transfer(payment)).troubles == (Trouble.LOST,)
    assert [each.transfer for each in in_trouble(world)] == [world.transfer(payment)]

    check(world.parts, world.transfer(payment), OPERATOR)
    wait(world, seconds=2)
    assert world.charged(payment) == "1234.50"
    look_again(world)
    assert open_problems(world) == {}
    assert in_trouble(world) == []


def test_a_transaction_that_saleor_does_not_have_any_more_is_a_problem_at_once(world: World) -> None:
    payment = told_payment(world)
    world.saleor.forget(payment.token)
    look_again(world, seconds=2)
    assert payment.token in open_problems(world)[f"charge_lost:{payment.token}"]
    wait(world, hours=2)
    assert world.story(payment).count("CHARGE_LOST") == 1


def test_a_recalculation_that_is_not_delivered_is_no_try_in_vain(world: World) -> None:
    payment = told_payment(world)
    world.saleor.lose_charge(payment.token)
    world.clock.forward(seconds=2)
    for piece in take_verifications(world.parts, 1):
        piece()
    for _ in range(5):
        world.saleor.down(times=1)
        wait(world, minutes=2)
    assert recalculations(world, payment) == []
    wait(world, minutes=2)
    assert (world.charged(payment), len(recalculations(world, payment))) == ("1234.50", 1)


# a person wants it now


@pytest.mark.parametrize("by", ["check", "resend"])
def test_a_person_mends_a_lost_charge_at_once(world: World, by: str) -> None:
    payment = told_payment(world)
    wait(world, days=2)
    world.saleor.lose_charge(payment.token)
    ask = check if by == "check" else resend
    assert ask(world.parts, world.transfer(payment), OPERATOR).saleor is Verdict.SHORT
    world.work()
    assert world.charged(payment) == "1234.50"
    assert ask(world.parts, world.transfer(payment), OPERATOR).saleor is Verdict.HELD
    world.saleor.down()
    assert ask(world.parts, world.transfer(payment), OPERATOR).saleor is Verdict.UNANSWERED


def test_a_check_of_what_saleor_was_not_told_asks_the_provider_alone(world: World) -> None:
    payment = open_payment(world)
    assert check(world.parts, world.transfer(payment), OPERATOR).saleor is Verdict.NOT_TOLD
    assert questions(world, "Holdings") == 0


# nobody pays twice meanwhile


def test_a_checkout_whose_charge_is_not_verified_yet_opens_no_second_form(each_world: World) -> None:
    payment = told_payment(each_world)
    each_world.saleor.lose_charge(payment.token)
    checkout = payment.transaction.checkout_id or ""
    second = each_world.pay(checkout)
    assert second.problems == ["payment_in_progress"]
    assert each_world.sent("init")[-1]["orderId"] == payment.token


def test_a_charge_that_is_lost_after_it_was_verified_opens_no_second_form_and_is_healed(each_world: World) -> None:
    each_world.choose(place_orders=False)
    payment = told_payment(each_world)
    wait(each_world, hours=2)
    each_world.saleor.lose_charge(payment.token)
    checkout = payment.transaction.checkout_id or ""
    assert each_world.pay(checkout).problems == ["payment_in_progress"]
    each_world.work()
    assert each_world.charged(payment) == "1234.50"


def test_a_form_that_was_open_before_gets_no_ok_while_saleor_shows_the_charge_lost(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    world.clock.stop()
    stuck, payment = (unanswered_payment(world, checkout.id) for _ in range(2))
    world.type_code(payment)
    world.work()
    wait(world, seconds=3)
    world.saleor.lose_charge(payment.token)
    assert error_of(world.notify(claim_of(stuck.token))) == (409, "NO_LONGER_OWED")
    world.work()
    assert world.charged(payment) == "1234.50"


@pytest.mark.parametrize("how", ["drop", "500"])
def test_a_saleor_that_gives_no_answer_gets_no_second_payment(world: World, how: str) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    stuck, payment = (unanswered_payment(world, checkout.id) for _ in range(2))
    world.type_code(payment)
    world.work()
    wait(world, seconds=3)
    world.saleor.down(how=how)
    assert error_of(world.notify(claim_of(stuck.token))) == (409, "NO_LONGER_OWED")
    assert charge_of(world, payment).state == "delivered"


def test_the_rest_of_a_checkout_can_be_paid_once_the_first_part_is_verified(each_world: World) -> None:
    checkout = each_world.saleor.create_checkout(total="1234.50", phone=RICH)
    each_world.paid(each_world.pay(checkout.id, amount="500"))
    wait(each_world, seconds=3)
    rest = each_world.pay(checkout.id)
    each_world.paid(rest)
    assert each_world.charged(rest) == "734.50"
