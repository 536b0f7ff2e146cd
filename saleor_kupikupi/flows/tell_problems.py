"""Shows a Saleor what is wrong with its installation, and takes back what is mended: from 3.22 on, before it cannot.

A problem is told once, again when its text changes, and again a day later: staff who dismissed it while it lasts are
not nagged meanwhile. After a new installation Saleor knows none, so all are told.
"""

from datetime import datetime, timedelta

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
    """Tells what is to be told now; what fails is told the next time."""
    if not installation.at_least(3, 22):
        return
    try:
        _take_back(parts, installation, deadline)
        _tell(parts, installation, deadline)
    except OutboundError as error:
        log.warning("problems not told", installation=installation.id, error=str(error))


def _take_back(parts: Parts, installation: Installation, deadline: Deadline) -> None:
    with parts.database.read() as tx:
        mended = problems.still_told(tx, installation.id)[:_AT_ONCE]
    if mended and _is_taken(parts.saleor.dismiss_problems(installation, mended, deadline), installation):
        with parts.database.write() as tx:
            for key in mended:
                problems.untold(tx, installation.id, key)


def _tell(parts: Parts, installation: Installation, deadline: Deadline) -> None:
    with parts.database.read() as tx:
        known_since = max(installations.registered_at(tx, installation.id), parts.now() - AGAIN_AFTER)
        untold = [each for each in problems.current(tx, installation.id) if _is_due(each, known_since)]
    for problem in untold:
        answer = parts.saleor.raise_problem(installation, problem.key, problem.message, deadline)
        if not _is_taken(answer, installation):
            return
        with parts.database.write() as tx:
            problems.told(tx, installation.id, problem, parts.now())


def _is_due(problem: Problem, known_since: datetime) -> bool:
    return problem.told_at is None or problem.told_at <= known_since


def _is_taken(answer: Delivered | Refused | Denied, installation: Installation) -> bool:
    if isinstance(answer, Delivered):
        return True
    log.warning("problems not told", installation=installation.id, error=answer.message)
    return False
