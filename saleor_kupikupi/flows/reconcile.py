"""Takes what is due, under a lease, and gives each piece of work to the flow that it belongs to."""

from collections.abc import Callable
from functools import partial

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.report import deliver
from saleor_kupikupi.flows.settle import settle
from saleor_kupikupi.store import due, reports

Work = Callable[[], object]


def take_work(parts: Parts, limit: int) -> list[Work]:
    """Leases at most `limit` due transfers and as many due reports; each piece is to be run once, on any thread.

    A piece that is never run, or dies half-way, is due again when its lease runs out.
    """
    now = parts.now()
    with parts.database.read() as tx:
        if not (due.something_due(tx, now) or reports.something_due(tx, now)):
            return []
    lease = parts.owner()
    with parts.database.write() as tx:
        waiting = due.take_due(tx, lease, now, parts.limits.lease, limit)
        owed = reports.take_due(tx, parts.vault, lease, now, parts.limits.lease, limit)
    return [
        *(partial(deliver, parts, each) for each in owed),
        *(partial(settle, parts, each, lease) for each in waiting),
    ]


def reconcile(parts: Parts) -> int:
    """Does all the work that is due now, one piece after the other, and counts it."""
    done = 0
    while work := take_work(parts, limit=20):
        for piece in work:
            piece()
        done += len(work)
    return done
