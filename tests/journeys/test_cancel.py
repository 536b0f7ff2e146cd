"""The shop cancels a payment: all we can do is to withhold our OK, and then say what became of the points."""

import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from structlog.typing import EventDict

from saleor_kupikupi_sandbox.saleor_records import Event
from tests.clock import eventually
from tests.journeys.payments import alerts, claim_of, error_of, open_payment, unanswered_payment
from tests.world import RICH, RICH_DIGITS, Session, World

CANCELATION = "transaction_cancelation_requested"


def cancel(world: World, payment: Session) -> Event:
    return world.saleor.request_action(payment.token, "CANCEL")


def answer(world: World) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(world.saleor.last_webhook(CANCELATION)[3] or b"")
    return said


def outcomes(world: World, payment: Session) -> list[tuple[str, str | None, str]]:
    """Lists what Saleor has booked as an outcome: type, name, amount."""
    events = world.saleor.transaction(payment.token).events
    return [
        (event.type, event.psp_reference, str(event.amount))
        for event in events
        if event.included and event.type.endswith(("_SUCCESS", "_FAILURE"))
    ]


def form_runs_out(world: World) -> None:
    world.clock.forward(minutes=11)
    world.work()


def test_a_cancelled_open_transfer_gets_no_ok_and_ends_cancelled_with_no_amount(each_world: World) -> None:
    payment = open_payment(each_world)
    pending = cancel(each_world, payment)
    assert answer(each_world) == {"pspReference": f"{payment.token}:cancel"}
    assert (pending.type, pending.psp_reference) == ("CANCEL_REQUEST", f"{payment.token}:cancel")
    assert each_world.provider.notify(payment.token).status == 409
    form_runs_out(each_world)
    assert outcomes(each_world, payment) == [("CANCEL_SUCCESS", f"{payment.token}:cancel", "0.00")]
    sums = each_world.saleor.transaction(payment.token).sums
    assert sums.canceled == sums.cancel_pending == sums.charged == Decimal(0)


def test_a_buyer_who_types_the_code_after_the_cancel_keeps_the_points(world: World) -> None:
    payment = open_payment(world)
    cancel(world, payment)
    world.type_code(payment)
    form_runs_out(world)
    assert world.provider.balance_of(RICH_DIGITS) == 100_000
    assert world.provider.transfer(payment.token).status == "CANCELED"
    assert world.charged(payment) == "0.00"


def test_late_notifications_do_not_put_off_the_answer_to_a_cancel(world: World) -> None:
    payment = open_payment(world)
    world.work()
    cancel(world, payment)
    for _ in range(6):
        assert world.provider.notify(payment.token).status == 409
        world.work()
    world.provider.force(payment.token, "CANCELED")
    world.clock.forward(seconds=16)
    world.work()
    assert outcomes(world, payment) == [("CANCEL_SUCCESS", f"{payment.token}:cancel", "0.00")]


def test_a_buyer_who_comes_back_after_the_cancel_is_told_to_start_again(world: World) -> None:
    payment = open_payment(world)
    cancel(world, payment)
    back = world.process(payment)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert back.problems == ["start_again"]
    assert "transferURL" not in back.data


def test_a_cancelled_transfer_that_was_confirmed_after_all_is_charged(each_world: World, log: list[EventDict]) -> None:
    payment = open_payment(each_world)
    cancel(each_world, payment)
    each_world.provider.force(payment.token, "CONFIRMED")
    each_world.work()
    assert sorted(outcomes(each_world, payment)) == [
        ("CANCEL_FAILURE", f"{payment.token}:cancel", "0.00"),
        ("CHARGE_SUCCESS", payment.token, "1234.50"),
    ]
    assert each_world.charged(payment) == "1234.50"
    assert "confirmed after all, look for a double payment" in alerts(log)


def test_a_claimed_transfer_is_not_abandoned_and_the_charge_stands(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.type_code(payment)
    cancel(each_world, payment)
    assert answer(each_world) == {"pspReference": f"{payment.token}:cancel"}
    assert each_world.transfer(payment).abandoned_at is None
    each_world.work()
    assert sorted(outcomes(each_world, payment)) == [
        ("CANCEL_FAILURE", f"{payment.token}:cancel", "0.00"),
        ("CHARGE_SUCCESS", payment.token, "1234.50"),
    ]


def test_a_payment_that_the_shop_wants_cancelled_gets_no_further_ok(world: World) -> None:
    payment = open_payment(world)
    assert world.provider.notify(payment.token).ok
    cancel(world, payment)
    assert error_of(world.notify(claim_of(payment.token))) == (409, "CANCEL_WAITS")
    assert world.story(payment)[-1] == "CANCEL_WAITS"


def test_a_claim_that_was_forged_ends_in_the_cancel_that_was_asked_for(world: World) -> None:
    payment = open_payment(world)
    assert world.provider.notify(payment.token).ok
    cancel(world, payment)
    form_runs_out(world)
    assert outcomes(world, payment) == [("CANCEL_SUCCESS", f"{payment.token}:cancel", "0.00")]


def test_a_rejected_transfer_answers_the_cancel_that_waits(world: World) -> None:
    payment = open_payment(world)
    cancel(world, payment)
    world.provider.force(payment.token, "REJECTED")
    world.work()
    assert outcomes(world, payment) == [("CANCEL_SUCCESS", f"{payment.token}:cancel", "0.00")]


def test_a_cancel_of_a_paid_transfer_fails_under_a_name_of_its_own(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.paid(payment)
    first, second = (cancel(each_world, payment) for _ in range(2))
    assert first.type == second.type == "CANCEL_FAILURE"
    assert first.psp_reference != second.psp_reference
    assert payment.token not in (first.psp_reference, second.psp_reference)
    assert "cabinet" in first.message
    assert each_world.charged(payment) == "1234.50"


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED"])
def test_a_cancel_of_a_failed_transfer_succeeds_with_no_amount(world: World, status: str) -> None:
    payment = open_payment(world)
    world.provider.force(payment.token, status)
    world.check(payment)
    first, second = (cancel(world, payment) for _ in range(2))
    assert first.type == second.type == "CANCEL_SUCCESS"
    assert answer(world)["amount"] == 0
    assert first.psp_reference != second.psp_reference
    assert world.saleor.transaction(payment.token).sums.canceled == 0


def test_a_cancel_of_a_transfer_that_never_opened_succeeds(world: World) -> None:
    payment = unanswered_payment(world, arrived=False)
    world.clock.forward(hours=25)
    world.work()
    assert world.transfer(payment).never_opened_at is not None
    assert cancel(world, payment).type == "CANCEL_SUCCESS"


def test_a_cancel_of_a_transfer_whose_init_was_never_answered_is_settled_when_it_never_opened(world: World) -> None:
    payment = unanswered_payment(world, arrived=False)
    assert cancel(world, payment).psp_reference == f"{payment.token}:cancel"
    assert world.process(payment).problems == ["start_again"]
    world.clock.forward(hours=25)
    world.work()
    assert outcomes(world, payment)[-1] == ("CANCEL_SUCCESS", f"{payment.token}:cancel", "0.00")


def test_a_second_cancel_waits_under_its_own_name_and_both_are_answered(world: World) -> None:
    payment = open_payment(world)
    first, second = (cancel(world, payment) for _ in range(2))
    assert first.psp_reference != second.psp_reference
    form_runs_out(world)
    assert outcomes(world, payment) == [
        ("CANCEL_SUCCESS", first.psp_reference, "0.00"),
        ("CANCEL_SUCCESS", second.psp_reference, "0.00"),
    ]


def test_the_same_cancel_sent_twice_is_one(world: World) -> None:
    payment = open_payment(world)
    first = cancel(world, payment)
    _, body, _, _ = world.saleor.last_webhook(CANCELATION)
    again = world.saleor.send_webhook(world.app, CANCELATION, body)
    assert again.json() == {"pspReference": first.psp_reference}
    form_runs_out(world)
    assert len(outcomes(world, payment)) == 1


def test_a_cancel_after_the_cancel_was_settled_succeeds_again(world: World) -> None:
    payment = open_payment(world)
    cancel(world, payment)
    form_runs_out(world)
    again = cancel(world, payment)
    assert again.type == "CANCEL_SUCCESS"
    assert again.psp_reference != f"{payment.token}:cancel"


def test_a_cancel_while_the_provider_is_being_asked_hands_out_no_form(world: World) -> None:
    thinking = world.provider.fault("held", "init", times=1)
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(world.pay, checkout.id)
        assert eventually(lambda: world.provider.calls("init"))
        (transaction,) = world.saleor.transactions(checkout.id)
        world.saleor.request_action(transaction.token, "CANCEL")
        thinking.release()
        payment = paying.result()
    assert payment.problems == ["start_again"]
    assert "transferURL" not in payment.data
    assert world.provider.notify(payment.token).status == 409


def test_a_cancel_while_the_provider_declines_is_answered(world: World) -> None:
    thinking = world.provider.fault("held", "init", times=1)
    world.provider.fault("refuse", "init", times=1, code="17", message="Нет")
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    with ThreadPoolExecutor(1) as pool:
        paying = pool.submit(world.pay, checkout.id)
        assert eventually(lambda: world.provider.calls("init"))
        (transaction,) = world.saleor.transactions(checkout.id)
        world.saleor.request_action(transaction.token, "CANCEL")
        thinking.release()
        payment = paying.result()
    assert payment.problems == ["declined"]
    world.work()
    assert outcomes(world, payment)[-1] == ("CANCEL_SUCCESS", f"{payment.token}:cancel", "0.00")


def test_a_cancel_of_a_transaction_that_we_do_not_know_fails(world: World) -> None:
    payment = open_payment(world)
    cancel(world, payment)
    _, body, _, _ = world.saleor.last_webhook(CANCELATION)
    stranger = "0f7d3f4e-6f3b-4f57-9d7f-0d6a3f1f2b3c"
    body = body.replace(payment.token.encode(), stranger.encode())
    response = world.saleor.send_webhook(world.app, CANCELATION, body)
    assert response.status_code == 200
    assert response.json()["result"] == "CANCEL_FAILURE"
    assert response.json()["pspReference"].startswith(stranger)
    assert "not known" in response.json()["message"]
