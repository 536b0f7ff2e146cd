"""What is wrong with an installation at present, so that it is told once and cleared when it is mended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.side_tables import problems

_its = problems.c
_OPEN = (
    select(_its.key, _its.message, _its.since, _its.told_at)
    .where(_its.installation_id == bindparam("id"), _its.ended_at.is_(None))
    .order_by(_its.since, _its.key)
)
_ANY = select(_its.id).where(_its.installation_id == bindparam("id"), _its.key == bindparam("key"))
_STILL_TOLD = select(_its.key).where(
    _its.installation_id == bindparam("id"), _its.ended_at.is_not(None), _its.told_at.is_not(None)
)
_NEW = insert(problems)
_RAISE = _NEW.on_conflict_do_update(
    index_elements=[_its.installation_id, _its.key],
    set_={
        "message": _NEW.excluded.message,
        "since": func.coalesce(
            select(_its.since)
            .where(
                _its.installation_id == _NEW.excluded.installation_id,
                _its.key == _NEW.excluded.key,
                _its.ended_at.is_(None),
            )
            .scalar_subquery(),
            _NEW.excluded.since,
        ),
        "told_at": None,
        "ended_at": None,
    },
)
_THIS = update(problems).where(_its.installation_id == bindparam("of"), _its.key == bindparam("which"))
_TOLD = _THIS.where(_its.message == bindparam("words")).values(told_at=bindparam("at"))
_END = _THIS.values(ended_at=bindparam("at"), told_at=func.coalesce(_its.told_at, bindparam("at")))
_UNTOLD = _THIS.where(_its.ended_at.is_not(None)).values(told_at=None)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `told_at` is None until Saleor was told of this message."""

    key: str
    message: str
    since: datetime
    told_at: datetime | None


def current(tx: Tx, installation_id: int) -> list[Problem]:
    """Lists what is wrong now, the oldest first."""
    rows = tx.execute(_OPEN, {"id": installation_id})
    return [Problem(row.key, row.message, row.since, row.told_at) for row in rows]


def was_said(tx: Tx, installation_id: int, key: str) -> bool:
    """Tells whether this problem is there, or was there once."""
    return tx.execute(_ANY, {"id": installation_id, "key": key}).first() is not None


def still_told(tx: Tx, installation_id: int) -> list[str]:
    """Lists the keys of what is mended while Saleor still shows it."""
    return [row.key for row in tx.execute(_STILL_TOLD, {"id": installation_id})]


def say(tx: Tx, installation_id: int, key: str, message: str, at: datetime) -> None:
    """Notes that something is wrong, or that it is wrong in another way; it is to be told anew."""
    values = {"installation_id": installation_id, "key": key, "message": message, "since": at}
    tx.execute(_RAISE, values)


def told(tx: Tx, installation_id: int, problem: Problem, at: datetime) -> None:
    """Notes that Saleor knows, unless the message has changed meanwhile."""
    known = {"of": installation_id, "which": problem.key, "words": problem.message, "at": at}
    tx.execute(_TOLD, known)


def untold(tx: Tx, installation_id: int, key: str) -> None:
    """Notes that Saleor shows a mended problem no more."""
    tx.execute(_UNTOLD, {"of": installation_id, "which": key})


def end(tx: Tx, installation_id: int, key: str, at: datetime) -> None:
    """Notes that it is mended, and to be taken back: Saleor may have it though it never said so."""
    tx.execute(_END, {"of": installation_id, "which": key, "at": at})
