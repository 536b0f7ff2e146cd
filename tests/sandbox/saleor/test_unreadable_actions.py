"""Actions of an answer without a result: from 3.22 on nobody can read them, and the order's page is gone."""

from typing import Any

import pytest
import requests

from saleor_kupikupi_sandbox.dashboard import Dashboard
from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_records import Order
from tests.sandbox.saleor.asking import ask, start, token_of
from tests.sandbox.saleor.recording_app import RecordingApp

ACTIONS = "query($token: UUID!) { transaction(token: $token) { token actions } }"
ORDER = "query($id: ID!) { order(id: $id) { number transactions { actions } } }"
REPORTED = """mutation($token: UUID!) { transactionEventReport(token: $token, pspReference: "R:info", type: INFO,
  availableActions: [REFUND]) { errors { code } transaction { actions } } }"""
UPDATED = """mutation($token: UUID!) { transactionUpdate(token: $token, transaction: {availableActions: [REFUND]}) {
  errors { code } transaction { actions } } }"""
REFUND = "transaction_refund_requested"


@pytest.fixture
def order(any_saleor: Saleor, recorder: RecordingApp) -> Order:
    any_saleor.install(recorder.manifest_url)
    paid = start(any_saleor, recorder, result="CHARGE_SUCCESS", actions=["REFUND"])
    assert paid.transaction is not None
    return any_saleor.checkout_complete(paid.transaction.checkout_id or "")


def pending_refund(saleor: Saleor, recorder: RecordingApp, order: Order, **answer: Any) -> str:
    recorder.answer(REFUND, body={"pspReference": "F1"} | answer)
    token = saleor.transactions(order.id)[0].token
    saleor.request_action(token, "REFUND", amount=100)
    return token


def only_app(saleor: Saleor) -> App:
    (app,) = saleor.apps
    return app


def shown(saleor: Saleor, order: Order) -> Any:
    """Asks for an order with its transactions' actions, as the Dashboard's page of it does."""
    return ask(saleor, ORDER, only_app(saleor), id=order.id)["data"]["order"]


def test_the_actions_of_a_pending_answer_spoil_every_query_from_3_22_on(
    any_saleor: Saleor, recorder: RecordingApp, order: Order
) -> None:
    token = pending_refund(any_saleor, recorder, order, actions=["REFUND", "FLY"])
    app = only_app(any_saleor)
    asked = ask(any_saleor, ACTIONS, app, token=token)
    if any_saleor.version == "3.21":
        assert asked == {"status": 200, "data": {"transaction": {"token": token, "actions": ["REFUND"]}}}
        assert shown(any_saleor, order) == {"number": "1", "transactions": [{"actions": ["REFUND"]}]}
        return
    (error,) = asked["errors"]
    assert asked["data"] == {"transaction": None}
    assert error["message"] == 'Expected a value of type "TransactionActionEnum" but received: REFUND'
    assert error["path"] == ["transaction", "actions", 0]
    assert error["extensions"] == {"exception": {"code": "GraphQLError"}}
    assert shown(any_saleor, order) is None


def test_the_webhooks_of_such_a_transaction_carry_none(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    paid = start(saleor, recorder, result="CHARGE_SUCCESS")
    recorder.answer(REFUND, body={"pspReference": "F1", "actions": ["REFUND"]})
    for _ in range(2):
        saleor.request_action(token_of(paid), "REFUND", amount=100)
    first, second = (seen.body for seen in recorder.received(REFUND))
    assert b'"transaction": {' in first
    assert b'"transaction": null' in second


@pytest.mark.parametrize("mutation", [REPORTED, UPDATED])
def test_a_report_or_an_update_makes_them_readable_again(
    any_saleor: Saleor, recorder: RecordingApp, order: Order, mutation: str
) -> None:
    token = pending_refund(any_saleor, recorder, order, actions=["REFUND"])
    done = ask(any_saleor, mutation, only_app(any_saleor), token=token)
    ((name, answer),) = done["data"].items()
    assert answer == {"errors": [], "transaction": {"actions": ["REFUND"]}}, name
    assert shown(any_saleor, order)


def test_so_does_an_answer_with_a_result(any_saleor: Saleor, recorder: RecordingApp, order: Order) -> None:
    token = pending_refund(any_saleor, recorder, order, actions=["REFUND"])
    recorder.answer(REFUND, body={"result": "REFUND_FAILURE", "pspReference": "F2", "actions": ["REFUND"]})
    any_saleor.request_action(token, "REFUND", amount=100)
    assert shown(any_saleor, order)


@pytest.mark.parametrize("answer", [{}, {"actions": []}, {"actions": None}])
def test_a_pending_answer_without_any_spoils_nothing(
    any_saleor: Saleor, recorder: RecordingApp, order: Order, answer: dict[str, Any]
) -> None:
    pending_refund(any_saleor, recorder, order, **answer)
    assert shown(any_saleor, order)


def test_the_dashboard_has_no_page_of_such_an_order(any_saleor: Saleor, recorder: RecordingApp, order: Order) -> None:
    dashboard = Dashboard(any_saleor)
    dashboard.start()
    try:
        token = pending_refund(any_saleor, recorder, order, actions=["REFUND"])
        status = requests.get(dashboard.order_url(order), timeout=5).status_code
        assert status == (200 if any_saleor.version == "3.21" else 404)

        ask(any_saleor, REPORTED, only_app(any_saleor), token=token)
        assert requests.get(dashboard.order_url(order), timeout=5).status_code == 200
    finally:
        dashboard.stop()
