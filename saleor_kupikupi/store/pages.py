"""Lists for people, newest first, a page at a time: the next page starts below the last id of this one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, asc, desc, select, union

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.reports import OwedReport
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.store import trouble
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.reports import owed_of
from saleor_kupikupi.store.rows import TRANSFER, transfer_of
from saleor_kupikupi.store.tables import reports, transfers

_theirs = transfers.c
_its = reports.c
_SOUGHT = (
    _theirs.reference,
    _theirs.source_id,
    _theirs.source_key,
    _theirs.payment_id,
    _theirs.order_id,
    _theirs.order_number,
    _theirs.phone_last4,
)
_REPORTS = select(reports, _theirs.reference).join(transfers, _its.transfer_id == _theirs.id).order_by(_its.id.desc())


@dataclass(frozen=True, slots=True)
class ListedReport:
    """A report as people see it in a list; `state` is owed, delivered or dead."""

    id: int
    transfer_id: int
    installation_id: int
    reference: Reference
    report: OwedReport
    state: str
    owed_since: datetime
    due_at: datetime
    attempts: int
    last_error: str
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which transfers a list is about.

    `trouble_at` keeps those that somebody should look at, as things are at that moment. `search` is a whole reference,
    source id, payment id, order id or number, or the last four digits of a phone.
    """

    installation_id: int | None = None
    state: State | None = None
    trouble_at: datetime | None = None
    search: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Some transfers, newest first, and the ids that the next pages end above and begin below, where there are any."""

    transfers: list[Transfer]
    newer_than: int | None = None
    older_than: int | None = None


def transfers_page(
    tx: Tx,
    wanted: Wanted,
    *,
    before_id: int | None = None,
    after_id: int | None = None,
    limit: int = 50,
) -> list[Transfer]:
    """Lists the newest transfers, or those right below an id; with `after_id` those right above it, newest first too.

    However many rows there are, each way to a transfer is walked in the order of an index and left after `limit` rows.
    """
    ordered = desc if after_id is None else asc
    within = _bounds(_theirs.id, before_id, after_id) + _plain(wanted)
    ways = [
        way.order_by(ordered(way.selected_columns.id)).limit(limit).subquery()
        for way in _ways(wanted, before_id, after_id)
    ]
    narrowed = [_theirs.id.in_(union(*(select(way.c.id) for way in ways)))] if ways else within
    query = select(*TRANSFER).where(*narrowed).order_by(ordered(_theirs.id)).limit(limit)
    found = [transfer_of(row) for row in tx.execute(query)]
    return found if after_id is None else found[::-1]


def transfers_around(
    tx: Tx, wanted: Wanted, *, before_id: int | None = None, after_id: int | None = None, limit: int = 50
) -> Page:
    """Gives one page of a list with the ways on; whoever goes up to the newest sees a full first page."""
    found = transfers_page(tx, wanted, before_id=before_id, after_id=after_id, limit=limit + 1)
    if after_id is not None and len(found) <= limit:
        return transfers_around(tx, wanted, limit=limit)
    shown = found[:limit] if after_id is None else found[-limit:]
    if not shown:
        return Page([])
    older = after_id is not None or len(found) > limit
    newer = transfers_page(tx, wanted, after_id=shown[0].id, limit=1) if before_id or after_id else []
    return Page(shown, shown[0].id if newer else None, shown[-1].id if older else None)


def _ways(wanted: Wanted, before_id: int | None, after_id: int | None) -> list[Select[*tuple[Any, ...]]]:
    """Lists the queries that find what is searched for or in trouble, an index for each; none where all is wanted.

    A planner without statistics takes the index of the installation or of the state for any of them, since it gives
    the order, and then reads every row: so those two are hidden from it, and so are the ids where few rows are left.
    """
    state = [] if wanted.state is None else [_theirs.state.concat("") == wanted.state.value]
    if wanted.search is not None:
        within = _bounds(_theirs.id, before_id, after_id) + trouble.of_shop(wanted.installation_id) + state
        if wanted.trouble_at is not None:
            within.append(trouble.in_trouble(wanted.trouble_at))
        return [select(_theirs.id).where(column == wanted.search, *within) for column in _SOUGHT]
    if wanted.trouble_at is not None:
        within = _bounds(_theirs.id + 0, before_id, after_id) + state
        return [way.where(*within) for way in trouble.ways(wanted.trouble_at, wanted.installation_id)]
    return []


def _plain(wanted: Wanted) -> list[ColumnElement[bool]]:
    plain: list[ColumnElement[bool]] = []
    if wanted.installation_id is not None:
        plain.append(_theirs.installation_id == wanted.installation_id)
    if wanted.state is not None:
        plain.append(_theirs.state == wanted.state.value)
    return plain


def _bounds(ids: ColumnElement[int], before_id: int | None, after_id: int | None) -> list[ColumnElement[bool]]:
    bounds = []
    if before_id is not None:
        bounds.append(ids < before_id)
    if after_id is not None:
        bounds.append(ids > after_id)
    return bounds


def reports_page(
    tx: Tx,
    *,
    installation_id: int | None = None,
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[ListedReport]:
    """Lists reports."""
    query = _REPORTS.limit(limit)
    if installation_id is not None:
        query = query.where(_its.installation_id == installation_id)
    if state is not None:
        query = query.where(_its.state == state)
    if before_id is not None:
        query = query.where(_its.id < before_id)
    return _listed(tx, query)


def reports_of(tx: Tx, transfer_id: int) -> list[ListedReport]:
    """Lists all reports of a transfer."""
    return _listed(tx, _REPORTS.where(_its.transfer_id == transfer_id))


def _listed(tx: Tx, query: Select[*tuple[Any, ...]]) -> list[ListedReport]:
    return [_report(row) for row in tx.execute(query)]


def _report(row: Row[*tuple[Any, ...]]) -> ListedReport:
    return ListedReport(
        row.id,
        row.transfer_id,
        row.installation_id,
        Reference(row.reference),
        owed_of(row),
        row.state,
        row.owed_since,
        row.due_at,
        row.attempts,
        row.last_error,
        row.delivered_at,
    )
