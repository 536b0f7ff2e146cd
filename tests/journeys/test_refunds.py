"""Refunds that people make in the provider's cabinet, where a connection takes them on."""

import json
from datetime import date
from typing import Any

import pytest

from saleor_kupikupi.domain.refunds import RefundNotPossible, RefundsMode, RefundTask, TaskState
from saleor_kupikupi.flows.refund import (
    RefundAnswered,
    answer_impossible,
    answer_returned,
    offer_refunds,
    record_refund,
)
from saleor_kupikupi.store import refunds
from tests.journeys.payments import open_payment, paid_payment
from tests.world import Session, World

DAY = date(2026, 11, 24)
STAFF = "anna@example.com"


def tasks(world: World, payment: Session) -> list[RefundTask]:
    with world.parts.database.read() as tx:
        return refunds.of(tx, world.transfer(payment).id)


def paid_with_refunds(world: World) -> Session:
    world.choose(refunds=RefundsMode.MANUAL)
    return paid_payment(world)


def answer_to_refund(world: World) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(world.saleor.last_webhook("transaction_refund_requested")[3] or b"")
    return answer


def asked_for(world: World, amount: float) -> dict[str, Any]:
    """Sends the last refund request once more as a new one of another amount."""
    event = json.loads(world.saleor.last_webhook("transaction_refund_requested")[1])
    event["action"]["amount"] = amount
    first = next(each for each in event["transaction"]["events"] if each["type"] == "REFUND_REQUEST")
    newer = first | {"id": f"{first['id']}-{amount}", "pspReference": "", "createdAt": "2999-01-01T00:00:00+00:00"}
    answered = first | {"pspReference": event["transaction"]["token"] + ":refund:" + first["id"]}
    event["transaction"]["events"] = [newer, answered]
    sent = world.saleor.send_webhook(world.app, "transaction_refund_requested", json.dumps(event).encode())
    answer: dict[str, Any] = sent.json()
    return answer


def refunded(world: World, payment: Session) -> str:
    return f"{world.saleor.transaction(payment.token).sums.refunded:.2f}"


def test_a_charge_offers_a_refund_where_refunds_are_taken_on(world: World) -> None:
    payment = paid_with_refunds(world)
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]
    assert world.process(payment).event.type == "CHARGE_SUCCESS"
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]


def test_a_refund_waits_for_a_person_and_is_reported_once_the_points_are_returned(world: World) -> None:
    payment = paid_with_refunds(world)
    asked = world.saleor.request_action(payment.token, "REFUND", amount="1000")
    assert asked.type == "REFUND_REQUEST"
    (task,) = tasks(world, payment)
    assert task.psp_reference == f"{payment.token}:refund:{asked.id}"
    assert (task.asked, task.state) == (100_000, TaskState.OPEN)
    assert refunded(world, payment) == "0.00"
    answer_returned(world.parts, task, amount=90_000, returned_on=DAY, note="в кабинете", by=STAFF)
    world.work()
    assert refunded(world, payment) == "900.00"
    (done,) = tasks(world, payment)
    assert (done.state, done.returned, done.answered_by) == (TaskState.RETURNED, 90_000, STAFF)
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]


def test_a_refund_that_is_not_possible_is_reported_as_failed_with_the_reason(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    (task,) = tasks(world, payment)
    answer_impossible(world.parts, task, reason="карта закрыта", by=STAFF)
    world.work()
    events = [each for each in world.saleor.transaction(payment.token).events if each.type == "REFUND_FAILURE"]
    assert [each.psp_reference for each in events] == [task.psp_reference]
    assert "карта закрыта" in events[0].message
    assert refunded(world, payment) == "0.00"


def test_open_refunds_count_as_spent_and_a_full_one_takes_the_offer_away(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="1000")
    refused = asked_for(world, 1000.0)
    assert refused["result"] == "REFUND_FAILURE"
    assert "more than what is left" in refused["message"]
    rest = world.saleor.request_action(payment.token, "REFUND", amount="234.50")
    assert rest.type == "REFUND_REQUEST"
    assert answer_to_refund(world)["actions"] == []
    assert [task.asked for task in tasks(world, payment)] == [100_000, 23_450]


def test_nothing_is_taken_on_for_a_payment_that_moved_no_points(world: World) -> None:
    world.choose(refunds=RefundsMode.MANUAL)
    payment = open_payment(world)
    refused = world.saleor.request_action(payment.token, "REFUND", amount="10")
    assert refused.type == "REFUND_FAILURE"
    assert tasks(world, payment) == []


@pytest.mark.parametrize("amount", [0.0, 0.001])
def test_a_refund_of_nothing_is_refused(world: World, amount: float) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    refused = asked_for(world, amount)
    assert refused["result"] == "REFUND_FAILURE"
    assert "above zero" in refused["message"]
    assert len(tasks(world, payment)) == 1


def test_a_request_that_is_delivered_again_makes_no_second_task(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    _, body, _, first = world.saleor.last_webhook("transaction_refund_requested")
    again = world.saleor.send_webhook(world.app, "transaction_refund_requested", body)
    assert again.json()["pspReference"] == json.loads(first or b"")["pspReference"]
    assert len(tasks(world, payment)) == 1


def test_a_request_after_one_that_saleor_took_for_lost_is_the_same_refund(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    _, body, _, _ = world.saleor.last_webhook("transaction_refund_requested")
    event = json.loads(body)
    first = next(each for each in event["transaction"]["events"] if each["type"] == "REFUND_REQUEST")
    lost = first | {"pspReference": "a name that a retry was answered with"}
    newer = first | {"id": "VHJhbnNhY3Rpb25FdmVudDo5OTk5", "pspReference": "", "createdAt": "2999-01-01T00:00:00+00:00"}
    event["transaction"]["events"] = [newer, lost]
    answer = world.saleor.send_webhook(world.app, "transaction_refund_requested", json.dumps(event).encode()).json()
    (task,) = tasks(world, payment)
    assert answer["pspReference"] == task.psp_reference
    assert "already waits" in answer["message"]


def test_a_refund_is_answered_once(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    (task,) = tasks(world, payment)
    for amount in (0, 1001):
        with pytest.raises(RefundNotPossible):
            answer_returned(world.parts, task, amount=amount, returned_on=DAY, note="", by=STAFF)
    answer_returned(world.parts, task, amount=1000, returned_on=DAY, note="", by=STAFF)
    with pytest.raises(RefundAnswered):
        answer_impossible(world.parts, task, reason="", by=STAFF)
    with pytest.raises(RefundAnswered):
        answer_impossible(world.parts, tasks(world, payment)[0], reason="", by=STAFF)


def test_a_refund_made_without_saleor_can_be_recorded(world: World) -> None:
    payment = paid_payment(world)
    record_refund(world.parts, world.transfer(payment), amount=123_450, returned_on=DAY, note="", by=STAFF)
    with pytest.raises(RefundNotPossible):
        record_refund(world.parts, world.transfer(payment), amount=1, returned_on=DAY, note="", by=STAFF)
    world.work()
    assert refunded(world, payment) == "1234.50"


def test_an_older_charge_can_be_given_the_refund_action(world: World) -> None:
    payment = paid_payment(world)
    assert list(world.saleor.transaction(payment.token).actions) == []
    world.choose(refunds=RefundsMode.MANUAL)
    offer_refunds(world.parts, world.transfer(payment))
    world.work()
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]
    with pytest.raises(RefundNotPossible):
        offer_refunds(world.parts, world.transfer(open_payment(world)))


def test_the_cabinet_is_linked_on_the_transaction(world: World) -> None:
    world.choose(cabinet_url="https://cabinet.example.com/")
    payment = paid_payment(world)
    assert world.saleor.transaction(payment.token).external_url == "https://cabinet.example.com/"
