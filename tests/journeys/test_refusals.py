"""What the provider has no method for: the shop's charge and refund, and requests that lost their content."""

import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text
from structlog.typing import EventDict

from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi_sandbox.saleor_records import Event
from tests.journeys.payments import alerts, open_payment, paid_payment
from tests.world import Session, World

ACTIONS = (
    ("TRANSACTION_CHARGE_REQUESTED", "CHARGE_FAILURE"),
    ("TRANSACTION_CANCELATION_REQUESTED", "CANCEL_FAILURE"),
    ("TRANSACTION_REFUND_REQUESTED", "REFUND_FAILURE"),
)


def newest(world: World, payment: Session, type_: str) -> Event:
    events = world.saleor.transaction(payment.token).events
    return max((event for event in events if event.type == type_), key=lambda event: event.number)


def answer_to(world: World, event: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(world.saleor.last_webhook(event)[3] or b"")
    return answer


def lose_table(world: World, name: str) -> None:
    with world.parts.database.write() as tx:
        tx.execute(text(f"ALTER TABLE {name} RENAME TO lost"))


# charge


def test_a_charge_of_a_paid_transfer_is_refused_and_takes_no_charge_away(each_world: World) -> None:
    payment = paid_payment(each_world)
    outcome = each_world.saleor.request_action(payment.token, "CHARGE")
    request = newest(each_world, payment, "CHARGE_REQUEST")
    assert outcome.type == "CHARGE_FAILURE"
    assert outcome.psp_reference == f"{payment.token}:charge:{request.id}"
    assert "only the buyer can transfer points" in outcome.message.lower()
    assert answer_to(each_world, "transaction_charge_requested")["actions"] == ["REFUND"]
    assert each_world.saleor.transaction(payment.token).actions == ("REFUND",)
    assert each_world.charged(payment) == "1234.50"


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED"])
def test_a_charge_of_a_failed_transfer_is_refused_under_a_name_of_its_own(world: World, status: str) -> None:
    payment = open_payment(world)
    world.provider.force(payment.token, status)
    world.check(payment)
    outcome = world.saleor.request_action(payment.token, "CHARGE")
    request = newest(world, payment, "CHARGE_REQUEST")
    assert (outcome.type, outcome.psp_reference) == ("CHARGE_FAILURE", f"{payment.token}:charge:{request.id}")


def test_every_refused_charge_is_booked_by_itself(world: World) -> None:
    payment = paid_payment(world)
    first, second = (world.saleor.request_action(payment.token, "CHARGE") for _ in range(2))
    assert first.psp_reference != second.psp_reference
    assert first.number != second.number
    assert world.charged(payment) == "1234.50"


def test_a_charge_of_an_open_transfer_is_answered_with_a_message_and_the_buyer_can_go_on(each_world: World) -> None:
    payment = open_payment(each_world)
    outcome = each_world.saleor.request_action(payment.token, "CHARGE")
    answer = answer_to(each_world, "transaction_charge_requested")
    assert list(answer) == ["message"]
    assert "entering the code" in answer["message"]
    assert (outcome.type, outcome.included) == ("CHARGE_FAILURE", False)
    assert each_world.process(payment).data["transferURL"] == payment.data["transferURL"]
    each_world.paid(payment)
    assert each_world.charged(payment) == "1234.50"


def test_a_charge_of_a_claimed_transfer_waits_for_the_truth_like_an_open_one(world: World) -> None:
    payment = open_payment(world)
    world.type_code(payment)
    world.saleor.request_action(payment.token, "CHARGE")
    assert list(answer_to(world, "transaction_charge_requested")) == ["message"]
    world.work()
    assert world.charged(payment) == "1234.50"


# refund


def test_a_refund_is_refused_with_the_way_to_return_points(each_world: World) -> None:
    each_world.choose(refunds=RefundsMode.REFUSE)
    payment = paid_payment(each_world)
    outcome = each_world.saleor.request_action(payment.token, "REFUND", "500")
    request = newest(each_world, payment, "REFUND_REQUEST")
    assert outcome.type == "REFUND_FAILURE"
    assert outcome.psp_reference == request.psp_reference
    assert (outcome.psp_reference or "").startswith(f"{payment.token}:refund:")
    assert "Kupi-Kupi's cabinet" in outcome.message
    assert "record that in the Kupi-Kupi app" in outcome.message
    assert each_world.saleor.transaction(payment.token).actions == ()
    assert each_world.charged(payment) == "1234.50"


def test_every_refused_refund_is_booked_by_itself(world: World) -> None:
    world.choose(refunds=RefundsMode.REFUSE)
    payment = paid_payment(world)
    outcomes = [world.saleor.request_action(payment.token, "REFUND", "500") for _ in range(3)]
    assert len({outcome.psp_reference for outcome in outcomes}) == 3
    assert len({outcome.number for outcome in outcomes}) == 3
    assert world.charged(payment) == "1234.50"
    sums = world.saleor.transaction(payment.token).sums
    assert sums.refunded == sums.refund_pending == Decimal(0)


def test_a_refund_of_an_unpaid_transaction_is_refused_and_the_buyer_can_go_on(world: World) -> None:
    payment = open_payment(world)
    outcome = world.saleor.request_action(payment.token, "REFUND")
    assert outcome.type == "REFUND_FAILURE"
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_staff_read_a_refusal_in_their_language(world: World) -> None:
    world.other_process(staff_language="ru")
    world.choose(refunds=RefundsMode.REFUSE)
    payment = paid_payment(world)
    outcome = world.saleor.request_action(payment.token, "REFUND", "500")
    assert "Верните баллы в кабинете Купи-Купи" in outcome.message


# an empty body


@pytest.mark.parametrize(("event", "result"), ACTIONS)
def test_an_empty_signed_request_is_refused_under_a_fresh_name_each_time(
    each_world: World, event: str, result: str
) -> None:
    responses = [each_world.saleor.send_webhook(each_world.app, event, b"") for _ in range(2)]
    assert [response.status_code for response in responses] == [200, 200]
    first, second = (response.json() for response in responses)
    assert first["result"] == second["result"] == result
    assert "actions" not in first  # of no known transaction, so nothing is taken away from any
    assert first["pspReference"] != second["pspReference"]
    assert min(len(first["pspReference"]), len(second["pspReference"])) == 36


@pytest.mark.parametrize(("event", "result"), ACTIONS)
def test_an_empty_request_that_nobody_signed_is_not_answered(world: World, event: str, result: str) -> None:
    response = world.saleor.send_webhook(world.app, event, b"", headers={"Saleor-Signature": ""})
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "MISSING_SIGNATURE_HEADER"


# never 5xx


@pytest.mark.parametrize(("action", "event"), [("CHARGE", 0), ("CANCEL", 1), ("REFUND", 2)])
@pytest.mark.parametrize("table", ["transfers", "installations"])
def test_a_defect_of_ours_makes_no_action_request_come_again_without_its_content(
    world: World, table: str, action: Any, event: int, log: list[EventDict]
) -> None:
    payment = paid_payment(world)
    world.forget()
    lose_table(world, table)
    world.saleor.request_action(payment.token, action)
    sent = [each for each in world.saleor.deliveries if each.event == ACTIONS[event][0].lower()]
    assert [each.status for each in sent] == [200]
    assert world.charged(payment) == "1234.50"
    assert ("database unavailable" in alerts(log), "defect" in alerts(log)) == (True, False)
    said = json.loads(sent[0].answer or b"")
    assert "database is not available now" in said["message"]
    if action == "CHARGE":
        assert "result" not in said  # its buyer may be paying just now
    else:
        assert said["result"] == f"{action}_FAILURE"
        assert said["pspReference"]
        assert world.saleor.transaction(payment.transaction.id).events[-1].message == said["message"]


def test_a_secret_that_cannot_be_opened_fails_a_refund_in_words_that_saleor_reads(
    world: World, log: list[EventDict]
) -> None:
    payment = paid_payment(world)
    world.other_process(vault=Vault(["a key that has sealed nothing here so far"]))
    world.saleor.request_action(payment.token, "REFUND")
    (sent,) = [each for each in world.saleor.deliveries if each.event == "transaction_refund_requested"]
    said = json.loads(sent.answer or b"")
    assert (sent.status, said["result"]) == (200, "REFUND_FAILURE")
    assert "defect" in alerts(log)


def test_a_defect_in_a_session_is_told_as_an_error_without_its_cause(world: World) -> None:
    payment = open_payment(world)
    lose_table(world, "transfers")
    failed = world.process(payment)
    _, _, _, answer = world.saleor.last_webhook("transaction_process_session")
    said = "the database does not serve us now; it is in the log"
    assert json.loads(answer or b"") == {"error": {"type": "OTHER", "message": said}}
    assert (failed.event.type, failed.event.included) == ("CHARGE_FAILURE", False)
