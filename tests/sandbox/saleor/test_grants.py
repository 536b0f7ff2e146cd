"""What a refund request says of its grant, and what it says where nobody granted anything."""

import json
from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_records import GrantedRefund, from_global_id
from tests.sandbox.saleor.asking import start, token_of
from tests.sandbox.saleor.recording_app import RecordingApp, subscription

REFUND = "transaction_refund_requested"


def sent(saleor: Saleor, recorder: RecordingApp, selection: str, granted: bool) -> tuple[Any, GrantedRefund | None]:
    """Gives the body of a refund request whose subscription selects this of the grant, and the grant."""
    hooks = [hook for hook in recorder.manifest()["webhooks"] if hook["name"] != REFUND.upper()]
    query = subscription(REFUND.upper(), f"action {{ amount }} grantedRefund {{ {selection} }}")
    refund = {"name": "refund", "targetUrl": f"{recorder.url}/{REFUND}", "query": query, "syncEvents": [REFUND.upper()]}
    recorder.changes["webhooks"] = [*hooks, refund]
    saleor.install(recorder.manifest_url)
    paid = start(saleor, recorder, result="CHARGE_SUCCESS")
    recorder.answer(REFUND, body={"pspReference": "F1"})
    assert paid.transaction is not None
    order = saleor.checkout_complete(paid.transaction.checkout_id or "")
    grant = saleor.staff.grant_refund(order.id, 100, "брак") if granted else None
    saleor.request_action(token_of(paid), "REFUND", amount=100, granted_refund=grant)
    return json.loads(recorder.received(REFUND)[0].body), grant


def test_a_grant_comes_with_what_is_selected(any_saleor: Saleor, recorder: RecordingApp) -> None:
    body, grant = sent(any_saleor, recorder, "id reason amount { amount }", granted=True)
    assert grant is not None
    assert body["grantedRefund"] == {"id": grant.id, "reason": "брак", "amount": {"amount": 100.0}}
    assert "errors" not in body


def test_without_a_grant_an_id_comes_that_names_nothing(any_saleor: Saleor, recorder: RecordingApp) -> None:
    body, _ = sent(any_saleor, recorder, "id reason", granted=False)
    assert body["grantedRefund"] == {"id": "T3JkZXJHcmFudGVkUmVmdW5kOk5vbmU=", "reason": None}
    assert from_global_id(body["grantedRefund"]["id"]) == ("OrderGrantedRefund", "None")
    assert "errors" not in body


@pytest.mark.parametrize("field", ["amount { amount }", "status", "createdAt"])
def test_without_a_grant_what_must_be_there_is_an_error(any_saleor: Saleor, recorder: RecordingApp, field: str) -> None:
    body, _ = sent(any_saleor, recorder, f"id {field}", granted=False)
    name = field.split(maxsplit=1)[0]
    (error,) = body["errors"]
    assert body["grantedRefund"] is None
    assert error["message"] == f"Cannot return null for non-nullable field OrderGrantedRefund.{name}."
    assert error["path"] == ["event", "grantedRefund", name]
    assert error["extensions"] == {"exception": {"code": "GraphQLError"}}


@pytest.mark.parametrize("field", ["transaction { token }", "transactionEvents { id }"])
def test_without_a_grant_what_is_looked_up_breaks_and_may_be_missing(
    any_saleor: Saleor, recorder: RecordingApp, field: str
) -> None:
    body, _ = sent(any_saleor, recorder, f"id {field}", granted=False)
    (error,) = body["errors"]
    assert body["grantedRefund"][field.split(maxsplit=1)[0]] is None
    assert error["message"] == "Internal Server Error"
    assert error["extensions"] == {"exception": {"code": "AttributeError"}}
