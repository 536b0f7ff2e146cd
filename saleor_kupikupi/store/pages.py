"""Lists for people, newest first, a page at a time: the next page starts below the last id of this one."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, union

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.reports import OwedReport
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.reports import owed_of
from saleor_kupikupi.store.rows import TRANSFER, transfer_of
from saleor_kupikupi.store.tables import DEAD, STALE, reports, transfers

_theirs = transfers.c
_its = reports.c
_TRANSFERS = select(*TRANSFER).order_by(_theirs.id.desc())
_MATCHING = union(
    *(
        select(_theirs.id).where(column == bindparam("search"))
        for column in (
            _theirs.reference,
            _theirs.source_id,
            _theirs.source_key,
            _theirs.payment_id,
            _theirs.order_id,
            _theirs.order_number,
            _theirs.phone_last4,
        )
    )
)
_IN_TROUBLE = union(select(_theirs.id).where(STALE), select(_its.transfer_id).where(DEAD))
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


def transfers_page(
    tx: Tx,
    *,
    installation_id: int | None = None,
    state: State | None = None,
    in_trouble: bool = False,
    search: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Transfer]:
    """Lists transfers.

    `in_trouble` keeps those that somebody should look at: stale ones and those with a dead report. `search` is a whole
    reference, source id, payment id, order number or the last four digits of a phone.
    """
    query = _TRANSFERS.limit(limit)
    if installation_id is not None:
        query = query.where(_theirs.installation_id == installation_id)
    if state is not None:
        query = query.where(_theirs.state == state.value)
    if in_trouble:
        query = query.where(_theirs.id.in_(_IN_TROUBLE))
    if search is not None:
        query = query.where(_theirs.id.in_(_MATCHING))
    if before_id is not None:
        query = query.where(_theirs.id < before_id)
    return [transfer_of(row) for row in tx.execute(query, {"search": search})]


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
