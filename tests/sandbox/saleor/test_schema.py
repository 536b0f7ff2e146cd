from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_schema import schema_of
from tests.sandbox.saleor.asking import ask, report, start, token_of
from tests.sandbox.saleor.recording_app import RecordingApp

LINKS = {"transactions", "order", "checkout", "createdBy", "user", "app"}


@pytest.mark.parametrize(
    ("version", "there", "missing"),
    [
        ("3.21", [], ["AppProblem", "PaymentMethodDetails", "GiftCardPaymentMethodDetailsInput"]),
        ("3.22", ["AppProblem", "PaymentMethodDetails"], ["GiftCardPaymentMethodDetailsInput"]),
        ("3.23", ["AppProblem", "GiftCardPaymentMethodDetailsInput"], []),
    ],
)
def test_a_version_has_what_it_brought_and_not_what_came_later(
    version: str, there: list[str], missing: list[str]
) -> None:
    types = schema_of(version).type_map
    assert set(there) <= set(types)
    assert not set(missing) & set(types)


def everything(schema: GraphQLSchema, kind: str, depth: int = 0) -> str:
    """Selects all fields of a type; links back to other payments are followed once."""
    found = schema.type_map[kind]
    assert isinstance(found, GraphQLObjectType)
    parts = ["__typename"]
    for name, field in found.fields.items():
        inner: Any = field.type
        while hasattr(inner, "of_type"):
            inner = inner.of_type
        if any(str(argument.type).endswith("!") for argument in field.args.values()):
            continue
        if isinstance(inner, GraphQLObjectType):
            if name not in LINKS or depth == 0:
                parts.append(f"{name} {{ {everything(schema, inner.name, depth + (name in LINKS))} }}")
        elif not hasattr(inner, "types") and not str(inner).endswith("Details"):
            parts.append(name)
    return " ".join(parts)


def test_every_field_that_the_schema_shows_is_answered(any_saleor: Saleor, recorder: RecordingApp) -> None:
    recorder.changes = {"permissions": ["HANDLE_PAYMENTS", "MANAGE_CHANNELS"]}
    app: App = any_saleor.install(recorder.manifest_url)
    schema = schema_of(any_saleor.version)
    result = start(any_saleor, recorder)
    report(any_saleor, app, token_of(result), "CHARGE_SUCCESS")
    order = any_saleor.create_order(user="buyer@example.com")
    selection = {kind: everything(schema, kind) for kind in ("TransactionItem", "Order", "App", "Shop", "Channel")}
    query = f"""query($t: UUID!, $o: ID!) {{
      transaction(token: $t) {{ {selection["TransactionItem"]} }} order(id: $o) {{ {selection["Order"]} }}
      app {{ {selection["App"]} }} shop {{ {selection["Shop"]} }} channel(slug: "rub") {{ id slug currencyCode }} }}"""
    answer = ask(any_saleor, query, app, t=token_of(result), o=order.id)
    assert (answer["status"], answer.get("errors")) == (200, None)
    assert answer["data"]["order"]["user"]["email"] == "buyer@example.com"
    assert answer["data"]["transaction"]["checkout"]["email"] == "buyer@example.com"
