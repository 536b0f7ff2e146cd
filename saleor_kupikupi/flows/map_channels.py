"""Which connection each channel of a shop pays through, as a merchant sees and changes it.

Points are roubles, so only a channel in roubles can be given a connection. Changes are told from what the person saw:
what somebody else changed meanwhile is not overwritten unseen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import structlog

from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import AppError, OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor.channels import ShopChannel
from saleor_kupikupi.saleor.reports import Denied
from saleor_kupikupi.store import connections
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()

CURRENCY = "RUB"
DEFAULT = ""
"""The slug that stands for every channel in roubles without a connection of its own."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A channel and the connection that is stored for it; `shop` is None where Saleor did not list it."""

    slug: str
    shop: ShopChannel | None
    connection: Connection | None


@dataclass(frozen=True, slots=True)
class Channels:
    """All channels of an installation.

    `trouble` is why Saleor's list is not there, `denied` or `unreachable`: then `payable` are those with a stored
    connection. `leftover` have a stored connection that does nothing; `impossible` are in other currencies.
    """

    connections: tuple[Connection, ...]
    payable: tuple[Mapped, ...]
    default: Mapped
    leftover: tuple[Mapped, ...] = ()
    impossible: tuple[ShopChannel, ...] = ()
    trouble: str = ""

    def lines(self) -> tuple[Mapped, ...]:
        """Lists everything that can be changed."""
        return (*self.payable, self.default, *self.leftover)

    def obstacle(self, slug: str) -> str:
        """Tells why a channel cannot pay in points: `no_channel`, or the currency that it is in; empty where it can."""
        if any(line.slug == slug for line in self.payable):
            return ""
        return next((each.currency for each in self.impossible if each.slug == slug), "no_channel")

    def used_by(self, line: Mapped) -> Connection | None:
        """Finds the connection that a channel in roubles pays through."""
        return line.connection or self.default.connection


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person chose for one channel, and what they saw before: ids of connections, 0 for none."""

    seen: int
    chosen: int


class NotMapped(AppError):
    """Nothing was changed; `reasons` says for each slug why: `changed_meanwhile`, `no_connection` or `no_channel`."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__(f"channels not mapped: {', '.join(sorted(set(reasons.values())))}")
        self.reasons = reasons


def look(parts: Parts, installation: Installation, deadline: Deadline) -> Channels:
    """Asks Saleor for its channels and puts the stored connections to them."""
    listed, trouble = _listed(parts, installation, deadline)
    with parts.database.read() as tx:
        known = tuple(connections.listed(tx, installation.id))
        stored = _stored(tx, known)
    default = Mapped(DEFAULT, None, stored.pop(DEFAULT, None))
    if trouble:
        return Channels(known, tuple(Mapped(slug, None, it) for slug, it in stored.items()), default, trouble=trouble)
    shop = {each.slug: each for each in sorted(listed, key=lambda each: (not each.active, each.name, each.slug))}
    payable = tuple(Mapped(each.slug, each, stored.get(each.slug)) for each in shop.values() if _payable(each))
    left = stored.keys() - {each.slug for each in payable}
    return Channels(
        known,
        payable,
        default,
        leftover=tuple(Mapped(slug, shop.get(slug), stored[slug]) for slug in sorted(left)),
        impossible=tuple(each for each in shop.values() if not _payable(each)),
    )


def _listed(parts: Parts, installation: Installation, deadline: Deadline) -> tuple[Sequence[ShopChannel], str]:
    try:
        answer = parts.saleor.channels(installation, deadline)
    except OutboundError as error:
        log.warning("channels not listed", installation=installation.id, error=str(error))
        return (), "unreachable"
    if isinstance(answer, Denied):
        log.warning("channels not listed", installation=installation.id, error=answer.message)
        return (), "denied"
    return answer, ""


def _stored(tx: Tx, known: Sequence[Connection]) -> dict[str, Connection]:
    mapped = ((slug or DEFAULT, each) for each in known for slug in connections.channels_of(tx, each.id))
    return dict(sorted(mapped, key=lambda pair: pair[0]))


def _payable(channel: ShopChannel) -> bool:
    return channel.currency == CURRENCY


def save(parts: Parts, installation: Installation, channels: Channels, choices: Mapping[str, Choice]) -> int:
    """Writes down what was chosen, all or nothing, and counts what has changed.

    `channels` is a fresh look. Raises NotMapped.
    """
    wanted = {slug: choice for slug, choice in choices.items() if choice.seen != choice.chosen}
    possible = {line.slug for line in channels.lines()} - {line.slug for line in channels.leftover}
    with parts.database.write() as tx:
        known = connections.listed(tx, installation.id)
        now = {slug: connection.id for slug, connection in _stored(tx, known).items()}
        ids = {each.id for each in known}
        reasons = {slug: _reason(slug, choice, now, ids, possible) for slug, choice in wanted.items()}
        refused = {slug: reason for slug, reason in reasons.items() if reason}
        if refused:
            raise NotMapped(refused)
        for slug, choice in wanted.items():
            _write(tx, installation, slug, choice.chosen)
    if wanted:
        log.info("channels mapped", installation=installation.id, channels=sorted(wanted))
    return len(wanted)


def _reason(slug: str, choice: Choice, now: Mapping[str, int], ids: set[int], possible: set[str]) -> str:
    if now.get(slug, 0) != choice.seen:
        return "changed_meanwhile"
    if choice.chosen == 0:
        return ""
    if choice.chosen not in ids:
        return "no_connection"
    return "" if slug in possible else "no_channel"


def _write(tx: Tx, installation: Installation, slug: str, connection_id: int) -> None:
    if connection_id:
        connections.map_channel(tx, installation.id, slug or None, connection_id)
    else:
        connections.unmap_channel(tx, installation.id, slug or None)
