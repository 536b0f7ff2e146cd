import json
from decimal import Decimal
from typing import Any, Literal

import pytest

from saleor_kupikupi_sandbox.saleor import Result, Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_records import Sums
from tests.sandbox.saleor.asking import GATEWAY, ask, report, start, token_of, until
from tests.sandbox.saleor.recording_app import RecordingApp

REFUND = "transaction_refund_requested"
Action = Literal["CHARGE", "CANCEL", "REFUND"]


@pytest.fixture
def paid(saleor: Saleor, recorder: RecordingApp, app: App) -> Result:
    return start(saleor, recorder, result="CHARGE_SUCCESS", actions=["REFUND"])


@pytest.mark.parametrize("action", ["CHARGE", "CANCEL"])
def test_a_charge_or_cancel_of_an_open_payment_asks_for_nothing(
    saleor: Saleor, recorder: RecordingApp, app: App, action: Action
) -> None:
    path = {"CHARGE": "transaction_charge_requested", "CANCEL": "transaction_cancelation_requested"}[action]
    recorder.answer(path, body={"pspReference": "R:x"})
    event = saleor.request_action(token_of(start(saleor, recorder)), action)
    body = json.loads(recorder.received(path)[0].body)
    assert body["action"] == {"amount": 0.0, "currency": "RUB", "actionType": action}
    newest = body["transaction"]["events"][0]
    assert (newest["type"], newest["createdBy"]) == (f"{action}_REQUEST", {"__typename": "User"})
    assert (event.type, event.psp_reference, event.included) == (f"{action}_REQUEST", "R:x", True)


def test_a_refund_asks_for_what_is_charged_at_most(saleor: Saleor, recorder: RecordingApp, paid: Result) -> None:
    recorder.answer(REFUND, body={"result": "REFUND_FAILURE", "pspReference": "F1", "message": "no"})
    event = saleor.request_action(token_of(paid), "REFUND", amount=9999)
    body = json.loads(recorder.received(REFUND)[0].body)
    assert body["action"]["amount"] == 1234.5
    assert body["grantedRefund"] is None
    assert body["errors"][0]["path"] == ["event", "grantedRefund", "amount"]
    assert body["errors"][0]["extensions"] == {"exception": {"code": "GraphQLError"}}
    assert (event.type, event.message, event.included) == ("REFUND_FAILURE", "no", True)


def test_a_refund_answered_with_a_reference_waits_for_its_report(
    saleor: Saleor, recorder: RecordingApp, app: App, paid: Result
) -> None:
    recorder.answer(REFUND, body={"pspReference": "F1", "actions": []})
    saleor.request_action(token_of(paid), "REFUND", amount=100)
    pending = saleor.transaction(token_of(paid))
    assert pending.sums == Sums(charged=Decimal("1134.5"), refund_pending=Decimal(100))
    assert (pending.actions, pending.unreadable) == ((), False)
    report(saleor, app, token_of(paid), "REFUND_SUCCESS", psp="F1", amount=100)
    assert saleor.transaction(token_of(paid)).sums == Sums(charged=Decimal("1134.5"), refunded=Decimal(100))


def test_each_5xx_is_followed_by_an_empty_body(saleor: Saleor, recorder: RecordingApp, paid: Result) -> None:
    answers = iter([(500, {}), (503, {}), (200, {"result": "REFUND_SUCCESS", "pspReference": "F1"})])
    recorder.answers[REFUND] = lambda: next(answers)
    event = saleor.request_action(token_of(paid), "REFUND")
    first, *others = recorder.received(REFUND)
    assert first.body
    assert [seen.body for seen in others] == [b"", b""]
    assert len({seen.headers["Saleor-Signature"] for seen in others}) == 1
    assert event.type == "REFUND_SUCCESS"


@pytest.mark.parametrize(
    ("status", "raw", "tries"), [(500, b"{}", 3), (200, b"null", 1), (200, b"{", 1), (0, b"", 1), (404, b"[]", 1)]
)
def test_an_action_that_cannot_be_delivered_fails(
    saleor: Saleor, recorder: RecordingApp, paid: Result, status: int, raw: bytes, tries: int
) -> None:
    recorder.answer(REFUND, status=status, raw=raw)
    event = saleor.request_action(token_of(paid), "REFUND")
    assert (event.type, event.message, event.included) == ("REFUND_FAILURE", "Failed to delivery request.", False)
    assert len(recorder.received(REFUND)) == tries


def test_a_4xx_with_json_is_an_answer(saleor: Saleor, recorder: RecordingApp, paid: Result) -> None:
    recorder.answer(REFUND, status=401, body={"result": "REFUND_FAILURE", "pspReference": "F1"})
    event = saleor.request_action(token_of(paid), "REFUND")
    assert (event.type, event.included) == ("REFUND_FAILURE", True)


def test_a_message_alone_shows_staff_saleors_text_and_leaves_process_working(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    token = token_of(start(saleor, recorder))
    recorder.answer("transaction_charge_requested", body={"message": "mine"})
    event = saleor.request_action(token, "CHARGE")
    assert (event.type, event.included) == ("CHARGE_FAILURE", False)
    assert "mine" not in event.message
    recorder.answer("transaction_process_session", body={"result": "CHARGE_SUCCESS", "pspReference": "R"})
    assert saleor.transaction_process(token).event == saleor.transaction(token).events[-1]


def test_without_an_app_saleor_fails_the_action_itself(saleor: Saleor, app: App, paid: Result) -> None:
    saleor.deactivate(app)
    event = saleor.request_action(token_of(paid), "REFUND")
    assert (event.type, event.message) == ("REFUND_FAILURE", "Cannot find a webhook that can process the action.")


def test_staffs_mutation_answers_at_once_and_strangers_get_none(
    saleor: Saleor, recorder: RecordingApp, paid: Result
) -> None:
    recorder.answer(REFUND, body={"pspReference": "F1"})
    mutation = "mutation($t: UUID!) { transactionRequestAction(token: $t, actionType: REFUND) { errors { code } } }"
    assert ask(saleor, mutation, t=token_of(paid))["data"] == {"transactionRequestAction": None}
    staff = saleor.token_for("admin@example.com")
    done = ask(saleor, mutation, bearer=staff, t=token_of(paid))
    assert done["data"]["transactionRequestAction"]["errors"] == []
    until(lambda: saleor.transaction(token_of(paid)).sums.refund_pending)


def test_a_request_without_waiting_gives_the_bare_request(saleor: Saleor, recorder: RecordingApp, paid: Result) -> None:
    recorder.answer(REFUND, body={"pspReference": "F1"})
    event = saleor.request_action(token_of(paid), "REFUND", wait=False)
    assert (event.type, event.psp_reference) == ("REFUND_REQUEST", None)
    until(lambda: saleor.transaction(token_of(paid)).sums.refund_pending)


def test_the_amount_may_be_left_to_saleor(saleor: Saleor, recorder: RecordingApp, app: App, paid: Result) -> None:
    assert paid.transaction is not None
    again: Any = saleor.transaction_initialize(paid.transaction.checkout_id or "", GATEWAY)
    assert again.transaction.events[0].amount == 0
