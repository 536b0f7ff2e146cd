import json
import threading
from decimal import Decimal
from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor import NotPayable, Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.sandbox.saleor.asking import GATEWAY, ask, process, report, start, token_of, until
from tests.sandbox.saleor.recording_app import REDIRECT, RecordingApp


@pytest.mark.parametrize(
    ("status", "raw"),
    [(302, b""), (400, b"{}"), (500, b"{}"), (200, b"{"), (200, b""), (200, b"null"), (0, b"")],
)
def test_a_failed_delivery_is_no_end_and_the_app_is_asked_again(
    saleor: Saleor, recorder: RecordingApp, app: App, status: int, raw: bytes
) -> None:
    recorder.answer("transaction_initialize_session", status=status, raw=raw)
    result = saleor.transaction_initialize(saleor.create_checkout().id, GATEWAY)
    assert result.event is not None
    assert (result.event.type, result.event.message) == ("CHARGE_FAILURE", "Failed to delivery request.")
    assert (result.data, result.errors) == (None, [])
    again = process(saleor, recorder, result, **REDIRECT)
    assert again.event is not None
    assert again.event.type == "CHARGE_ACTION_REQUIRED"


def test_an_app_that_answers_too_late_has_not_answered(impatient: Saleor, recorder: RecordingApp) -> None:
    impatient.install(recorder.manifest_url)
    enough = threading.Event()
    recorder.answers["transaction_initialize_session"] = lambda: (enough.wait(5) and 200, REDIRECT)
    result = impatient.transaction_initialize(impatient.create_checkout().id, GATEWAY)
    enough.set()
    assert result.event is not None
    assert result.event.message == "Failed to delivery request."


def test_an_invalid_answer_fails_but_its_data_reaches_the_storefront(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    result = start(saleor, recorder, result="PAID", data={"x": 1})
    assert result.event is not None
    assert (result.event.type, result.event.included) == ("CHARGE_FAILURE", False)
    assert result.data == {"x": 1}


def test_an_answer_that_is_no_object_breaks_saleor(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    recorder.answer("transaction_initialize_session", body=[1])
    checkout = saleor.create_checkout()
    assert saleor.transaction_initialize(checkout.id, GATEWAY).errors == [{"message": "Internal Server Error"}]
    mutation = "mutation($id: ID!, $g: String!) { transactionInitialize(id: $id, paymentGateway: {id: $g}) { data } }"
    answer = ask(saleor, mutation, id=checkout.id, g=GATEWAY)
    assert (answer["status"], answer["data"]) == (200, {"transactionInitialize": None})
    assert answer["errors"][0]["message"] == "Internal Server Error"


def test_after_a_failure_process_returns_it_without_asking_the_app(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    result = start(saleor, recorder)
    failed = process(saleor, recorder, result, result="CHARGE_FAILURE", data={"x": 1})
    assert failed.data == {"x": 1}
    again = process(saleor, recorder, result, **REDIRECT)
    assert (again.event, again.data) == (failed.event, None)
    assert len(recorder.received("transaction_process_session")) == 1


@pytest.mark.parametrize(
    ("amount", "status", "completes"),
    [(1000, "PARTIAL", False), (1234.5, "FULL", True), (2000, "OVERCHARGED", True)],
)
def test_a_checkout_becomes_an_order_when_it_is_covered(
    saleor: Saleor, recorder: RecordingApp, app: App, amount: float, status: str, completes: bool
) -> None:
    result = start(saleor, recorder, result="CHARGE_SUCCESS", amount=amount)
    assert result.transaction is not None
    checkout = saleor.checkout(result.transaction.checkout_id or "")
    assert checkout.charge_status == status
    if not completes:
        with pytest.raises(NotPayable, match="CHECKOUT_NOT_FULLY_PAID"):
            saleor.checkout_complete(checkout.id)
        return
    order = saleor.checkout_complete(checkout.id)
    assert (order.charge_status, order.checkout_id, order.number) == (status, checkout.id, "1")
    assert saleor.checkout_complete(checkout.id) == order
    assert saleor.transaction(token_of(result)).order_id == order.id
    with pytest.raises(LookupError):
        saleor.checkout(checkout.id)


def test_a_pending_charge_covers_a_checkout_but_not_its_order(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    result = start(saleor, recorder, result="CHARGE_REQUEST")
    assert result.transaction is not None
    assert saleor.checkout(result.transaction.checkout_id or "").charge_status == "FULL"
    assert saleor.checkout_complete(result.transaction.checkout_id or "").charge_status == "NONE"


def test_a_basket_that_grew_is_partly_paid(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    result = start(saleor, recorder)
    checkout = saleor.change_total(result.transaction.checkout_id or "" if result.transaction else "", "2000")
    report(saleor, app, token_of(result), "CHARGE_SUCCESS")
    assert saleor.checkout(checkout.id).charge_status == "PARTIAL"


def test_a_channel_may_complete_by_itself_once(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    saleor.channel(automatic_completion=True, completion_delay=0.01)
    result = start(saleor, recorder)
    assert not saleor.orders
    report(saleor, app, token_of(result), "CHARGE_SUCCESS")
    until(lambda: saleor.orders)
    assert report(saleor, app, token_of(result), "CHARGE_SUCCESS")["data"]["transactionEventReport"]["alreadyProcessed"]
    assert len(saleor.orders) == 1


def test_an_order_is_paid_like_a_checkout(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    order = saleor.create_order(total="10")
    recorder.answer("transaction_initialize_session", body=REDIRECT)
    result = saleor.transaction_initialize(order.id, GATEWAY, amount="4.005")
    body = json.loads(recorder.received("transaction_initialize_session")[0].body)
    assert (body["sourceObject"]["__typename"], body["sourceObject"]["orderCharge"]) == ("Order", "NONE")
    assert body["action"]["amount"] == 4.01
    report(saleor, app, token_of(result), "CHARGE_SUCCESS", amount=4)
    assert saleor.order(order.id).charge_status == "PARTIAL"


def test_the_same_key_asks_the_app_again_about_the_same_transaction(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    recorder.answer("transaction_initialize_session", body=REDIRECT)
    checkout = saleor.create_checkout()
    first, second = (saleor.transaction_initialize(checkout.id, GATEWAY, idempotency_key="k") for _ in "12")
    assert token_of(first) == token_of(second)
    assert len(recorder.received("transaction_initialize_session")) == 2
    other = saleor.transaction_initialize(checkout.id, GATEWAY, amount=1, idempotency_key="k")
    elsewhere = saleor.transaction_initialize(saleor.create_checkout().id, GATEWAY, idempotency_key="k")
    assert [result.errors[0]["code"] for result in (other, elsewhere)] == ["UNIQUE", "UNIQUE"]
    assert saleor.transaction_initialize(checkout.id, GATEWAY, idempotency_key="").errors[0]["code"] == "INVALID"
    assert len(recorder.received("transaction_initialize_session")) == 2


@pytest.mark.parametrize(
    ("status", "raw", "data", "code"),
    [
        (200, b'{"data": {"a": 1}}', {"a": 1}, None),
        (200, b'{"x": 1}', None, "INVALID"),
        (200, b"[]", None, "INVALID"),
        (500, b"", None, "INVALID"),
        (200, b"{", None, "INVALID"),
        (0, b"", None, "INVALID"),
    ],
)
def test_a_gateways_answer_is_passed_through_or_invalid(
    saleor: Saleor, recorder: RecordingApp, app: App, status: int, raw: bytes, data: Any, code: str | None
) -> None:
    recorder.answer("payment_gateway_initialize_session", status=status, raw=raw)
    config = saleor.gateway_initialize(saleor.create_checkout().id, GATEWAY)
    assert config["data"] == data
    assert [error["code"] for error in config["errors"]] == ([code] if code else [])
    assert saleor.gateway_initialize(saleor.create_checkout().id, "nobody")["errors"][0]["code"] == "NOT_FOUND"


def test_only_a_payment_app_may_name_the_buyers_address_or_the_action(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    recorder.answer("transaction_initialize_session", body=REDIRECT)
    checkout = saleor.create_checkout()
    for argument in ('customerIpAddress: "10.0.0.1"', "action: AUTHORIZATION"):
        mutation = f"""mutation($i: ID!, $g: String!) {{
          transactionInitialize(id: $i, paymentGateway: {{id: $g}}, {argument}) {{ errors {{ code }} }} }}"""
        denied = ask(saleor, mutation, i=checkout.id, g=GATEWAY)
        assert denied["errors"][0]["extensions"]["exception"]["code"] == "PermissionDenied"
        assert ask(saleor, mutation, app, i=checkout.id, g=GATEWAY)["data"]["transactionInitialize"]["errors"] == []
    named, authorizing = (json.loads(seen.body) for seen in recorder.received("transaction_initialize_session"))
    assert named["customerIpAddress"] == "10.0.0.1"
    assert authorizing["action"]["actionType"] == "AUTHORIZATION"
    assert authorizing["transaction"]["events"][0]["type"] == "AUTHORIZATION_REQUEST"


def test_a_charge_in_an_authorization_channel_is_accepted(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    saleor.channel(flow="AUTHORIZATION")
    result = start(saleor, recorder, result="CHARGE_SUCCESS")
    assert json.loads(recorder.received("transaction_initialize_session")[0].body)["action"]["actionType"] == (
        "AUTHORIZATION"
    )
    assert saleor.transaction(token_of(result)).charged == Decimal("1234.50")


def test_what_lacks_an_address_or_an_email_is_paid_but_not_ordered(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    recorder.answer("transaction_initialize_session", body=REDIRECT | {"result": "CHARGE_SUCCESS"})
    for buyer, code in (({"address": False}, "BILLING_ADDRESS_NOT_SET"), ({"email": ""}, "EMAIL_NOT_SET")):
        checkout = saleor.create_checkout(**buyer)
        saleor.transaction_initialize(checkout.id, GATEWAY)
        assert saleor.checkout(checkout.id).charge_status == "FULL"
        with pytest.raises(NotPayable, match=code):
            saleor.checkout_complete(checkout.id)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("89000000001", "+79000000001"),
        ("9000000001", "+79000000001"),
        ("7 900 000-00-01", "+79000000001"),
        ("+4915112345678", "+4915112345678"),
        (None, ""),
    ],
)
def test_phones_are_stored_as_saleor_spells_them(saleor: Saleor, given: str | None, stored: str) -> None:
    checkout = saleor.create_checkout(phone=given)
    assert checkout.billing is not None
    assert checkout.shipping is not None
    assert (checkout.billing.phone, checkout.shipping.phone) == (stored, stored)
    other = saleor.create_checkout(phone=None, shipping_phone="89000000002")
    assert (other.billing and other.billing.phone, other.shipping and other.shipping.phone) == ("", "+79000000002")
