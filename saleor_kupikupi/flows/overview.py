"""How things stand with an installation, for the first screen: what is still to be set up, and what needs a look."""

from dataclasses import dataclass
from datetime import datetime

from saleor_kupikupi.domain.connection import Connection, WireFormat
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.health import Health
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.problems import DOUBLE_PAYMENT, Finding, double_payment, kind_of, subject_of
from saleor_kupikupi.domain.transfer import Environment, State
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.problems import findings
from saleor_kupikupi.saleor.placement import Breaker
from saleor_kupikupi.store import connections, credentials, health, orders, pages, problems, transfers
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.health import Counts, LastTimes
from saleor_kupikupi.store.problems import Problem


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """A connection and how it does; `wire_format` is None while it has no keys, `channels` has None for the default."""

    connection: Connection
    channels: list[str | None]
    wire_format: WireFormat | None
    settled: bool
    answered_at: datetime | None
    last: LastTimes
    counts: Counts

    @property
    def is_test(self) -> bool:
        """Whether no real points move."""
        return self.connection.environment is Environment.TEST


@dataclass(frozen=True, slots=True)
class OpenProblem:
    """Something that is wrong.

    `code` tells what, and is empty where another part of the app found it; `reference` is set where a person may say to
    have looked.
    """

    code: str
    text: str
    since: datetime
    reference: str | None


@dataclass(frozen=True, slots=True)
class Overview:
    """All of it; `without_order` counts, by channel, checkouts that were paid for and made no order."""

    states: list[ConnectionState]
    has_paid: bool
    without_order: list[tuple[str, int]]
    problems: list[OpenProblem]

    @property
    def has_keys(self) -> bool:
        """Whether a connection holds keys."""
        return any(state.wire_format for state in self.states)

    @property
    def keys_accepted(self) -> bool:
        """Whether the provider has accepted keys once."""
        return self.has_paid or any(state.answered_at for state in self.states)

    @property
    def is_mapped(self) -> bool:
        """Whether a channel can be paid in with points."""
        return any(state.channels for state in self.states)

    @property
    def is_set_up(self) -> bool:
        """Whether nothing is left to do before points are taken."""
        return self.keys_accepted and self.is_mapped and self.has_paid

    @property
    def test_channels(self) -> list[tuple[str | None, str]]:
        """Lists channels that take payments without real points, each with its connection's name."""
        return [(slug, state.connection.name) for state in self.states if state.is_test for slug in state.channels]


def overview(parts: Parts, installation_id: int, language: str) -> Overview:
    """Reads how things stand; what is wrong is said in the reader's language where it can be."""
    paid = pages.Wanted(installation_id=installation_id, state=State.CONFIRMED)
    with parts.database.read() as tx:
        known = connections.listed(tx, installation_id)
        healths = health.of(tx, installation_id)
        counts = health.counts(tx, installation_id, [each.id for each in known])
        return Overview(
            states=[
                _state(parts, tx, each, healths.get((each.id, each.environment), Health()), counts[each.id])
                for each in known
            ],
            has_paid=bool(pages.transfers_page(tx, paid, limit=1)),
            without_order=orders.lacking(tx, installation_id, parts.now()),
            problems=_problems(parts, tx, installation_id, language),
        )


def breaker_of(parts: Parts, installation: Installation, deadline: Deadline) -> Breaker | None:
    """Asks for Saleor's circuit breaker; None where Saleor does not say so quickly."""
    try:
        return parts.saleor.breaker(installation, deadline.sooner(parts.limits.breaker))
    except OutboundError:
        return None


def _state(parts: Parts, tx: Tx, connection: Connection, known: Health, counts: Counts) -> ConnectionState:
    keys = credentials.current(tx, parts.vault, connection.id, connection.environment)
    return ConnectionState(
        connection=connection,
        channels=connections.channels_of(tx, connection.id),
        wire_format=keys.wire_format if keys else None,
        settled=keys is not None and keys.settled,
        answered_at=known.accepted_at,
        last=health.last_times(tx, connection.id),
        counts=counts,
    )


def _problems(parts: Parts, tx: Tx, installation_id: int, language: str) -> list[OpenProblem]:
    listed = problems.current(tx, installation_id)
    found = {each.key: each for each in findings(parts, tx, installation_id)} if listed else {}
    return [_problem(tx, installation_id, each, found.get(each.key), language) for each in listed]


def _problem(tx: Tx, installation_id: int, said: Problem, found: Finding | None, language: str) -> OpenProblem:
    reference = None
    if kind_of(said.key) == DOUBLE_PAYMENT:
        transfer = transfers.known(tx, installation_id, subject_of(said.key))
        reference, found = transfer.reference, double_payment(transfer.reference, withdrawn=transfer.withdrawn)
    if found is None:
        return OpenProblem("", said.message, said.since, None)
    return OpenProblem(found.code, found.text(language), said.since, reference)
