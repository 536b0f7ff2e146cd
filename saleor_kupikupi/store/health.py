"""How the provider answers each connection, as it was last written down, and how much of each is in trouble.

Every count stops at LARGEST_COUNT, however many rows there are.
"""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.domain.health import Health, merged
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.side_tables import connection_health
from saleor_kupikupi.store.tables import DEAD, OWED, STALE, UNDECIDED, connections, reports, transfers

LARGEST_COUNT = 1000

_NAMES = tuple(field.name for field in fields(Health))
_its = connection_health.c
_ONE = select(connection_health).where(
    _its.connection_id == bindparam("id"), _its.environment == bindparam("environment")
)
_OF = (
    select(connection_health)
    .join(connections, connections.c.id == _its.connection_id)
    .where(connections.c.installation_id == bindparam("id"))
)
_TURN = select(connections.c.id).where(connections.c.id == bindparam("id")).with_for_update(key_share=True)
_NEW = insert(connection_health)
_WRITE = _NEW.on_conflict_do_update(
    index_elements=[_its.connection_id, _its.environment], set_={name: _NEW.excluded[name] for name in _NAMES}
)
_connection = transfers.c.connection_id


def _of_few_reports(condition: ColumnElement[bool]) -> Select[Any]:
    """Looks the few transfers up one by one: a join would read them all where the planner thinks them few."""
    theirs = reports.c.installation_id == bindparam("id")
    few = select(reports.c.transfer_id).where(theirs, condition).limit(LARGEST_COUNT).subquery("few")
    looked_up = select(_connection).where(transfers.c.id == few.c.transfer_id).correlate(few).scalar_subquery()
    return select(looked_up.label("connection_id")).select_from(few)


_SOME = {
    "stale": select(_connection).where(transfers.c.installation_id == bindparam("id"), STALE).limit(LARGEST_COUNT),
    "owed": _of_few_reports(OWED),
    "dead": _of_few_reports(DEAD),
}
_COUNTED = {
    name: select(some.c.connection_id, func.count().label("number")).group_by(some.c.connection_id)
    for name, some in ((name, query.subquery("some_of_them")) for name, query in _SOME.items())
}
_OPEN = select(func.count()).select_from(
    select(transfers.c.id).where(_connection == bindparam("id"), UNDECIDED).limit(LARGEST_COUNT).subquery("few")
)
_OWED_LONG = (
    select(reports.c.id)
    .where(reports.c.installation_id == bindparam("id"), OWED, reports.c.owed_since <= bindparam("before"))
    .limit(1)
)
_LAST = tuple(
    select(moment).where(_connection == bindparam("id"), moment.is_not(None)).order_by(moment.desc()).limit(1)
    for moment in (transfers.c.claimed_at, transfers.c.confirmed_at)
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many transfers of a connection are open and stale, and how many of its reports are owed and dead."""

    open: int
    stale: int
    owed: int
    dead: int


@dataclass(frozen=True, slots=True)
class LastTimes:
    """When a connection's last notification came, and when its last payment was confirmed."""

    notification: datetime | None
    payment: datetime | None


def of(tx: Tx, installation_id: int) -> dict[tuple[int, Environment], Health]:
    """Reads how the provider answers the connections of an installation."""
    rows = tx.execute(_OF, {"id": installation_id})
    return {(row.connection_id, Environment(row.environment)): _health(row) for row in rows}


def add(tx: Tx, connection_id: int, environment: Environment, news: Health) -> None:
    """Adds what happened of late; several processes may do so."""
    where = {"id": connection_id, "environment": environment}
    tx.execute(_TURN, where)
    row = tx.execute(_ONE, where).first()
    known = merged(Health() if row is None else _health(row), news)
    tx.execute(_WRITE, {"connection_id": connection_id, "environment": environment, **asdict(known)})


def counts(tx: Tx, installation_id: int, connection_ids: list[int]) -> dict[int, Counts]:
    """Counts what is unfinished, by connection."""
    found = {name: _by_connection(tx, name, installation_id) for name in _COUNTED}
    return {
        each: Counts(
            open=tx.execute(_OPEN, {"id": each}).scalar_one(),
            **{name: numbers.get(each, 0) for name, numbers in found.items()},
        )
        for each in connection_ids
    }


def stale_count(tx: Tx, installation_id: int) -> int:
    """Counts an installation's stale transfers."""
    return sum(_by_connection(tx, "stale", installation_id).values())


def dead_count(tx: Tx, installation_id: int) -> int:
    """Counts an installation's dead reports."""
    return sum(_by_connection(tx, "dead", installation_id).values())


def owes_since(tx: Tx, installation_id: int, before: datetime) -> bool:
    """Tells whether a report has been owed since before a moment."""
    return tx.execute(_OWED_LONG, {"id": installation_id, "before": before}).first() is not None


def last_times(tx: Tx, connection_id: int) -> LastTimes:
    """Reads when a connection was last notified and last paid through."""
    notification, payment = (tx.execute(query, {"id": connection_id}).scalar() for query in _LAST)
    return LastTimes(notification, payment)


def _by_connection(tx: Tx, name: str, installation_id: int) -> dict[int, int]:
    return {row.connection_id: row.number for row in tx.execute(_COUNTED[name], {"id": installation_id})}


def _health(row: Row[*tuple[Any, ...]]) -> Health:
    return Health(**{name: getattr(row, name) for name in _NAMES})
