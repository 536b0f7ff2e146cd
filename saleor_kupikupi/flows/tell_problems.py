"""Shows a Saleor what is wrong with its installation, and takes back what is mended: from 3.22 on, before it cannot.

A problem is told once, again when its text changes, and again a day later: staff who dismissed it while it lasts are
not nagged meanwhile. After a new installation Saleor knows none, so all are told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor.reports import Delivered, Denied, Refused
from saleor_kupikupi.store import installations, problems
from saleor_kupikupi.store.problems import Problem

log = structlog.get_logger()

AGAIN_AFTER = timedelta(days=1)
_AT_ONCE = 100  # keys that Saleor takes in one call


def tell_problems(parts: Parts, installation: Installation, deadline: Deadline) -> None:
    """Tells what is to be told now; what fails is told the next time, and holds up nothing else."""
    if not installation.at_least(3, 22):
        return
    with parts.database.read() as tx:
        known_since = max(installations.registered_at(tx, installation.id), parts.now() - AGAIN_AFTER)
        untold = [each for each in problems.current(tx, installation.id) if _is_due(each, known_since)]
        mended = problems.still_told(tx, installation.id)[:_AT_ONCE]
    calls = [partial(_take_back, parts, installation, mended)] if mended else []
    calls += [partial(_tell, parts, installation, each) for each in untold]
    for waiting, call in zip(range(len(calls), 0, -1), calls, strict=True):
        share = deadline.sooner(deadline.remaining() / waiting)
        try:
            call(share)
        except OutboundError as error:
            log.warning("problems not told", installation=installation.id, error=str(error))


def _take_back(parts: Parts, installation: Installation, mended: Sequence[str], deadline: Deadline) -> None:
    if _is_taken(parts.saleor.dismiss_problems(installation, mended, deadline), installation):
        with parts.database.write() as tx:
            for key in mended:
                problems.untold(tx, installation.id, key)


def _tell(parts: Parts, installation: Installation, problem: Problem, deadline: Deadline) -> None:
    if _is_taken(parts.saleor.raise_problem(installation, problem.key, problem.message, deadline), installation):
        with parts.database.write() as tx:
            problems.told(tx, installation.id, problem, parts.now())


def _is_due(problem: Problem, known_since: datetime) -> bool:
    return problem.told_at is None or problem.told_at <= known_since


def _is_taken(answer: Delivered | Refused | Denied, installation: Installation) -> bool:
    if isinstance(answer, Delivered):
        return True
    log.warning("problems not told", installation=installation.id, error=answer.message)
    return False
