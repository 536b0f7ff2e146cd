"""Gathers what staff should know of transfers: lists of them, and everything about one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.domain.trouble import Trouble, own_troubles
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import connections, due, installations, pages, timeline, transfers, trouble
from saleor_kupikupi.store.pages import ListedReport, Page, Wanted
from saleor_kupikupi.store.timeline import Entry

EXPORTED_AT_A_TIME = 1000


@dataclass(frozen=True, slots=True)
class Row:
    """A transfer in a list, and what is wrong with it."""

    transfer: Transfer
    troubles: tuple[Trouble, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything about one transfer; `waits` is until when all reports to its Saleor wait, and why."""

    transfer: Transfer
    troubles: tuple[Trouble, ...]
    story: list[Entry]
    reports: list[ListedReport]
    connection: Connection | None
    next_look: datetime | None
    waits: tuple[datetime, str] | None


def look_through(
    parts: Parts, wanted: Wanted, *, before_id: int | None, after_id: int | None, limit: int
) -> tuple[list[Row], Page]:
    """Gives a page of a list, with what is wrong with each transfer."""
    with parts.database.read() as tx:
        page = pages.transfers_around(tx, wanted, before_id=before_id, after_id=after_id, limit=limit)
        towards_saleor = trouble.towards_saleor(tx, [each.id for each in page.transfers], parts.now())
    rows = [Row(each, (*own_troubles(each, parts.now()), *towards_saleor.get(each.id, ()))) for each in page.transfers]
    return rows, page


def every_one(parts: Parts, wanted: Wanted) -> Iterator[list[Transfer]]:
    """Gives a whole list, newest first, some at a time; the database is let go of in between."""
    before_id: int | None = None
    while True:
        with parts.database.read() as tx:
            found = pages.transfers_page(tx, wanted, before_id=before_id, limit=EXPORTED_AT_A_TIME)
        if found:
            yield found
        if len(found) < EXPORTED_AT_A_TIME:
            return
        before_id = found[-1].id


def find(parts: Parts, installation_id: int, name: str) -> Transfer | None:
    """Finds an installation's transfer by its reference or by our own id."""
    with parts.database.read() as tx:
        if name.isascii() and name.isdigit() and len(name) < 19:
            return transfers.of_installation(tx, installation_id, int(name))
        return transfers.find(tx, installation_id, name)


def look_up(parts: Parts, transfer: Transfer) -> Case:
    """Gathers everything about a transfer, as it is now."""
    with parts.database.read() as tx:
        current = transfers.known(tx, transfer.installation_id, transfer.reference)
        towards_saleor = trouble.towards_saleor(tx, [current.id], parts.now())
        return Case(
            transfer=current,
            troubles=(*own_troubles(current, parts.now()), *towards_saleor.get(current.id, ())),
            story=timeline.of(tx, current.id),
            reports=pages.reports_of(tx, current.id),
            connection=None if current.connection_id is None else connections.by_id(tx, current.connection_id),
            next_look=due.next_look(tx, current.id),
            waits=installations.suspension_of(tx, current.installation_id, parts.now()),
        )
