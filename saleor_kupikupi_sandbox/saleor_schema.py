"""Knows Saleor's GraphQL schema of one version: `saleor.graphql` less what came later, with its scalars.

Must not know what any field answers.
"""

import json
import uuid
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib.resources import files
from typing import Any

from graphql import (
    REMOVE,
    DirectiveDefinitionNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    StringValueNode,
    Visitor,
    VisitorAction,
    build_ast_schema,
    parse,
    validate,
    visit,
)

VERSIONS = {"3.21": "3.21.69", "3.22": "3.22.67", "3.23": "3.23.28"}


class InvalidQuery(Exception):
    """A webhook's subscription text does not fit the schema."""


class _OfVersion(Visitor):
    """Leaves out whatever `@since` says came after a version."""

    def __init__(self, version: str) -> None:
        super().__init__()
        self._version = version

    def enter(self, node: Node, *_path: Any) -> VisitorAction:
        """Removes a definition that is newer; a `@since` that stays has done its work and is removed too."""
        if isinstance(node, (DirectiveNode, DirectiveDefinitionNode)):
            return REMOVE
        newer = (since for since in map(_since, getattr(node, "directives", None) or ()) if since > self._version)
        return REMOVE if any(newer) else None


def _since(directive: DirectiveNode) -> str:
    values = (argument.value for argument in directive.arguments or ())
    return next((value.value for value in values if isinstance(value, StringValueNode)), "")


@lru_cache
def schema_of(version: str) -> GraphQLSchema:
    """Builds the schema that a Saleor of this version (3.21, 3.22, 3.23) shows."""
    text = files("saleor_kupikupi_sandbox").joinpath("saleor.graphql").read_text(encoding="utf-8")
    schema = build_ast_schema(visit(parse(text, no_location=True), _OfVersion(version)))
    for name, (read, write) in _SCALARS.items():
        scalar = schema.type_map.get(name)
        if isinstance(scalar, GraphQLScalarType):
            scalar.coerce_input_value = read
            scalar.coerce_output_value = write
    return schema


@lru_cache(256)
def document_of(query: str) -> DocumentNode:
    """Parses a query; raises GraphQLError."""
    return parse(query)


@lru_cache(256)
def errors_in(schema: GraphQLSchema, query: str) -> tuple[GraphQLError, ...]:
    """Lists what is wrong with a query that cannot be executed; a program asks the same few again and again."""
    try:
        return tuple(validate(schema, document_of(query)))
    except GraphQLError as error:
        return (error,)


@lru_cache(256)
def check_subscription(schema: GraphQLSchema, query: str) -> None:
    """Checks a webhook's text as an install does: it parses, fits the schema, and subscribes to `event` alone.

    Raises InvalidQuery.
    """
    if errors := errors_in(schema, query):
        raise InvalidQuery("; ".join(error.message for error in errors))
    operations = [node for node in document_of(query).definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation is not OperationType.SUBSCRIPTION:
        raise InvalidQuery("A webhook's query holds one subscription and no other operation.")
    if len(operations[0].selection_set.selections) != 1:
        raise InvalidQuery("A webhook's subscription has one top field.")


def fragments_of(query: str) -> list[str]:
    """Lists the event types that a subscription's `event` selects on, in order."""
    kinds: list[str] = []
    document = document_of(query)
    named = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}

    def collect(selections: Iterable[SelectionNode]) -> None:
        for node in selections:
            if isinstance(node, FragmentSpreadNode):
                kinds.append(named[node.name.value].type_condition.name.value)
            elif isinstance(node, InlineFragmentNode) and node.type_condition is not None:
                kinds.append(node.type_condition.name.value)
            elif isinstance(node, FieldNode) and node.name.value == "event" and node.selection_set is not None:
                collect(node.selection_set.selections)

    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            collect(node.selection_set.selections)
    return [kind for kind in dict.fromkeys(kinds) if kind != "Event"]


def _read_decimal(value: Any) -> Decimal | None:
    try:
        amount = Decimal(str(value))
    except InvalidOperation as error:
        raise GraphQLError(f"Decimal cannot represent value: {value}") from error
    # Saleor drops a negative amount instead of refusing it.
    return amount if amount >= 0 else None


def _read_time(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise GraphQLError(f"DateTime cannot represent value: {value}") from error


def _read_uuid(value: Any) -> str:
    try:
        return str(uuid.UUID(str(value)))
    except ValueError as error:
        raise GraphQLError(f"UUID cannot represent value: {value}") from error


def _read_positive(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise GraphQLError(f"A positive whole number is expected, not {value}")
    return value


def plain_json(value: Any) -> Any:
    """Turns the decimals of a parsed JSON value back into JSON's numbers."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    return [plain_json(item) for item in value] if isinstance(value, list) else value


def _same(value: Any) -> Any:
    return value


_SCALARS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "DateTime": (_read_time, lambda value: value.isoformat()),
    "JSON": (plain_json, _same),
    "JSONString": (json.loads, json.dumps),
    "Minute": (_read_positive, _same),
    "PositiveDecimal": (_read_decimal, float),
    "PositiveInt": (_read_positive, _same),
    "UUID": (_read_uuid, str),
}
