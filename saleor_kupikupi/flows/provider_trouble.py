"""Finds connections whose provider does not answer, or refuses our credentials, for longer than a merchant should wait.

Where that looks so, something harmless is asked first: without payments nobody else would notice that it is over. Where
nobody has had an answer of late the same is asked, for nobody else would notice that it begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from saleor_kupikupi.domain.connection import Connection, Credentials
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.health import Health, with_payments
from saleor_kupikupi.domain.problems import Finding, credentials_refused, provider_unreachable
from saleor_kupikupi.domain.transfer import Environment, Transfer
from saleor_kupikupi.flows.configure import TEST_PHONE
from saleor_kupikupi.flows.health import note_answer, note_silence
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import connections, credentials, health, pages
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.sealing import CannotUnseal

log = structlog.get_logger()

_ROUND = 60  # seconds, about what lies between two rounds
_NEWEST = 200  # payments of an installation that are looked at


@dataclass(frozen=True, slots=True)
class Side:
    """A connection's environment that is in use, and how the provider answers it."""

    connection: Connection
    environment: Environment
    health: Health


def ask_where_in_doubt(parts: Parts, installation_id: int, deadline: Deadline) -> None:
    """Asks the provider on behalf of each connection that seems to be in trouble or is quiet, as far as the time goes.

    The next round begins with another one: many servers that hang hold up neither each other nor other shops for long.
    """
    with parts.database.read() as tx:
        doubtful = [each for each in sides(tx, installation_id) if _is_quiet(parts, each) or _findings(parts, each)]
        keys = [_keys(parts, tx, side) for side in doubtful]
    known = [each for each in keys if each is not None]
    first = int(parts.now().timestamp() // _ROUND) % max(len(known), 1)
    for used in known[first:] + known[:first]:
        if deadline.remaining() < parts.limits.balance:
            return
        _probe(parts, used)


def provider_troubles(parts: Parts, tx: Tx, installation_id: int) -> list[Finding]:
    """Lists the connections in trouble."""
    return [finding for side in sides(tx, installation_id) for finding in _findings(parts, side)]


def sides(tx: Tx, installation_id: int) -> list[Side]:
    """Lists the connections in use, with how the provider answers them."""
    known = health.of(tx, installation_id)
    newest = pages.transfers_page(tx, pages.Wanted(installation_id=installation_id), limit=_NEWEST)
    return [
        Side(each, each.environment, with_payments(known.get((each.id, each.environment), Health()), _of(newest, each)))
        for each in connections.listed(tx, installation_id)
    ]


def _of(newest: Sequence[Transfer], connection: Connection) -> list[Transfer]:
    side = (connection.id, connection.environment)
    return [each for each in newest if (each.connection_id, each.environment) == side]


def _findings(parts: Parts, side: Side) -> list[Finding]:
    connection, health_of_it = side.connection, side.health
    patience = parts.limits.provider_problem_after
    long_ago = parts.now() - patience
    if _is_before(health_of_it.failing_since, long_ago):
        return [provider_unreachable(connection.id, connection.name, round(patience.total_seconds() / 60))]
    # Where the notification counts, the test environment may know no order and refuse every question.
    expected = connection.trust_test_notification and side.environment is Environment.TEST
    if _is_before(health_of_it.refused_since, long_ago) and not expected:
        return [credentials_refused(connection.id, connection.name, side.environment, health_of_it.refusal)]
    return []


def _is_quiet(parts: Parts, side: Side) -> bool:
    """Whether nobody has had an answer of late, so that nobody would notice if none came."""
    heard_at = side.health.heard_at
    return heard_at is None or heard_at <= parts.now() - parts.limits.provider_problem_after / 2


def _is_before(since: datetime | None, moment: datetime) -> bool:
    return since is not None and since <= moment


def _keys(parts: Parts, tx: Tx, side: Side) -> Credentials | None:
    try:
        return credentials.current(tx, parts.vault, side.connection.id, side.environment)
    except CannotUnseal as error:
        log.warning("provider not asked", connection=side.connection.id, error=str(error))
        return None


def _probe(parts: Parts, used: Credentials) -> None:
    try:
        answer = parts.kupikupi.balance(used, TEST_PHONE, parts.deadline(parts.limits.balance))
    except OutboundError:
        note_silence(parts, used)
    else:
        # In production this phone is nobody's, so a refusal tells no more than that somebody answers.
        note_answer(parts, used, answer, ours=used.environment is Environment.TEST)
