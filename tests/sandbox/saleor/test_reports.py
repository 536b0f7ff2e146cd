import json
import threading
from decimal import Decimal
from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.sandbox.saleor.asking import REPORT, ask, process, report, start, token_of
from tests.sandbox.saleor.recording_app import REDIRECT, RecordingApp


def test_of_four_reports_at_once_exactly_one_is_new(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    token = token_of(start(saleor, recorder))
    answers: list[bool] = []

    def tell() -> None:
        answer = report(saleor, app, token, "CHARGE_SUCCESS")
        answers.append(answer["data"]["transactionEventReport"]["alreadyProcessed"])

    threads = [threading.Thread(target=tell) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False, True, True, True]
    assert saleor.transaction(token).charged == Decimal("1234.50")
    assert sorted(made.outcome for made in saleor.reports) == ["alreadyProcessed"] * 3 + ["recorded"]


def test_a_report_is_refused_with_a_code_or_denied(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    token = token_of(start(saleor, recorder))

    def outcome(**changes: Any) -> Any:
        answer = report(saleor, app, **({"token": token, "kind": "CHARGE_SUCCESS"} | changes))
        assert answer["status"] == 200
        if answer["data"]["transactionEventReport"] is None:
            return answer["errors"][0]["extensions"]["exception"]["code"]
        return [error["code"] for error in answer["data"]["transactionEventReport"]["errors"]]

    assert outcome(amount=None) == ["REQUIRED"]
    assert outcome(kind="CHARGE_FAILURE", psp="new", amount=None) == ["REQUIRED"]
    assert outcome(token="00000000-0000-4000-8000-000000000000") == ["NOT_FOUND"]
    assert outcome(psp="x" * 513) == ["INVALID"]
    assert outcome() == []
    assert outcome(amount=1) == ["INCORRECT_DETAILS"]
    saleor.deactivate(app)
    assert outcome() == "PermissionDenied"
    saleor.activate(app)
    saleor.deny()
    assert outcome() == "PermissionDenied"
    saleor.deny(False)
    assert outcome() == []
    assert saleor.transaction(token).charged == Decimal("1234.50")
    assert saleor.reports[-1].input["pspReference"] == "R"


def test_another_app_may_not_report(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    token = token_of(start(saleor, recorder))
    other = RecordingApp(identifier="app.other").start()
    try:
        stranger = saleor.install(other.manifest_url)
        answer = report(saleor, stranger, token, "CHARGE_SUCCESS")
    finally:
        other.stop()
    assert answer["data"]["transactionEventReport"] is None
    assert answer["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"


def test_a_reinstalled_app_still_owns_its_transactions(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    result = start(saleor, recorder)
    saleor.uninstall(app)
    assert saleor.transaction_process(token_of(result)).errors[0]["code"] == "MISSING_PAYMENT_APP"
    again = saleor.install(recorder.manifest_url)
    assert (again.id != app.id, again.token != app.token) == (True, True)
    assert report(saleor, app, token_of(result), "CHARGE_SUCCESS")["data"]["transactionEventReport"] is None
    process(saleor, recorder, result, **REDIRECT)
    seen = json.loads(recorder.received("transaction_process_session")[-1].body)
    assert seen["recipient"]["id"] == again.id
    assert report(saleor, again, token_of(result), "CHARGE_SUCCESS")["data"]["transactionEventReport"]["errors"] == []


def test_reports_know_payment_methods_from_322_on(any_saleor: Saleor, recorder: RecordingApp) -> None:
    app = any_saleor.install(recorder.manifest_url)
    token = token_of(start(any_saleor, recorder))
    mutation = REPORT.replace("availableActions: []", 'paymentMethodDetails: {other: {name: "Points"}}')
    answer = ask(any_saleor, mutation, app, token=token, psp="R", type="CHARGE_SUCCESS", amount=1234.5)
    if any_saleor.version == "3.21":
        assert (answer["status"], "data" in answer) == (400, False)
        assert any_saleor.transaction(token).charged == 0
        return
    query = "query($t: UUID!) { transaction(token: $t) { paymentMethodDetails { __typename name } } }"
    details = ask(any_saleor, query, app, t=token)["data"]["transaction"]["paymentMethodDetails"]
    assert details == {"__typename": "OtherPaymentMethodDetails", "name": "Points"}


@pytest.mark.parametrize(("length", "codes"), [(200, []), (201, ["INVALID"])])
def test_a_report_carries_a_message_a_link_of_200_characters_and_the_actions(
    saleor: Saleor, recorder: RecordingApp, app: App, length: int, codes: list[str]
) -> None:
    token, url = token_of(start(saleor, recorder)), "https://pay.test/".ljust(length, "1")
    mutation = """mutation($token: UUID!, $url: String) { transactionEventReport(token: $token, pspReference: "R:info",
      type: INFO, message: "look", externalUrl: $url, availableActions: [REFUND]) { errors { code }
      transaction { actions externalUrl } transactionEvent { message externalUrl } } }"""
    answer = ask(saleor, mutation, app, token=token, url=url)["data"]["transactionEventReport"]
    assert [error["code"] for error in answer["errors"]] == codes
    if codes:
        assert answer["transactionEvent"] is None
        return
    assert answer["transactionEvent"] == {"message": "look", "externalUrl": url}
    assert answer["transaction"] == {"actions": ["REFUND"], "externalUrl": ""}  # the transaction's own is another
