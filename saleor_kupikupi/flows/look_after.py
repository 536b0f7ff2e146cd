"""The round that looks after every installation: orders that payments became, what is wrong, and telling Saleor.

It runs once a minute in each worker's process, never inside a webhook; an installation is one worker's at a time.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

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

Result = TypeVar("Result")

EVERY = timedelta(seconds=50)  # a little less than a worker waits, so that its next round finds them due


def look_after(parts: Parts, is_over: Callable[[], bool] = lambda: False) -> None:
    """Looks after each installation that nobody has looked after within the last minute, until `is_over` says stop."""
    write_down_health(parts)
    with parts.database.read() as tx:
        everyone = installations.listed(tx)
    for each in everyone:
        if is_over():
            return
        installation = _guarded(each.installation.id, partial(_take_turn, parts, each.installation.id))
        if installation is not None:
            for step in _steps(parts, installation):
                _guarded(installation.id, step)


def _steps(parts: Parts, installation: Installation) -> tuple[Callable[[], object], ...]:
    """Lists what is done for an installation, each with a time of its own: what is slow leaves the others theirs."""
    limits = parts.limits
    return (
        lambda: ask_where_in_doubt(parts, installation.id, parts.deadline(limits.probes)),
        lambda: write_down_health(parts),
        lambda: find_orders(parts, installation, parts.deadline(limits.orders)),
        lambda: update_problems(parts, installation.id),
        lambda: tell_problems(parts, installation, parts.deadline(limits.problems)),
    )


def _guarded(installation_id: int, step: Callable[[], Result]) -> Result | None:
    """Does a step whose trouble must not keep another step, or another shop, from its turn."""
    try:
        return step()
    except Exception:
        log.exception("a round failed", installation=installation_id)
        return None


def _take_turn(parts: Parts, installation_id: int) -> Installation | None:
    now = parts.now()
    with parts.database.write() as tx:
        if not installations.may_look_after(tx, installation_id, now, now + EVERY):
            return None
        return installations.by_id(tx, parts.vault, installation_id)
