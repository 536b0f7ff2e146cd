"""Takes what is due, under a lease, and gives each piece of work to the flow that it belongs to."""

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.report import deliver
from saleor_kupikupi.flows.sealed import leave_connection, leave_installation
from saleor_kupikupi.flows.settle import settle
from saleor_kupikupi.flows.shares import Shares
from saleor_kupikupi.flows.verify import take_verifications
from saleor_kupikupi.store import credentials, due, reports, tries
from saleor_kupikupi.store.due import Lane
from saleor_kupikupi.store.installations import TokenSealed
from saleor_kupikupi.store.sealing import CannotUnseal

Work = Callable[[], object]
UNSHARED = Shares(sys.maxsize)


def take_transfers(parts: Parts, limit: int, lane: Lane = Lane.ALL, shares: Shares = UNSHARED) -> list[Work]:
    """Leases transfers that are to be asked about; each piece is to be run once, right away, on any thread.

    A piece that is never run, or dies half-way, is due again when its lease runs out. Connections that have their share
    of the lane's threads are passed over, and what this process cannot open is left to the others.
    """
    now, lease = parts.now(), parts.owner()
    but_for = [*shares.full(), *parts.memory.sealed_connections.keys()]
    with parts.database.read() as tx:
        if not due.something_due(tx, now, lane, but_for):
            return []
    with parts.database.write() as tx:
        waiting = due.take_due(tx, lease, now, parts.limits.lease, limit, lane, but_for)
    return [shares.counted(each.connection_id, partial(_settle, parts, each, lease)) for each in waiting]


def take_reports(parts: Parts, limit: int) -> list[Work]:
    """Leases reports that are to be delivered, in the same way.

    What this process cannot open is left to the others; no other installation waits for it.
    """
    now, lease = parts.now(), parts.owner()
    sealed = parts.memory.sealed_installations.keys()
    with parts.database.read() as tx:
        if not reports.something_due(tx, now, sealed):
            return []
    try:
        with parts.database.write() as tx:
            owed = reports.take_due(tx, parts.vault, lease, now, parts.limits.lease, limit, sealed)
    except TokenSealed as error:
        leave_installation(parts, error.installation_id, error)
        return take_reports(parts, limit)
    return [partial(deliver, parts, each) for each in owed]


def _settle(parts: Parts, transfer: Transfer, lease: str) -> None:
    try:
        settle(parts, transfer, lease)
    except CannotUnseal as error:
        leave_connection(parts, transfer.connection_id or 0, error)
        with parts.database.write() as tx:
            due.release(tx, transfer.id, lease)


_KINDS: tuple[Callable[[Parts, int], list[Work]], ...] = (
    take_reports,
    partial(take_transfers, lane=Lane.CLAIMED),
    partial(take_transfers, lane=Lane.UNCLAIMED),
    take_verifications,
)


def reconcile(parts: Parts) -> int:
    """Does all the work that is due now, one piece after the other, and counts it."""
    done = 0
    while work := _next(parts):
        for piece in work:
            piece()
        done += len(work)
    return done


def _next(parts: Parts) -> list[Work]:
    for take in _KINDS:
        work = take(parts, 1)
        if work:
            return work
    return []


def tidy(parts: Parts) -> None:
    """Forgets what nothing needs any more: secrets that were replaced, and tries that no limit looks back to."""
    now = parts.now()
    with parts.database.write() as tx:
        credentials.forget_retired(tx, now)
        tries.prune(tx, now - timedelta(days=2))
