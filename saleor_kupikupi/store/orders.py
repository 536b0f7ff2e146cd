"""Which paid transfers have an order in Saleor, which of them are to be asked about, and which lack one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, union, update

from saleor_kupikupi.domain.transfer import SourceKind, Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.rows import TRANSFER, transfer_of
from saleor_kupikupi.store.tables import WITHOUT_ORDER, transfers

AFTER = timedelta(hours=1)
WITHIN = timedelta(days=7)
LARGEST_COUNT = 1000

_its = transfers.c
_DUE = (
    select(*TRANSFER, _its.confirmed_at)
    .where(_its.installation_id == bindparam("id"), _its.order_due_at <= bindparam("now"))
    .order_by(_its.order_due_at)
    .limit(bindparam("limit"))
)
_THIS = update(transfers).where(_its.id == bindparam("this"))
_LACKING = (
    select(_its.channel)
    .where(
        _its.installation_id == bindparam("id"),
        WITHOUT_ORDER,
        _its.confirmed_at > bindparam("since"),
        _its.confirmed_at <= bindparam("until"),
    )
    .limit(LARGEST_COUNT)
    .subquery("few")
)
_LACKING_BY_CHANNEL = (
    select(_LACKING.c.channel, func.count().label("number")).group_by(_LACKING.c.channel).order_by(_LACKING.c.channel)
)
_CONFIRMED = (
    select(*TRANSFER)
    .where(_its.source_key == bindparam("key"), _its.installation_id == bindparam("id"), _its.confirmed_at.is_not(None))
    .order_by(_its.id)
)

_MINE = _its.installation_id == bindparam("installation")
# Two look-ups, each by an index of its own.
_KNOWN = union(
    select(_its.id).where(_its.order_id == bindparam("order"), _MINE),
    select(_its.id).where(_its.source_id == bindparam("order"), _its.source_kind == SourceKind.ORDER.value, _MINE),
)
_OF_ORDER = select(*TRANSFER).where(_its.id.in_(_KNOWN)).order_by(_its.id.desc()).limit(bindparam("limit"))
_HOMELESS = (
    select(*TRANSFER)
    .where(_MINE, WITHOUT_ORDER, _its.confirmed_at > bindparam("since"))
    .order_by(_its.confirmed_at.desc())
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class Paid:
    """A paid transfer whose order is to be asked for."""

    transfer: Transfer
    confirmed_at: datetime


def due(tx: Tx, installation_id: int, now: datetime, limit: int) -> list[Paid]:
    """Lists what is to be asked about now, the longest due first."""
    rows = tx.execute(_DUE, {"id": installation_id, "now": now, "limit": limit})
    return [Paid(transfer_of(row), row.confirmed_at) for row in rows]


def placed(tx: Tx, transfer_id: int, order_id: str, number: str) -> None:
    """Notes the order."""
    _change(tx, transfer_id, order_id=order_id, order_number=number)


def look_again(tx: Tx, transfer_id: int, at: datetime | None) -> None:
    """Notes when Saleor is asked again; None for never."""
    _change(tx, transfer_id, order_due_at=at)


def lacking(tx: Tx, installation_id: int, now: datetime) -> list[tuple[str, int]]:
    """Counts, by channel, checkouts that were paid an hour to seven days ago and have no order that we know of."""
    asked = {"id": installation_id, "since": now - WITHIN, "until": now - AFTER}
    return [(row.channel, row.number) for row in tx.execute(_LACKING_BY_CHANNEL, asked)]


def confirmed_of(tx: Tx, installation_id: int, source_key: str) -> list[Transfer]:
    """List the paid transfers of a checkout or order, the oldest first."""
    rows = tx.execute(_CONFIRMED, {"key": source_key, "id": installation_id})
    return [transfer_of(row) for row in rows]


def of_order(tx: Tx, installation_id: int, order_id: str, limit: int = 20) -> list[Transfer]:
    """Lists an order's transfers, newest first: those that are known to be its own, and those that paid for it."""
    asked = {"installation": installation_id, "order": order_id, "limit": limit}
    return [transfer_of(row) for row in tx.execute(_OF_ORDER, asked)]


def homeless(tx: Tx, installation_id: int, *, since: datetime, limit: int = 5) -> list[Transfer]:
    """Lists the newest payments of checkouts whose order is not known yet."""
    asked = {"installation": installation_id, "since": since, "limit": limit}
    return [transfer_of(row) for row in tx.execute(_HOMELESS, asked)]


def _change(tx: Tx, transfer_id: int, **values: Any) -> None:
    tx.execute(_THIS, {"this": transfer_id, **values})
