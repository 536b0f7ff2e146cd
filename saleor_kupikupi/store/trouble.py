"""Which transfers are in trouble, as conditions that an index answers. What trouble is, the domain says."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, literal_column, or_, select

from saleor_kupikupi.domain.trouble import LATE_AFTER, UNKNOWN_AFTER, Trouble, report_trouble
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.side_tables import verifications
from saleor_kupikupi.store.tables import DEAD, DOUBLE, OWED, STALE, UNDECIDED, reports, transfers

_its = reports.c
_theirs = transfers.c
_looks = verifications.c
_UNDELIVERED = (
    select(_its.transfer_id, _its.state, _its.owed_since)
    .where(_its.transfer_id.in_(bindparam("ids", expanding=True)), or_(OWED, DEAD))
    .order_by(_its.id)
)

_LOST = select(_looks.transfer_id).where(
    _looks.transfer_id.in_(bindparam("ids", expanding=True)), _looks.lost_at.is_not(None)
)


def is_lost() -> ColumnElement[bool]:
    """Tell whether Saleor took the transfer's charge and does not show it any more."""
    return exists().where(_looks.transfer_id == _theirs.id, _looks.lost_at.is_not(None))


def of_itself(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Lists the conditions that a transfer's own row answers, each with an index of its own."""
    requested = _theirs.state == literal_column("'REQUESTED'")
    return (STALE, DOUBLE, and_(requested, UNDECIDED, _theirs.created_at <= at - UNKNOWN_AFTER))


def of_reports(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Lists the conditions that a transfer's report answers: dead, and long owed."""
    return (DEAD, and_(OWED, _its.owed_since <= at - LATE_AFTER))


def in_trouble(at: datetime) -> ColumnElement[bool]:
    """Asks about one row at a time, where something else has found it."""
    of_its_reports = exists().where(_its.transfer_id == _theirs.id, or_(*of_reports(at)))
    return or_(*of_itself(at), of_its_reports, is_lost())


def ways(at: datetime, installation_id: int | None) -> list[Select[*tuple[Any, ...]]]:
    """Lists the queries that find transfers in trouble, each by an index of its own, to be narrowed down further."""
    own = [select(_theirs.id).where(condition, *of_shop(installation_id)) for condition in of_itself(at)]
    over = select(_its.transfer_id.label("id")).join(transfers, _theirs.id == _its.transfer_id).distinct()
    if installation_id is not None:
        over = over.where(_its.installation_id == installation_id)
    lost = select(_looks.transfer_id.label("id")).join(transfers, _theirs.id == _looks.transfer_id)
    lost = lost.where(_looks.lost_at.is_not(None))
    if installation_id is not None:
        lost = lost.where(_looks.installation_id == installation_id)
    return [*own, *(over.where(condition) for condition in of_reports(at)), lost]


def of_shop(installation_id: int | None) -> list[ColumnElement[bool]]:
    """Keeps the transfers of an installation, in words that no planner takes for a way to find them."""
    return [] if installation_id is None else [_theirs.installation_id + 0 == installation_id]


def towards_saleor(tx: Tx, ids: Sequence[int], now: datetime) -> dict[int, list[Trouble]]:
    """Tell what is wrong with the charges and the reports of a few transfers, by the transfer's id."""
    found = {row.transfer_id: [Trouble.LOST] for row in tx.execute(_LOST, {"ids": list(ids)})}
    for row in tx.execute(_UNDELIVERED, {"ids": list(ids)}):
        trouble = report_trouble(row.state, row.owed_since, now)
        if trouble is not None and trouble not in found.setdefault(row.transfer_id, []):
            found[row.transfer_id].append(trouble)
    return found
