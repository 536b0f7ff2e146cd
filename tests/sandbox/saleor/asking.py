"""What the tests of the mini Saleor ask of it, and wait for."""

from collections.abc import Callable
from time import monotonic, sleep
from typing import Any

import requests

from saleor_kupikupi_sandbox.saleor import Result, Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.sandbox.saleor.recording_app import REDIRECT, RecordingApp

GATEWAY = "app.recorder"
REPORT = """mutation($token: UUID!, $psp: String!, $type: TransactionEventTypeEnum!, $amount: PositiveDecimal) {
  transactionEventReport(token: $token, pspReference: $psp, type: $type, amount: $amount, availableActions: []) {
    alreadyProcessed errors { field code message } transactionEvent { id type } transaction { id actions } } }"""


def ask(saleor: Saleor, query: str, app: App | None = None, bearer: str | None = None, **variables: Any) -> Any:
    token = app.token if app else bearer
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"query": query, "variables": variables}
    response = requests.post(saleor.api_url, json=body, headers=headers, timeout=5)
    return response.json() | {"status": response.status_code}


def report(saleor: Saleor, app: App, token: str, kind: str, psp: str = "R", amount: float | None = 1234.5) -> Any:
    return ask(saleor, REPORT, app, token=token, psp=psp, type=kind, amount=amount)


def start(saleor: Saleor, recorder: RecordingApp, total: str = "1234.50", **answer: Any) -> Result:
    recorder.answer("transaction_initialize_session", body=REDIRECT | answer)
    return saleor.transaction_initialize(saleor.create_checkout(total=total).id, GATEWAY)


def token_of(result: Result) -> str:
    assert result.transaction is not None
    return result.transaction.token


def process(saleor: Saleor, recorder: RecordingApp, opened: Result, **answer: Any) -> Result:
    recorder.answer("transaction_process_session", body=answer)
    return saleor.transaction_process(token_of(opened))


def until(condition: Callable[[], object]) -> None:
    deadline = monotonic() + 5
    while not condition():
        assert monotonic() < deadline
        sleep(0.01)
