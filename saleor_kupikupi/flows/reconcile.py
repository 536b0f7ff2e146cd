"""Takes what is due, under a lease, and gives each piece of work to the flow that it belongs to."""

import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import structlog

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.report import SUSPENSION, deliver
from saleor_kupikupi.flows.settle import settle
from saleor_kupikupi.flows.shares import Shares
from saleor_kupikupi.flows.verify import take_verifications
from saleor_kupikupi.store import credentials, due, installations, reports, tries
from saleor_kupikupi.store.due import Lane
from saleor_kupikupi.store.installations import TokenSealed

log = structlog.get_logger()

Work = Callable[[], object]
UNSHARED = Shares(sys.maxsize)


def take_transfers(parts: Parts, limit: int, lane: Lane = Lane.ALL, shares: Shares = UNSHARED) -> list[Work]:
    """Leases transfers that are to be asked about; each piece is to be run once, right away, on any thread.

    A piece that is never run, or dies half-way, is due again when its lease runs out. Connections that have their share
    of the lane's threads are passed over.
    """
    now, lease, but_for = parts.now(), parts.owner(), shares.full()
    with parts.database.read() as tx:
        if not due.something_due(tx, now, lane, but_for):
            return []
    with parts.database.write() as tx:
        waiting = due.take_due(tx, lease, now, parts.limits.lease, limit, lane, but_for)
    return [shares.counted(each.connection_id, partial(settle, parts, each, lease)) for each in waiting]


def take_reports(parts: Parts, limit: int) -> list[Work]:
    """Leases reports that are to be delivered, in the same way.

    An installation whose token cannot be opened waits like one that denies us: the others' reports do not wait for it.
    """
    now, lease = parts.now(), parts.owner()
    with parts.database.read() as tx:
        if not reports.something_due(tx, now):
            return []
    try:
        with parts.database.write() as tx:
            owed = reports.take_due(tx, parts.vault, lease, now, parts.limits.lease, limit)
    except TokenSealed as error:
        log.error("app token cannot be opened", installation=error.installation_id, error=str(error))
        with parts.database.write() as tx:
            installations.suspend_reports(tx, error.installation_id, now + SUSPENSION, str(error))
        return take_reports(parts, limit)
    return [partial(deliver, parts, each) for each in owed]


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
