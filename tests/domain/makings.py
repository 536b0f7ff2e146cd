"""Transfers to try the domain on."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.transfer import Environment, SourceKind, State, Transfer

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

_PLAIN = Transfer(
    id=1,
    installation_id=1,
    connection_id=1,
    credentials_id=1,
    environment=Environment.PRODUCTION,
    reference=Reference("cb492f89-8baa-4fcc-bba9-c1d9c4c162da"),
    source_kind=SourceKind.CHECKOUT,
    source_id="Q2hlY2tvdXQ6MQ==",
    source_key="Q2hlY2tvdXQ6MQ==",
    channel="rub",
    amount=123_450,
    phone_last4="4567",
    language="ru",
    state=State.REQUESTED,
    created_at=NOON,
    sent_at=NOON,
)


def transfer(**changes: Any) -> Transfer:
    """Makes a transfer that was just requested, but for the changes."""
    return replace(_PLAIN, **changes)
