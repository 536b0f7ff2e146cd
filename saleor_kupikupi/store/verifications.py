"""Which charges are to be looked at in Saleor, when, and how those looks went.

A row begins when Saleor takes a charge or a refund. Whoever takes it puts its due time past the end of a lease, so that
nobody else looks meanwhile, and a process that is killed costs the lease.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.rows import TRANSFER, transfer_of
from saleor_kupikupi.store.side_tables import verifications
from saleor_kupikupi.store.tables import transfers

_its = verifications.c
_NEW = insert(verifications)
_BEGIN = _NEW.on_conflict_do_update(
    index_elements=[_its.transfer_id],
    set_={"told_at": _NEW.excluded.told_at, "due_at": _NEW.excluded.due_at},
)
_THIS = update(verifications).where(_its.transfer_id == bindparam("this"))
_SAVE = _THIS.values(
    {name: bindparam(name) for name in ("due_at", "verified_at", "tries", "recalculations", "lost_at")}
)
_SOONER = _THIS.where(_its.due_at > bindparam("at")).values(due_at=bindparam("at"))
_NOT_PASSED_OVER = _its.installation_id.not_in(bindparam("passed_over", expanding=True))
_DUE = select(_its.transfer_id).where(_its.due_at <= bindparam("now"), _NOT_PASSED_OVER).order_by(_its.due_at)
_SOME = _DUE.limit(1)
_PICKED = _DUE.limit(bindparam("limit")).with_for_update(skip_locked=True).cte("picked")
_PUT = update(verifications).values(due_at=bindparam("until"))
_TAKE = _PUT.where(_its.transfer_id.in_(select(_PICKED.c.transfer_id))).returning(verifications)
_TAKE_ONE = _PUT.where(_its.transfer_id == bindparam("this")).returning(verifications)
_LOST = (
    select(*TRANSFER)
    .join(verifications, _its.transfer_id == transfers.c.id)
    .where(_its.installation_id == bindparam("id"), _its.lost_at.is_not(None))
    .order_by(_its.transfer_id)
    .limit(bindparam("limit"))
)
_HASTEN = (
    update(verifications)
    .where(
        _its.transfer_id.in_(
            select(transfers.c.id).where(
                transfers.c.source_key == bindparam("key"), transfers.c.installation_id == bindparam("installation")
            )
        )
    )
    .values(due_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """How the looks at one charge went.

    `told_at` is when Saleor last took a charge or a refund of it, `verified_at` when all of it was last seen there.
    `tries` counts what was done in vain to heal it, `recalculations` all that was ever done. `lost_at` is since when a
    person has to look.
    """

    transfer_id: int
    told_at: datetime
    verified_at: datetime | None = None
    tries: int = 0
    recalculations: int = 0
    lost_at: datetime | None = None


def begin(tx: Tx, transfer_id: int, installation_id: int, at: datetime, due_at: datetime) -> None:
    """Note that Saleor took a charge or a refund, and when it is looked at first."""
    new = {"transfer_id": transfer_id, "installation_id": installation_id, "told_at": at, "due_at": due_at}
    tx.execute(_BEGIN, {**new, "tries": 0, "recalculations": 0})


def look_sooner(tx: Tx, transfer_id: int, at: datetime) -> None:
    """Bring the next look at a charge forward, where one is due later."""
    tx.execute(_SOONER, {"this": transfer_id, "at": at})


def hasten(tx: Tx, installation_id: int, source_key: str, at: datetime) -> None:
    """Let every charge of a checkout or order be looked at, also one whose looks are over."""
    tx.execute(_HASTEN, {"installation": installation_id, "key": source_key, "at": at})


def something_due(tx: Tx, now: datetime, passing_over: Collection[int] = ()) -> bool:
    """Tell whether `take_due` would take anything: a read, which waits for nobody."""
    return tx.execute(_SOME, {"now": now, "passed_over": passing_over}).first() is not None


def take_due(
    tx: Tx, now: datetime, lease_seconds: float, limit: int, passing_over: Collection[int] = ()
) -> list[Verification]:
    """Lease up to `limit` charges that are to be looked at, none of the installations named."""
    until = now + timedelta(seconds=lease_seconds)
    wanted = {"now": now, "until": until, "limit": limit, "passed_over": passing_over}
    return [_verification(row) for row in tx.execute(_TAKE, wanted)]


def take(tx: Tx, transfer_id: int, now: datetime, lease_seconds: float) -> Verification | None:
    """Lease one charge, due or not; None where Saleor was told of none."""
    row = tx.execute(_TAKE_ONE, {"this": transfer_id, "until": now + timedelta(seconds=lease_seconds)}).first()
    return None if row is None else _verification(row)


def save(tx: Tx, verification: Verification, due_at: datetime | None) -> None:
    """Write down how a look went and when the next one is, None for never."""
    tx.execute(
        _SAVE,
        {
            "this": verification.transfer_id,
            "due_at": due_at,
            "verified_at": verification.verified_at,
            "tries": verification.tries,
            "recalculations": verification.recalculations,
            "lost_at": verification.lost_at,
        },
    )


def lost(tx: Tx, installation_id: int, limit: int = 20) -> list[Transfer]:
    """List an installation's charges that a person has to look at."""
    return [transfer_of(row) for row in tx.execute(_LOST, {"id": installation_id, "limit": limit})]


def _verification(row: Row[*tuple[Any, ...]]) -> Verification:
    return Verification(
        transfer_id=row.transfer_id,
        told_at=row.told_at,
        verified_at=row.verified_at,
        tries=row.tries,
        recalculations=row.recalculations,
        lost_at=row.lost_at,
    )
