import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.domain.errors import MalformedMessage
from saleor_kupikupi.domain.transfer import SourceKind
from saleor_kupikupi.saleor.events import (
    EVENTS,
    ActionRequested,
    AppDeleted,
    GatewayInitialize,
    SessionEvent,
    Source,
    parse,
)

TOKEN = "0f0e6d5c-1111-4222-8333-444455556666"
ENVELOPE = {"issuedAt": "2026-11-24T02:03:29.026896+00:00", "version": "3.22.67", "recipient": {"id": "QXBwOjE="}}
CHECKOUT = {
    "__typename": "Checkout",
    "id": "Q2hlY2tvdXQ6MQ==",
    "languageCode": "RU",
    "channel": {"slug": "rub", "currencyCode": "RUB"},
    "billingAddress": {"phone": "+79000000001"},
    "shippingAddress": {"phone": "+79000000002"},
    "totalPrice": {"gross": {"amount": 1234.5}},
    "user": {"id": "VXNlcjox"},
}
ORDER = CHECKOUT | {"__typename": "Order", "id": "T3JkZXI6MQ==", "checkoutId": "Q2hlY2tvdXQ6MQ=="}
GATEWAY = ENVELOPE | {
    "__typename": "PaymentGatewayInitializeSession",
    "amount": 1234.5,
    "data": {"checkBalance": True},
    "sourceObject": CHECKOUT,
}
INITIALIZE = ENVELOPE | {
    "__typename": "TransactionInitializeSession",
    "action": {"amount": 1234.5, "currency": "RUB"},
    "data": {"phone": 79000000001},
    "sourceObject": CHECKOUT,
    "transaction": {"token": TOKEN},
}
REFUND = ENVELOPE | {
    "__typename": "TransactionRefundRequested",
    "action": {"amount": 0.0, "currency": "RUB"},
    "transaction": {"token": TOKEN, "events": []},
}


def read(event: str, body: object) -> Any:
    return parse(event, json.dumps(body).encode())


def without(body: Mapping[str, Any], *path: str) -> dict[str, Any]:
    name, *rest = path
    if rest:
        return {**body, name: without(body[name], *rest)}
    return {key: value for key, value in body.items() if key != name}


def replaced(body: Mapping[str, Any], value: object, *path: str) -> dict[str, Any]:
    name, *rest = path
    return {**body, name: replaced(body[name], value, *rest) if rest else value}


def test_a_gateway_event_is_read() -> None:
    assert read("payment_gateway_initialize_session", GATEWAY) == GatewayInitialize(
        issued_at=datetime(2026, 11, 24, 2, 3, 29, 26896, tzinfo=UTC),
        version="3.22.67",
        recipient_id="QXBwOjE=",
        source=Source(
            kind=SourceKind.CHECKOUT,
            id="Q2hlY2tvdXQ6MQ==",
            key="Q2hlY2tvdXQ6MQ==",
            channel="rub",
            currency="RUB",
            total=Decimal("1234.5"),
            language="ru",
            billing_phone="+79000000001",
            shipping_phone="+79000000002",
            has_user=True,
        ),
        amount=Decimal("1234.5"),
        data={"checkBalance": True},
    )


@pytest.mark.parametrize("kind", ["initialize", "process"])
def test_a_session_event_is_read(kind: str) -> None:
    body = INITIALIZE | {"__typename": f"Transaction{kind.title()}Session"}
    event = read(f"transaction_{kind}_session", body)
    assert isinstance(event, SessionEvent)
    assert (event.kind, event.token, event.amount, event.currency) == (kind, TOKEN, Decimal("1234.5"), "RUB")
    assert event.data == {"phone": 79000000001}


@pytest.mark.parametrize(
    ("event", "typename", "action"),
    [
        ("transaction_charge_requested", "TransactionChargeRequested", "charge"),
        ("transaction_cancelation_requested", "TransactionCancelationRequested", "cancel"),
        ("transaction_refund_requested", "TransactionRefundRequested", "refund"),
    ],
)
def test_an_action_event_is_read_and_names_its_own_request(event: str, typename: str, action: str) -> None:
    events = [
        {"id": "a", "type": "CHARGE_SUCCESS", "createdAt": "2026-11-24T02:09:09+00:00"},
        {"id": "b", "type": f"{action.upper()}_REQUEST", "createdAt": "2026-11-24T02:09:03.3+00:00"},
        {"id": "c", "type": f"{action.upper()}_REQUEST", "createdAt": "2026-11-24T02:09:03+00:00"},
    ]
    body = replaced(REFUND, events, "transaction", "events") | {"__typename": typename}
    requested = read(event, body)
    assert isinstance(requested, ActionRequested)
    assert (requested.action, requested.token, requested.request_event_id) == (action, TOKEN, "b")
    assert (requested.amount, requested.currency) == (Decimal(0), "RUB")


def test_the_newest_request_counts_wherever_it_stands_and_of_equals_the_first() -> None:
    events = [
        {"id": "old", "type": "REFUND_REQUEST", "createdAt": "2026-11-24T02:09:03+00:00"},
        {"id": "new", "type": "REFUND_REQUEST", "createdAt": "2026-11-24T02:09:04+00:00"},
        {"id": "twin", "type": "REFUND_REQUEST", "createdAt": "2026-11-24T02:09:04+00:00"},
        {"id": "undated", "type": "REFUND_REQUEST"},
        {"type": "REFUND_REQUEST", "createdAt": "2027-01-01T00:00:00+00:00"},
        "rubbish",
    ]
    requested = read("transaction_refund_requested", replaced(REFUND, events, "transaction", "events"))
    assert requested.request_event_id == "new"


GRANT = {"id": "T3JkZXJHcmFudGVkUmVmdW5kOjE=", "reason": "damaged", "amount": {"amount": 100.0}}


@pytest.mark.parametrize(
    ("own", "grant", "reason"),
    [
        (None, GRANT, "damaged"),
        ("", GRANT, "damaged"),
        ("a call", GRANT, "a call"),
        (None, GRANT | {"reason": None}, ""),
        (None, GRANT | {"amount": {"amount": 0}}, "damaged"),
    ],
)
def test_a_granted_refund_is_read_with_the_reason_of_the_request_or_else_of_the_grant(
    own: str | None, grant: dict[str, Any], reason: str
) -> None:
    events = [{"id": "a", "type": "REFUND_REQUEST", "createdAt": "2026-11-24T02:09:03+00:00", "message": own}]
    body = replaced(REFUND, events, "transaction", "events") | {"grantedRefund": grant}
    requested = read("transaction_refund_requested", body)
    assert (requested.granted, requested.reason) == (True, reason)


@pytest.mark.parametrize(
    "hollow",
    [None, {"id": "T3JkZXJHcmFudGVkUmVmdW5kOk5vbmU="}, {"id": "x", "reason": None, "amount": None}, "rubbish"],
)
def test_a_grant_without_an_amount_is_none(hollow: object) -> None:
    assert not read("transaction_refund_requested", REFUND | {"grantedRefund": hollow}).granted


def test_of_requests_made_at_one_moment_the_newest_of_the_asked_amount_counts() -> None:
    made = [("a", 5, ""), ("b", 12.5, ""), ("c", 12.5, ""), ("d", 8, "answered"), ("e", 7, "")]
    events = [
        {"id": id_, "type": "REFUND_REQUEST", "createdAt": f"2026-11-24T02:09:0{n}+00:00"}
        | {"amount": {"amount": amount}, "pspReference": name}
        for n, (id_, amount, name) in enumerate(made)
    ]
    for asked, id_ in ((12.5, "c"), (5.0, "a"), (8.0, "e"), (999.0, "e")):
        body = replaced(replaced(REFUND, events, "transaction", "events"), asked, "action", "amount")
        assert read("transaction_refund_requested", body).request_event_id == id_


@pytest.mark.parametrize("transaction", [None, {}, {"token": None, "events": None}, {"token": "", "events": []}])
def test_an_action_on_an_unnamed_transaction_is_read(transaction: object) -> None:
    requested = read("transaction_refund_requested", REFUND | {"transaction": transaction})
    assert (requested.token, requested.request_event_id) == (None, None)


@pytest.mark.parametrize(("app", "app_id"), [({"id": "QXBwOjE="}, "QXBwOjE="), (None, None), ({}, None)])
def test_an_uninstall_is_read(app: object, app_id: str | None) -> None:
    deleted = read("app_deleted", ENVELOPE | {"__typename": "AppDeleted", "app": app})
    assert isinstance(deleted, AppDeleted)
    assert deleted.app_id == app_id


@pytest.mark.parametrize(("checkout_id", "key"), [("Q2hlY2tvdXQ6MQ==", "Q2hlY2tvdXQ6MQ=="), (None, "T3JkZXI6MQ==")])
def test_an_order_is_known_by_the_checkout_it_was_made_from(checkout_id: str | None, key: str) -> None:
    source = read(
        "transaction_initialize_session", INITIALIZE | {"sourceObject": ORDER | {"checkoutId": checkout_id}}
    ).source
    assert (source.kind, source.id, source.key) == (SourceKind.ORDER, "T3JkZXI6MQ==", key)


@pytest.mark.parametrize("name", ["languageCode", "billingAddress", "shippingAddress", "totalPrice", "user"])
def test_a_source_may_lack_what_is_optional(name: str) -> None:
    for source in (without(CHECKOUT, name), CHECKOUT | {name: None}):
        found = read("payment_gateway_initialize_session", GATEWAY | {"sourceObject": source}).source
        lacking = {
            "languageCode": found.language == "en",
            "billingAddress": found.billing_phone is None,
            "shippingAddress": found.shipping_phone is None,
            "totalPrice": found.total is None,
            "user": not found.has_user,
        }
        assert [key for key, lacks in lacking.items() if lacks] == [name]


@pytest.mark.parametrize("phone", ["", "  ", None])
def test_a_blank_phone_is_no_phone(phone: str | None) -> None:
    body = replaced(GATEWAY, phone, "sourceObject", "billingAddress", "phone")
    assert read("payment_gateway_initialize_session", body).source.billing_phone is None


@pytest.mark.parametrize("data", [None, [], "text", 5, {"a": {"b": [None]}}])
def test_the_storefront_may_send_anything_as_data(data: object) -> None:
    assert read("payment_gateway_initialize_session", GATEWAY | {"data": data}).data == data


def test_absent_data_is_none() -> None:
    assert read("payment_gateway_initialize_session", without(GATEWAY, "data")).data is None


@given(st.decimals(min_value=0, max_value=10**14, places=3))
def test_a_number_keeps_its_digits(amount: Decimal) -> None:
    raw = json.dumps(GATEWAY).replace('"amount": 1234.5, "data"', f'"amount": {amount}, "data"')
    event = parse("payment_gateway_initialize_session", raw.encode())
    assert isinstance(event, GatewayInitialize)
    assert str(event.amount) == str(amount)


def test_a_whole_number_is_a_number() -> None:
    assert read("payment_gateway_initialize_session", GATEWAY | {"amount": 2469}).amount == Decimal(2469)


@pytest.mark.parametrize("amount", [None, "1234.5", True, float("nan"), float("inf"), [1]])
def test_an_amount_that_is_no_number_is_refused(amount: object) -> None:
    with pytest.raises(MalformedMessage, match="amount is missing or unusable"):
        read("payment_gateway_initialize_session", GATEWAY | {"amount": amount})


@pytest.mark.parametrize(
    "path",
    [
        ("issuedAt",),
        ("version",),
        ("recipient", "id"),
        ("sourceObject",),
        ("sourceObject", "id"),
        ("sourceObject", "channel", "slug"),
        ("sourceObject", "channel", "currencyCode"),
        ("action", "amount"),
        ("action", "currency"),
        ("transaction", "token"),
    ],
)
def test_the_field_that_is_needed_and_missing_is_named(path: tuple[str, ...]) -> None:
    for body in (without(INITIALIZE, *path), replaced(INITIALIZE, None, *path)):
        with pytest.raises(MalformedMessage, match=r"^" + r"\.".join(path) + " is missing") as refusal:
            read("transaction_initialize_session", body)
        assert (refusal.value.kind, refusal.value.status) == ("CANT_BE_PARSED", 400)


NAMES = [
    ("recipient", "id"),
    ("version",),
    ("sourceObject", "id"),
    ("sourceObject", "checkoutId"),
    ("sourceObject", "languageCode"),
    ("sourceObject", "channel", "slug"),
    ("sourceObject", "channel", "currencyCode"),
    ("sourceObject", "billingAddress", "phone"),
    ("action", "currency"),
    ("transaction", "token"),
]


@pytest.mark.parametrize("path", NAMES)
def test_a_name_that_is_longer_than_any_of_saleors_is_refused(path: tuple[str, ...]) -> None:
    body = INITIALIZE | {"sourceObject": ORDER}
    read("transaction_initialize_session", replaced(body, "x" * 512, *path))
    with pytest.raises(MalformedMessage, match=r"^" + r"\.".join(path)) as refusal:
        read("transaction_initialize_session", replaced(body, "x" * 513, *path))
    assert (refusal.value.kind, len(str(refusal.value)) < 100) == ("CANT_BE_PARSED", True)


@pytest.mark.parametrize("field", ["id", "pspReference", "createdAt"])
def test_an_event_of_a_transaction_has_no_longer_names_either(field: str) -> None:
    events = [{"id": "a", "type": "REFUND_REQUEST", field: "x" * 9000}]
    with pytest.raises(MalformedMessage, match=field):
        read("transaction_refund_requested", replaced(REFUND, events, "transaction", "events"))


def test_a_reason_is_cut_where_it_is_too_long() -> None:
    requested = read("transaction_refund_requested", REFUND | {"grantedRefund": GRANT | {"reason": "why" * 9000}})
    assert requested.reason == ("why" * 9000)[:4000]


@pytest.mark.parametrize("typename", ["Voucher", None])
def test_a_source_of_another_kind_is_refused(typename: str | None) -> None:
    with pytest.raises(MalformedMessage, match="sourceObject"):
        read("transaction_initialize_session", replaced(INITIALIZE, typename, "sourceObject", "__typename"))


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-24T02:03:29", "2026-11-24", 1795486049])
def test_a_moment_without_an_offset_is_refused(moment: object) -> None:
    with pytest.raises(MalformedMessage, match="issuedAt"):
        read("transaction_initialize_session", INITIALIZE | {"issuedAt": moment})


@pytest.mark.parametrize("event", sorted(EVENTS))
def test_a_body_of_another_event_is_refused(event: str) -> None:
    for typename in ("AppUpdated", None):
        with pytest.raises(MalformedMessage) as refusal:
            read(event, GATEWAY | {"__typename": typename})
        assert refusal.value.kind == "WRONG_EVENT"


def test_an_event_that_is_not_known_is_refused() -> None:
    with pytest.raises(MalformedMessage) as refusal:
        read("order_created", ENVELOPE | {"__typename": "OrderCreated"})
    assert refusal.value.kind == "WRONG_EVENT"


@pytest.mark.parametrize(
    "raw",
    [b"", b"null", b"[]", b'"text"', b"{", b"\xff", b'{"a": ' * 100_000, b'{"a": 1e99999999999999999999}'],
)
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedMessage) as refusal:
        parse("payment_gateway_initialize_session", raw)
    assert refusal.value.kind == "CANT_BE_PARSED"


def test_fields_that_saleor_could_not_fill_are_named_and_are_not_fatal() -> None:
    errors = [{"message": "secret", "path": ["event", "transaction", "events", 0]}, {"message": "no path"}, "rubbish"]
    event = read("transaction_refund_requested", REFUND | {"errors": errors})
    assert event.unreadable == ("event.transaction.events.0",)
    assert read("transaction_refund_requested", REFUND | {"errors": None}).unreadable == ()
