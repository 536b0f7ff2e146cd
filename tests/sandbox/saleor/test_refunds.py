"""Staff gives money back: granted refunds, what stays pending, and when the Dashboard offers a refund at all."""

import json
from decimal import Decimal

import pytest

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_records import Order, Sums
from tests.sandbox.saleor.asking import ask, process, report, start, token_of
from tests.sandbox.saleor.recording_app import RecordingApp

REFUND = "transaction_refund_requested"
UPDATE = """mutation($token: UUID!, $actions: [TransactionActionEnum!]) {
  transactionUpdate(token: $token, transaction: {availableActions: $actions}) { errors { code } } }"""


@pytest.fixture
def token(saleor: Saleor, recorder: RecordingApp, app: App) -> str:
    opened = start(saleor, recorder)
    process(saleor, recorder, opened, result="CHARGE_SUCCESS", pspReference="R", actions=["REFUND"])
    return token_of(opened)


@pytest.fixture
def order(saleor: Saleor, token: str) -> Order:
    checkout_id = saleor.transaction(token).checkout_id
    assert checkout_id is not None
    return saleor.checkout_complete(checkout_id)


def grants(saleor: Saleor, order: Order) -> list[str]:
    return [status for _, status in saleor.staff.granted_refunds(order.id)]


def test_a_granted_refund_comes_with_the_request(
    saleor: Saleor, recorder: RecordingApp, token: str, order: Order
) -> None:
    recorder.answer(REFUND, body={"pspReference": "F1", "actions": ["REFUND"]})
    granted = saleor.staff.grant_refund(order.id, "100", "лишняя крышка")
    saleor.request_action(token, "REFUND", granted_refund=granted)

    body = json.loads(recorder.received(REFUND)[0].body)
    assert body["grantedRefund"] == {"amount": {"amount": 100.0}}
    assert "errors" not in body
    assert body["action"]["amount"] == 100.0
    assert body["transaction"]["events"][0]["message"] == "лишняя крышка"


@pytest.mark.parametrize("kind", ["SUCCESS", "FAILURE"])
def test_a_granted_refund_follows_its_reports(
    saleor: Saleor, recorder: RecordingApp, app: App, token: str, order: Order, kind: str
) -> None:
    recorder.answer(REFUND, body={"pspReference": "F1"})
    granted = saleor.staff.grant_refund(order.id, "100")
    assert grants(saleor, order) == ["NONE"]

    saleor.request_action(token, "REFUND", granted_refund=granted)
    assert grants(saleor, order) == ["PENDING"]
    assert saleor.transaction(token).sums == Sums(charged=Decimal("1134.5"), refund_pending=Decimal(100))

    report(saleor, app, token, f"REFUND_{kind}", psp="F1", amount=100)
    assert grants(saleor, order) == [kind]


def test_a_refund_that_failed_is_charged_again(
    saleor: Saleor, recorder: RecordingApp, app: App, token: str, order: Order
) -> None:
    recorder.answer(REFUND, body={"pspReference": "F1"})
    saleor.request_action(token, "REFUND", amount=100)
    report(saleor, app, token, "REFUND_FAILURE", psp="F1", amount=100)

    assert saleor.transaction(token).sums == Sums(charged=Decimal("1234.5"))


def test_two_refunds_can_be_pending_at_once(saleor: Saleor, recorder: RecordingApp, token: str, order: Order) -> None:
    for reference in ("F1", "F2"):
        recorder.answer(REFUND, body={"pspReference": reference})
        saleor.request_action(token, "REFUND", amount=100)

    assert saleor.transaction(token).sums == Sums(charged=Decimal("1034.5"), refund_pending=Decimal(200))


def test_a_refund_is_offered_while_a_transaction_lists_it(saleor: Saleor, app: App, token: str, order: Order) -> None:
    assert saleor.staff.offers_refund(order.id)

    ask(saleor, UPDATE, app, token=token, actions=[])
    assert not saleor.staff.offers_refund(order.id)
