"""What Saleor is owed: written with the state it tells of, taken under a lease, tried until it is delivered or dead.

Saleor takes no lock around the sums of a transaction, so the reports of one transfer go out one after the other, in the
order in which they became owed, and wait a moment while the answer to a session webhook is on its way.
"""

import zlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, literal_column, not_, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import Environment, Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.installations import INSTALLATION, TokenSealed, installation_of
from saleor_kupikupi.store.sealing import CannotUnseal, Vault
from saleor_kupikupi.store.tables import DEAD, OWED, installations, reports, transfers

PATIENCE = timedelta(seconds=2)
"""How long a due report waits for the answer to a session webhook of the same transaction at most."""

_its = reports.c
_earlier = reports.alias("earlier")
_OWE = insert(reports).on_conflict_do_nothing(index_elements=[_its.transfer_id, _its.type, _its.psp_reference])
_FREE = or_(_its.leased_until.is_(None), _its.leased_until <= bindparam("now"))
_EARLIER_IS_OWED = exists().where(
    _earlier.c.transfer_id == _its.transfer_id,
    _earlier.c.id < _its.id,
    _earlier.c.state == literal_column("'owed'"),
)
_IS_HELD = exists().where(
    transfers.c.id == _its.transfer_id,
    transfers.c.reports_held_until > bindparam("now"),
    _its.due_at > bindparam("patience_ends"),
)
_IS_DUE = (OWED, _its.due_at <= bindparam("now"), _FREE, not_(_EARLIER_IS_OWED), not_(_IS_HELD))
_WITH_DUE = select(*INSTALLATION).where(
    installations.c.token_sealed.is_not(None),
    installations.c.id.not_in(bindparam("passed_over", expanding=True)),
    or_(
        installations.c.reports_suspended_until.is_(None),
        installations.c.reports_suspended_until <= bindparam("now"),
    ),
    exists().where(_its.installation_id == installations.c.id, *_IS_DUE),
)
_PICKED = (
    select(_its.id)
    .where(_its.installation_id == bindparam("installation"), *_IS_DUE)
    .order_by(_its.due_at)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
    .cte("picked")
)
_TAKE = (
    update(reports)
    .where(_its.id.in_(select(_PICKED.c.id)))
    .values(leased_until=bindparam("until"), lease_owner=bindparam("owner"))
    .returning(reports)
)
_TRANSFER = select(transfers.c.reference, transfers.c.environment).where(transfers.c.id == bindparam("id"))
_DELIVERED_ALREADY = _its.state == "delivered"
_THIS = update(reports).where(_its.id == bindparam("this"), OWED)
_MINE = _THIS.where(_its.lease_owner.is_not_distinct_from(bindparam("mine")))
_DELIVERED = _MINE.values(state="delivered", delivered_at=bindparam("at"), leased_until=None, lease_owner=None)
_FREE_SLOT = (
    update(transfers)
    .where(
        transfers.c.id
        == select(_its.transfer_id)
        .where(_its.id == bindparam("this"), _its.type == ReportType.CHARGE_SUCCESS.value)
        .scalar_subquery()
    )
    .values(claim_slot=None)
)
_HOLD = update(transfers).where(transfers.c.id == bindparam("this")).values(reports_held_until=bindparam("until"))
_OF_TRANSFER_OWED = select(_its.id).where(_its.transfer_id == bindparam("this"), OWED).limit(1)
_TAKEN = select(reports).where(_its.transfer_id == bindparam("this"), _DELIVERED_ALREADY).order_by(_its.id)
_RETRY = _MINE.values(
    attempts=_its.attempts + 1,
    due_at=bindparam("due"),
    last_error=bindparam("why"),
    leased_until=None,
    lease_owner=None,
)
_DEAD = _MINE.values(
    attempts=_its.attempts + 1, state="dead", last_error=bindparam("why"), leased_until=None, lease_owner=None
)
_OWED_ANEW = update(reports).values(state="owed", attempts=0, due_at=bindparam("at"), owed_since=bindparam("at"))
_SEND_AGAIN = _OWED_ANEW.where(
    _its.transfer_id == bindparam("this"), _DELIVERED_ALREADY, _its.type.in_(("CHARGE_SUCCESS", "REFUND_SUCCESS"))
)
_AFRESH = _OWED_ANEW.where(or_(OWED, DEAD))
_AFRESH_ONE = _AFRESH.where(_its.id == bindparam("this"))
_AFRESH_OF_TRANSFER = _AFRESH.where(_its.transfer_id == bindparam("this"))
_UNDELIVERED = select(func.count()).select_from(reports)


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report that is now this worker's to deliver, as long as `lease` is the row's."""

    id: int
    transfer_id: int
    installation: Installation
    reference: Reference
    report: OwedReport
    owed_since: datetime
    attempts: int
    is_test: bool
    lease: str


def owe(tx: Tx, transfer: Transfer, owed: Sequence[OwedReport], at: datetime) -> None:
    """Writes down what Saleor must be told, due now; what is owed or was told already is left alone."""
    if not owed:
        return
    same = {
        "transfer_id": transfer.id,
        "installation_id": transfer.installation_id,
        "state": "owed",
        "owed_since": at,
        "due_at": at,
        "attempts": 0,
        "last_error": "",
    }
    tx.execute(
        _OWE,
        [
            {
                "type": one.type.value,
                "psp_reference": one.psp_reference,
                "amount": one.amount,
                "message": one.message,
                "actions": None if one.actions is None else " ".join(one.actions),
            }
            | same
            for one in owed
        ],
    )


def something_due(tx: Tx, now: datetime, passing_over: Collection[int] = ()) -> bool:
    """Tells whether `take_due` would take anything: a read, which waits for nobody."""
    return tx.execute(_WITH_DUE, {**_at(now), "passed_over": passing_over}).first() is not None


def take_due(
    tx: Tx,
    vault: Vault,
    owner: str,
    now: datetime,
    lease_seconds: float,
    limit: int,
    passing_over: Collection[int] = (),
) -> list[DueReport]:
    """Leases up to `limit` due reports, of one installation the longest due first.

    Passes over installations that have no token or whose reports are suspended, and those named; where several have
    something due, the owner's name decides who comes first, so that no Saleor waits behind another that hangs. Of one
    transfer it takes the earliest report that is owed and no other. Raises TokenSealed.
    """
    until = now + timedelta(seconds=lease_seconds)
    taken: list[DueReport] = []
    rows = tx.execute(_WITH_DUE, {**_at(now), "passed_over": passing_over}).all()
    first = zlib.crc32(owner.encode()) % len(rows) if rows else 0
    for row in [*rows[first:], *rows[:first]]:
        try:
            installation = installation_of(row, vault)
        except CannotUnseal as error:
            raise TokenSealed(row.id, error) from error
        room = limit - len(taken)
        wanted = {"installation": installation.id, "until": until, "owner": owner, "limit": room, **_at(now)}
        due = sorted(tx.execute(_TAKE, wanted), key=lambda one: (one.due_at, one.id))
        taken.extend(_due_report(tx, one, installation) for one in due)
    return taken


def hold(tx: Tx, transfer_id: int, until: datetime) -> None:
    """Lets a transfer's reports wait until a moment, but no longer than PATIENCE after they are due."""
    tx.execute(_HOLD, {"this": transfer_id, "until": until})


def is_owed(tx: Tx, transfer_id: int) -> bool:
    """Tells whether Saleor is still to be told something about a transfer."""
    return tx.execute(_OF_TRANSFER_OWED, {"this": transfer_id}).first() is not None


def taken(tx: Tx, transfer_id: int) -> list[OwedReport]:
    """List what Saleor took of a transfer."""
    return [owed_of(row) for row in tx.execute(_TAKEN, {"this": transfer_id})]


def send_again(tx: Tx, transfer_id: int, at: datetime) -> None:
    """Owe Saleor the charge and the refunds anew that it took and has lost."""
    tx.execute(_SEND_AGAIN, {"this": transfer_id, "at": at})


def delivered(tx: Tx, report_id: int, at: datetime, lease: str | None = None) -> bool:
    """Notes that Saleor knows; the delivery of a success lets the checkout or order be paid for anew.

    False where the report is owed no more or another's by now, as of `retry` and `dead`: then nothing is noted.
    """
    if tx.execute(_DELIVERED, {"this": report_id, "mine": lease, "at": at}).rowcount == 0:
        return False
    tx.execute(_FREE_SLOT, {"this": report_id})
    return True


def retry(tx: Tx, report_id: int, due_at: datetime, error: str, lease: str | None = None) -> bool:
    """Notes a failure and tries again later."""
    return tx.execute(_RETRY, {"this": report_id, "mine": lease, "due": due_at, "why": error}).rowcount == 1


def dead(tx: Tx, report_id: int, error: str, lease: str | None = None) -> bool:
    """Gives up, visibly, until a person or a new registration lets it be sent again."""
    return tx.execute(_DEAD, {"this": report_id, "mine": lease, "why": error}).rowcount == 1


def resend(tx: Tx, report_id: int, at: datetime) -> int:
    """Makes one undelivered report due now and lets it be tried afresh; tells how many that were."""
    return tx.execute(_AFRESH_ONE, {"this": report_id, "at": at}).rowcount


def resend_of(tx: Tx, transfer_id: int, at: datetime) -> int:
    """Makes a transfer's undelivered reports due now and lets them be tried afresh; tells how many that were."""
    return tx.execute(_AFRESH_OF_TRANSFER, {"this": transfer_id, "at": at}).rowcount


def undelivered_count(tx: Tx) -> int:
    """Counts what Saleor should know and does not: owed and dead."""
    return sum(tx.execute(_UNDELIVERED.where(one)).scalar_one() for one in (OWED, DEAD))


def owed_of(row: Row[*tuple[Any, ...]]) -> OwedReport:
    """Makes what is owed of a row of the table."""
    actions = None if row.actions is None else tuple(row.actions.split())
    return OwedReport(ReportType(row.type), row.psp_reference, row.amount, row.message, actions)


def _at(now: datetime) -> dict[str, datetime]:
    return {"now": now, "patience_ends": now - PATIENCE}


def _due_report(tx: Tx, row: Row[*tuple[Any, ...]], installation: Installation) -> DueReport:
    transfer = tx.execute(_TRANSFER, {"id": row.transfer_id}).one()
    report = owed_of(row)
    return DueReport(
        row.id,
        row.transfer_id,
        installation,
        Reference(transfer.reference),
        report,
        row.owed_since,
        row.attempts,
        transfer.environment == Environment.TEST,
        row.lease_owner,
    )
