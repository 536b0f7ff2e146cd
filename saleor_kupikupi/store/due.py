"""Which transfers are to be looked at now, and by whom.

Work is a row with a due time, done under a lease: a worker that is killed loses it after the lease's time.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import bindparam, or_, select, true, update

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.rows import TRANSFER, transfer_of
from saleor_kupikupi.store.tables import transfers
from saleor_kupikupi.store.transfers import save

_its = transfers.c
_FREE = or_(_its.leased_until.is_(None), _its.leased_until <= bindparam("now"))
_LEASE = update(transfers).values(leased_until=bindparam("until"), lease_owner=bindparam("owner"))
_TAKE = _LEASE.where(_its.id == bindparam("this"), _FREE)
_WHEN = select(_its.due_at).where(_its.id == bindparam("this"))
_HELD = select(_its.id).where(_its.id == bindparam("this"), _its.leased_until > bindparam("now"))
_RELEASE = (
    update(transfers)
    .where(_its.id == bindparam("this"), _its.lease_owner == bindparam("owner"))
    .values(leased_until=None, lease_owner=None)
)
_ASK_AGAIN = update(transfers).where(_its.id == bindparam("this")).values(due_at=bindparam("at"))


class Lane(Enum):
    """Which transfers are meant: those that somebody may just have paid by, the others, or all."""

    CLAIMED = auto()
    UNCLAIMED = auto()
    ALL = auto()


_IN_LANE = {Lane.CLAIMED: _its.claimed_at.is_not(None), Lane.UNCLAIMED: _its.claimed_at.is_(None), Lane.ALL: true()}
_NOT_OF = or_(_its.connection_id.is_(None), _its.connection_id.not_in(bindparam("but_for", expanding=True)))
_DUE = {
    lane: select(_its.id).where(_its.due_at <= bindparam("now"), _FREE, condition, _NOT_OF).order_by(_its.due_at)
    for lane, condition in _IN_LANE.items()
}
_SOME = {lane: query.limit(1) for lane, query in _DUE.items()}
_PICKED = {
    lane: query.limit(bindparam("limit")).with_for_update(skip_locked=True).cte("picked")
    for lane, query in _DUE.items()
}
_TAKE_DUE = {
    lane: _LEASE.where(_its.id.in_(select(picked.c.id))).returning(*TRANSFER, _its.due_at)
    for lane, picked in _PICKED.items()
}


def something_due(tx: Tx, now: datetime, lane: Lane = Lane.ALL, but_for: Collection[int] = ()) -> bool:
    """Tells whether `take_due` would take anything: a read, which waits for nobody."""
    return tx.execute(_SOME[lane], {"now": now, "but_for": list(but_for)}).first() is not None


def take_due(
    tx: Tx,
    owner: str,
    now: datetime,
    lease_seconds: float,
    limit: int,
    lane: Lane = Lane.ALL,
    but_for: Collection[int] = (),
) -> list[Transfer]:
    """Leases up to `limit` transfers that are due, the longest due first; no other worker gets them meanwhile.

    A decided transfer is among them only where somebody asked for a further look. `but_for` are connections that are
    passed over.
    """
    wanted = {"now": now, "until": now + timedelta(seconds=lease_seconds), "owner": owner, "limit": limit}
    rows = sorted(
        tx.execute(_TAKE_DUE[lane], wanted | {"but_for": list(but_for)}), key=lambda row: (row.due_at, row.id)
    )
    return [transfer_of(row) for row in rows]


def take(tx: Tx, transfer_id: int, owner: str, now: datetime, lease_seconds: float) -> bool:
    """Leases one transfer, due or not; False while another holds it."""
    wanted = {"this": transfer_id, "now": now, "until": now + timedelta(seconds=lease_seconds), "owner": owner}
    return tx.execute(_TAKE, wanted).rowcount == 1


def is_leased(tx: Tx, transfer_id: int, now: datetime) -> bool:
    """Tells whether somebody holds the transfer."""
    return tx.execute(_HELD, {"this": transfer_id, "now": now}).first() is not None


def next_look(tx: Tx, transfer_id: int) -> datetime | None:
    """Tells when a worker looks at a transfer next; None where nobody will by itself."""
    found: datetime | None = tx.execute(_WHEN, {"this": transfer_id}).scalar_one()
    return found


def release(tx: Tx, transfer_id: int, owner: str) -> None:
    """Gives the lease back, if it is still this owner's."""
    tx.execute(_RELEASE, {"this": transfer_id, "owner": owner})


def reschedule(
    tx: Tx, transfer: Transfer, owner: str, *, due_at: datetime | None, stale_at: datetime | None = None
) -> bool:
    """Says when a transfer that was looked at in vain is looked at next, and gives the lease back.

    False where it was claimed or moved since it was read: then its due time stays as that left it.
    """
    kept = save(tx, transfer, replace(transfer, stale_at=stale_at or transfer.stale_at), due_at=due_at)
    release(tx, transfer.id, owner)
    return kept


def ask_again(tx: Tx, transfer_id: int, at: datetime) -> None:
    """Lets a worker look at a transfer, whatever its state."""
    tx.execute(_ASK_AGAIN, {"this": transfer_id, "at": at})
