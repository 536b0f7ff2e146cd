"""The round that looks after every installation: orders that payments became, what is wrong, and telling Saleor.

It runs once a minute in each worker's process, never inside a webhook; an installation is one worker's at a time.
"""

from collections.abc import Callable
from datetime import timedelta

import structlog

from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.find_orders import find_orders
from saleor_kupikupi.flows.health import write_down_health
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.problems import update_problems
from saleor_kupikupi.flows.provider_trouble import ask_where_in_doubt
from saleor_kupikupi.flows.tell_problems import tell_problems
from saleor_kupikupi.store import installations

log = structlog.get_logger()

EVERY = timedelta(seconds=50)  # a little less than a worker waits, so that its next round finds them due


def look_after(parts: Parts, is_over: Callable[[], bool] = lambda: False) -> None:
    """Looks after each installation that nobody has looked after within the last minute, until `is_over` says stop."""
    write_down_health(parts)
    with parts.database.read() as tx:
        everyone = installations.listed(tx)
    for each in everyone:
        if is_over():
            return
        try:
            _one(parts, each.installation.id)
        except Exception:
            # One shop's trouble must not keep the others from their turn.
            log.exception("a round failed", installation=each.installation.id)


def _one(parts: Parts, installation_id: int) -> None:
    installation = _take_turn(parts, installation_id)
    if installation is None:
        return
    ask_where_in_doubt(parts, installation_id, parts.deadline(parts.limits.probes))
    write_down_health(parts)
    deadline = parts.deadline(parts.limits.round)  # a provider that hangs leaves time to say so
    find_orders(parts, installation, deadline.sooner(parts.limits.orders))
    update_problems(parts, installation_id)
    tell_problems(parts, installation, deadline)


def _take_turn(parts: Parts, installation_id: int) -> Installation | None:
    now = parts.now()
    with parts.database.write() as tx:
        if not installations.may_look_after(tx, installation_id, now, now + EVERY):
            return None
        return installations.by_id(tx, parts.vault, installation_id)
