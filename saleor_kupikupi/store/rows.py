"""How a row becomes a transfer and a transfer a row. It knows columns and the domain, and runs no query."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.transfer import Environment, Refusal, SourceKind, State, Transfer
from saleor_kupikupi.store.tables import transfers

_REFUSAL = ("refusal_code", "refusal_provider_code", "refusal_provider_message")
_PLAIN = tuple(field.name for field in fields(Transfer) if field.name != "refusal")

TRANSFER = tuple(transfers.c[name] for name in (*_PLAIN, *_REFUSAL))
"""The columns that `transfer_of` needs."""


def transfer_of(row: Row[*tuple[Any, ...]]) -> Transfer:
    """Makes the transfer of a row that holds at least the columns of TRANSFER."""
    known = {name: getattr(row, name) for name in _PLAIN}
    environment = row.environment
    known.update(
        reference=Reference(row.reference),
        environment=None if environment is None else Environment(environment),
        source_kind=SourceKind(row.source_kind),
        state=State(row.state),
    )
    if row.refusal_code is not None:
        known["refusal"] = Refusal(row.refusal_code, row.refusal_provider_code, row.refusal_provider_message)
    return Transfer(**known)


def values_of(transfer: Transfer) -> dict[str, Any]:
    """Gives what a transfer writes, by column; the id is left to the database."""
    values: dict[str, Any] = {name: getattr(transfer, name) for name in _PLAIN if name != "id"}
    refusal = transfer.refusal
    values["refusal_code"] = refusal.code if refusal else None
    values["refusal_provider_code"] = refusal.provider_code if refusal else None
    values["refusal_provider_message"] = refusal.provider_message if refusal else None
    return values
