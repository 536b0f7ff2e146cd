from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi_sandbox.saleor_answers import (
    InvalidAnswer,
    read_action_answer,
    read_session_answer,
)
from saleor_kupikupi_sandbox.saleor_books import (
    Booked,
    Stamp,
    book_action_answer,
    book_failure,
    book_report,
    book_session_answer,
    deduced_amount,
    default_amount,
    final_event,
    open_request,
)
from saleor_kupikupi_sandbox.saleor_records import Event, Sums, Transaction
from saleor_kupikupi_sandbox.saleor_sums import add_up, authorize_status, charge_status

START = datetime(2026, 11, 24, tzinfo=UTC)
FULL = Decimal("1234.50")


def opened(flow: str = "CHARGE") -> Transaction:
    request = Event(1, f"{flow}_REQUEST", FULL, START, included=False, idempotency_key="key")
    return Transaction("token", "RUB", START, START, 1, "app", "key", checkout_id="checkout", events=(request,))


def stamp(transaction: Transaction, seconds: float | None = None) -> Stamp:
    number = len(transaction.events) + 1
    return Stamp(number, START + timedelta(seconds=number if seconds is None else seconds), "by")


def answered(transaction: Transaction, version: str = "3.22", **answer: Any) -> Booked:
    request = open_request(transaction)
    assert request is not None
    return book_session_answer(transaction, request, read_session_answer(answer, version), stamp(transaction))


def reported(
    transaction: Transaction, kind: str, reference: str, amount: Decimal = FULL, at: float | None = None
) -> Booked:
    made = stamp(transaction, at)
    return book_report(transaction, Event(made.number, kind, amount, made.now, reference), made)


def asked(transaction: Transaction, kind: str, amount: Decimal = Decimal(0)) -> tuple[Transaction, Event]:
    event = Event(len(transaction.events) + 1, kind, amount, stamp(transaction).now, included=False)
    return replace(transaction, events=(*transaction.events, event)), event


def redirected() -> Transaction:
    return answered(opened(), result="CHARGE_ACTION_REQUIRED", pspReference="R").transaction


def charged() -> Transaction:
    return reported(redirected(), "CHARGE_SUCCESS", "R").transaction


def test_a_redirect_charges_nothing_and_names_the_transaction() -> None:
    transaction = redirected()
    assert transaction.sums == Sums()
    assert transaction.psp_reference == "R"
    assert [event.psp_reference for event in transaction.events] == ["R", "R"]
    assert final_event(transaction) is None


def test_a_redirect_again_and_again_is_another_event_each_time() -> None:
    transaction = answered(redirected(), result="CHARGE_ACTION_REQUIRED", pspReference="R").transaction
    assert [event.type for event in transaction.events].count("CHARGE_ACTION_REQUIRED") == 2


@pytest.mark.parametrize(("amount", "sum_"), [("1000", "1000"), ("2000", "2000"), (None, "1234.50"), (0, "1234.50")])
def test_a_success_charges_the_answers_amount_or_else_the_requested_one(amount: Any, sum_: str) -> None:
    booked = answered(opened(), result="CHARGE_SUCCESS", pspReference="R", amount=amount, actions=["REFUND", "FLY"])
    assert booked.transaction.charged == Decimal(sum_)
    assert booked.transaction.actions == ("REFUND",)
    assert final_event(booked.transaction) == booked.event


def test_a_charge_request_is_pending_and_rewrites_the_stored_request() -> None:
    booked = answered(opened(), result="CHARGE_REQUEST", pspReference="R")
    assert booked.transaction.sums == Sums(charge_pending=FULL, authorized=Decimal(0))
    assert len(booked.transaction.events) == 1
    assert final_event(booked.transaction) == booked.event
    assert booked.event.idempotency_key == "key"


def test_a_session_failure_without_reference_is_final_and_keeps_the_transactions_name() -> None:
    booked = answered(redirected(), result="CHARGE_FAILURE", message="no")
    assert final_event(booked.transaction) == booked.event
    assert booked.transaction.psp_reference == "R"
    late = reported(booked.transaction, "CHARGE_SUCCESS", "R")
    assert late.transaction.charged == FULL
    assert final_event(late.transaction) == booked.event


def test_a_session_failure_with_a_reference_renames_the_transaction() -> None:
    booked = answered(redirected(), result="CHARGE_FAILURE", pspReference="R:rejected")
    assert booked.transaction.psp_reference == "R:rejected"
    assert reported(booked.transaction, "CHARGE_SUCCESS", "R").transaction.charged == FULL


def test_a_success_earlier_than_a_failure_of_another_reference_counts() -> None:
    rejected = reported(redirected(), "CHARGE_FAILURE", "R:rejected", at=50).transaction
    assert reported(rejected, "CHARGE_SUCCESS", "R", at=10).transaction.charged == FULL


def test_a_failure_after_a_success_takes_the_charge_away_and_repeating_the_success_does_not_bring_it_back() -> None:
    failed = reported(charged(), "CHARGE_FAILURE", "R").transaction
    assert failed.charged == 0
    again = reported(failed, "CHARGE_SUCCESS", "R")
    assert again.already
    assert again.transaction.charged == 0


def test_a_success_strictly_after_a_failure_of_the_same_reference_counts() -> None:
    failed = reported(redirected(), "CHARGE_FAILURE", "R", at=10).transaction
    assert reported(failed, "CHARGE_SUCCESS", "R", at=10).transaction.charged == 0
    assert reported(failed, "CHARGE_SUCCESS", "R", at=11).transaction.charged == FULL


def test_the_same_report_again_is_already_processed() -> None:
    again = reported(charged(), "CHARGE_SUCCESS", "R")
    assert again.already
    assert again.transaction == charged()


def test_the_same_report_with_another_amount_is_refused_and_leaves_a_failure_that_does_not_count() -> None:
    booked = reported(charged(), "CHARGE_SUCCESS", "R", Decimal(1))
    assert booked.refused is not None
    assert (booked.event.type, booked.event.included) == ("CHARGE_FAILURE", False)
    assert booked.transaction.sums == charged().sums
    assert booked.transaction.events[-1] == booked.event


def test_a_success_under_another_reference_charges_twice() -> None:
    assert reported(charged(), "CHARGE_SUCCESS", "S").transaction.charged == 2 * FULL


def test_a_report_names_a_transaction_that_has_no_name_yet() -> None:
    assert reported(opened(), "CHARGE_SUCCESS", "R").transaction.psp_reference == "R"
    assert reported(opened(), "CHARGE_FAILURE", "R").transaction.psp_reference is None
    assert reported(redirected(), "CHARGE_SUCCESS", "S").transaction.psp_reference == "R"


def test_a_refund_may_exceed_the_charge() -> None:
    assert reported(charged(), "REFUND_SUCCESS", "F", 2 * FULL).transaction.charged == -FULL


def test_a_failed_delivery_is_stored_under_the_requests_reference_and_swallows_a_later_failure() -> None:
    before = redirected()
    request = before.events[0]
    broken = book_failure(before, request, "Failed to delivery request.", stamp(before)).transaction
    assert final_event(broken) is None
    assert reported(broken, "CHARGE_FAILURE", "R").already
    assert answered(broken, result="CHARGE_FAILURE", pspReference="R").already
    other = reported(broken, "CHARGE_FAILURE", "R:rejected")
    assert not other.already
    assert final_event(other.transaction) == other.event


def act(transaction: Transaction, request: Event, **answer: Any) -> Booked:
    read = read_action_answer(answer, request.type.removesuffix("_REQUEST"), "3.22")
    return book_action_answer(transaction, request, read, stamp(transaction))


def test_an_action_answered_with_a_reference_alone_is_pending_until_it_is_reported() -> None:
    transaction, request = asked(charged(), "REFUND_REQUEST", FULL)
    pending = act(transaction, request, pspReference="R:refund").transaction
    assert pending.sums == Sums(refund_pending=FULL)
    done = reported(pending, "REFUND_SUCCESS", "R:refund").transaction
    assert done.sums == Sums(refunded=FULL)


def test_a_cancel_of_nothing_leaves_the_sums_alone() -> None:
    transaction, request = asked(redirected(), "CANCEL_REQUEST")
    pending = act(transaction, request, pspReference="R:cancel").transaction
    done = reported(pending, "CANCEL_SUCCESS", "R:cancel", Decimal(0)).transaction
    assert done.sums == Sums()
    assert reported(pending, "CANCEL_SUCCESS", "R:cancel", FULL).transaction.sums == Sums(canceled=FULL)


def test_a_charge_request_answered_with_a_failure_of_the_payments_reference_takes_the_charge_away() -> None:
    transaction, request = asked(charged(), "CHARGE_REQUEST")
    assert act(transaction, request, result="CHARGE_FAILURE", pspReference="R").transaction.charged == 0
    assert act(transaction, request, result="CHARGE_FAILURE", pspReference="R:charge:1").transaction.charged == FULL


def test_a_charge_request_on_an_open_payment_answered_with_a_failure_ends_the_session() -> None:
    transaction, request = asked(redirected(), "CHARGE_REQUEST")
    assert final_event(act(transaction, request, result="CHARGE_FAILURE", pspReference="X").transaction) is not None
    with pytest.raises(InvalidAnswer):
        act(transaction, request, message="x")


def test_a_second_refusal_without_a_reference_is_swallowed() -> None:
    transaction, first = asked(charged(), "REFUND_REQUEST", FULL)
    once = act(transaction, first, result="REFUND_FAILURE").transaction
    transaction, second = asked(once, "REFUND_REQUEST", FULL)
    assert act(transaction, second, result="REFUND_FAILURE").already


def test_two_refunds_of_one_reference_are_booked_once() -> None:
    transaction, first = asked(charged(), "REFUND_REQUEST", Decimal(100))
    once = act(transaction, first, result="REFUND_SUCCESS", pspReference="F").transaction
    transaction, second = asked(once, "REFUND_REQUEST", Decimal(100))
    assert act(transaction, second, result="REFUND_SUCCESS", pspReference="F").transaction.sums.refunded == 100


def test_a_second_authorization_is_refused() -> None:
    first = answered(opened("AUTHORIZATION"), result="AUTHORIZATION_SUCCESS", pspReference="A").transaction
    assert first.sums.authorized == FULL
    assert reported(first, "AUTHORIZATION_SUCCESS", "B").refused is not None


def test_an_adjustment_overrules_what_was_authorized_before() -> None:
    first = answered(opened("AUTHORIZATION"), result="AUTHORIZATION_SUCCESS", pspReference="A").transaction
    assert reported(first, "AUTHORIZATION_ADJUSTMENT", "A", Decimal(5)).transaction.sums.authorized == 5


def test_a_success_with_an_empty_reference_counts_alone() -> None:
    assert answered(opened(), result="CHARGE_SUCCESS", pspReference="").transaction.charged == FULL
    with pytest.raises(InvalidAnswer, match="pspReference"):
        read_session_answer({"result": "CHARGE_SUCCESS", "pspReference": ""}, "3.21")


def test_an_amount_is_deduced_from_an_earlier_event_of_the_same_reference_or_required() -> None:
    events = charged().events
    assert deduced_amount("CHARGE_FAILURE", "R", events) == FULL
    assert deduced_amount("CHARGE_FAILURE", "new", events) is None
    assert deduced_amount("CHARGE_SUCCESS", "R", events) is None
    assert deduced_amount("INFO", "new", events) == 0


def test_what_is_asked_for_by_default_is_what_no_transaction_covers() -> None:
    assert default_amount(FULL, [redirected()]) == FULL
    assert default_amount(2 * FULL, [charged(), redirected()]) == FULL
    assert default_amount(FULL, [charged(), charged()]) == 0
    pending = answered(opened(), result="CHARGE_REQUEST", pspReference="R").transaction
    assert default_amount(FULL, [pending]) == 0


@pytest.mark.parametrize(
    ("paid", "status"), [(-5, "NONE"), (0, "NONE"), (9, "PARTIAL"), (10, "FULL"), (11, "OVERCHARGED")]
)
def test_the_charge_status_compares_what_is_paid_with_the_total(paid: int, status: str) -> None:
    assert charge_status(Decimal(10), Decimal(paid)) == status


@pytest.mark.parametrize(("covered", "status"), [(0, "NONE"), (9, "PARTIAL"), (10, "FULL"), (11, "FULL")])
def test_the_authorize_status_says_how_far_the_total_is_covered(covered: int, status: str) -> None:
    assert authorize_status(Decimal(10), Decimal(covered)) == status


KINDS = ["SUCCESS", "FAILURE", "REQUEST"]


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from("RS"), st.booleans()), max_size=8))
def test_what_is_charged_is_the_newest_word_of_each_reference(history: list[tuple[str, str, bool]]) -> None:
    events = [
        Event(at, f"CHARGE_{kind}", Decimal(10), START + timedelta(seconds=at), reference, included=included)
        for at, (kind, reference, included) in enumerate(history)
    ]
    decided = [event for event in events if event.included and event.type != "CHARGE_REQUEST"]
    newest = {event.psp_reference: event.type for event in decided}
    assert add_up(events).charged == 10 * list(newest.values()).count("CHARGE_SUCCESS")


def test_a_session_answered_with_a_cancel_is_not_over() -> None:
    assert final_event(answered(opened(), "3.23", result="CANCEL_SUCCESS").transaction) is None
