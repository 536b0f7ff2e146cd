import json
import re
import struct
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLSchema,
    execute_sync,
    get_named_type,
    is_list_type,
    parse,
    validate,
)
from graphql.type import GraphQLNonNull

import saleor_kupikupi
from saleor_kupikupi.domain.transfer import SourceKind
from saleor_kupikupi.saleor import events
from saleor_kupikupi.saleor.events import EVENTS, ActionRequested, AppDeleted, GatewayInitialize, SessionEvent
from saleor_kupikupi.saleor.manifest import Manifest, read_template
from tests.contract.saleor_files import ROOT, VERSIONS, needs_saleor_files, schema

BASE_URL = "https://points.example:8443"
KNOWN = {
    "id", "version", "requiredSaleorVersion", "name", "about", "author", "permissions", "appUrl", "tokenTargetUrl",
    "brand", "extensions", "webhooks",
}  # fmt: skip
TYPENAMES = {
    "payment_gateway_initialize_session": "PaymentGatewayInitializeSession",
    "transaction_initialize_session": "TransactionInitializeSession",
    "transaction_process_session": "TransactionProcessSession",
    "transaction_charge_requested": "TransactionChargeRequested",
    "transaction_cancelation_requested": "TransactionCancelationRequested",
    "transaction_refund_requested": "TransactionRefundRequested",
    "app_deleted": "AppDeleted",
}
SAMPLES = {
    "ID": "SWQ6MQ==",
    "UUID": "0f0e6d5c-1111-4222-8333-444455556666",
    "DateTime": "2026-11-24T02:03:29.026896+00:00",
    "PositiveDecimal": 1234.5,
    "Float": 1234.5,
    "JSON": {"phone": "+79000000001"},
    "String": "text",
}
every_version = pytest.mark.parametrize("version", VERSIONS)


def manifest(version: str) -> dict[str, Any]:
    return Manifest(read_template(), "saleor.app.payment.kupikupi", BASE_URL).for_version(version)


def webhooks(version: str) -> dict[str, dict[str, Any]]:
    """Each webhook by the event that its route names."""
    return {urlsplit(webhook["targetUrl"]).path.split("/")[-1]: webhook for webhook in manifest(version)["webhooks"]}


def sample_body(schema: GraphQLSchema, query: str, event: str, source: str) -> bytes:
    """Makes a body as Saleor would from this subscription: each selected field filled by its type."""

    def type_of(_value: object, _info: Any, abstract: Any) -> str:
        return source if abstract.name == "OrderOrCheckout" else TYPENAMES[event]

    def filled(_source: object, info: Any, **_arguments: object) -> object:
        listed = is_list_type(info.return_type.of_type if isinstance(info.return_type, GraphQLNonNull) else None)
        type_ = get_named_type(info.return_type)
        if isinstance(type_, GraphQLEnumType):
            value: object = {"LanguageCodeEnum": "RU", "TransactionEventTypeEnum": "REFUND_REQUEST"}[type_.name]
        else:
            value = SAMPLES.get(type_.name, {})
            value = f"{info.field_name} text" if value == "text" and info.field_name == "slug" else value
        return [value] if listed else value

    result = execute_sync(schema, parse(query), field_resolver=filled, type_resolver=type_of)
    assert result.errors is None
    return json.dumps((result.data or {})["event"]).encode()


@every_version
def test_the_required_fields_are_within_saleors_limits(version: str) -> None:
    served = manifest(version)
    assert set(served) == KNOWN
    assert served["id"] == "saleor.app.payment.kupikupi"
    assert all(0 < len(served[name].strip()) <= 60 for name in ("name", "version", "author"))
    assert served["permissions"] == ["HANDLE_PAYMENTS"]
    assert served["requiredSaleorVersion"] == ">=3.21 <4"
    assert [each["mount"] for each in served["extensions"]] == ([] if version == "3.21" else ["ORDER_DETAILS_WIDGETS"])


def test_the_version_is_that_of_the_package() -> None:
    assert manifest("3.22")["version"] == saleor_kupikupi.__version__


@every_version
def test_every_address_is_one_that_saleor_takes(version: str) -> None:
    served = manifest(version)
    addresses = [served["appUrl"], served["tokenTargetUrl"], served["brand"]["logo"]["default"]]
    addresses += [webhook["targetUrl"] for webhook in served["webhooks"]]
    addresses += [extension["url"] for extension in served["extensions"]]
    for address in addresses:
        assert re.fullmatch(r"https://points\.example:8443/[a-z_./]+", address)
        assert len(address) <= 200
    assert urlsplit(served["tokenTargetUrl"]).path == "/api/register"


@every_version
def test_there_is_one_webhook_for_each_event_at_its_own_route(version: str) -> None:
    assert set(TYPENAMES) == EVENTS
    assert len(manifest(version)["webhooks"]) == len(EVENTS)
    for event, webhook in webhooks(version).items():
        assert webhook["targetUrl"] == f"{BASE_URL}/api/webhooks/{event}"
        assert webhook.get("syncEvents", []) + webhook.get("asyncEvents", []) == [event.upper()]
        assert f"... on {TYPENAMES[event]} {{" in webhook["query"]


def test_identifiers_are_unique_and_short() -> None:
    served = manifest("3.23")
    identifiers = [entry["identifier"] for entry in (*served["webhooks"], *served["extensions"])]
    assert len(set(identifiers)) == len(identifiers)
    assert all(identifier == identifier.strip() and 0 < len(identifier) <= 256 for identifier in identifiers)


def test_the_logo_is_a_small_square_png() -> None:
    logo = (ROOT / "saleor_kupikupi" / "web" / "static" / "logo.png").read_bytes()
    assert manifest("3.22")["brand"]["logo"]["default"].endswith("/static/logo.png")
    assert logo[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", logo[16:24])
    assert width == height >= 256
    assert len(logo) < 64 * 1024


@needs_saleor_files
@every_version
def test_the_events_and_the_permission_exist(version: str) -> None:
    def values(name: str) -> Mapping[str, object]:
        enum = schema(version).type_map[name]
        assert isinstance(enum, GraphQLEnumType)
        return dict(enum.values)

    assert "HANDLE_PAYMENTS" in values("PermissionEnum")
    for webhook in manifest(version)["webhooks"]:
        assert all(event in values("WebhookEventTypeSyncEnum") for event in webhook.get("syncEvents", []))
        assert all(event in values("WebhookEventTypeAsyncEnum") for event in webhook.get("asyncEvents", []))


@needs_saleor_files
@every_version
@pytest.mark.parametrize("event", sorted(EVENTS))
def test_a_subscription_is_valid_for_the_saleor_it_is_served_to(version: str, event: str) -> None:
    assert validate(schema(version), parse(webhooks(version)[event]["query"])) == []


@needs_saleor_files
@every_version
@pytest.mark.parametrize("source", ["Checkout", "Order"])
def test_a_subscription_asks_for_all_that_is_read(version: str, source: str) -> None:
    def received(event: str) -> events.Event:
        query = webhooks(version)[event]["query"]
        return events.parse(event, sample_body(schema(version), query, event, source))

    gateway = received("payment_gateway_initialize_session")
    assert isinstance(gateway, GatewayInitialize)
    assert (gateway.amount, gateway.data) == (Decimal("1234.5"), {"phone": "+79000000001"})
    assert gateway.source.total == Decimal("1234.5")
    assert gateway.source.has_user
    for name in ("transaction_initialize_session", "transaction_process_session"):
        session = received(name)
        assert isinstance(session, SessionEvent)
        assert session.data == {"phone": "+79000000001"}
        assert session.source.kind is SourceKind(source.lower())
        assert (session.source.channel, session.source.language) == ("slug text", "ru")
        assert session.source.billing_phone == session.source.shipping_phone == "text"
    refund = received("transaction_refund_requested")
    assert isinstance(refund, ActionRequested)
    assert (refund.token, refund.request_event_id) == (SAMPLES["UUID"], SAMPLES["ID"])
    deleted = received("app_deleted")
    assert isinstance(deleted, AppDeleted)
    assert deleted.app_id == SAMPLES["ID"]
