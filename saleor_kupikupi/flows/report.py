"""Tells Saleor what it is owed, again and again until Saleor has it or says that it never will."""

from datetime import timedelta

import structlog

from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.ladder import VERIFICATION_LOOKS, next_delivery
from saleor_kupikupi.domain.reports import ReportType
from saleor_kupikupi.flows.dashboard import event_link
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor.reports import Delivered, Denied, Refused
from saleor_kupikupi.store import installations, reports, timeline, transfers, verifications
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.reports import DueReport

log = structlog.get_logger()

# Saleor will never change its mind about these, so a person has to look.
_DEAD = frozenset({"INCORRECT_DETAILS", "NOT_FOUND", "INVALID"})
SUSPENSION = timedelta(days=1)
_WARN_AFTER = timedelta(hours=1)


def deliver(parts: Parts, due: DueReport) -> None:
    """Sends one owed report, leased by the caller, and writes down what came of it."""
    try:
        outcome = _send(parts, due)
    except OutboundError as error:
        _later(parts, due, str(error))
        return
    if isinstance(outcome, Delivered):
        _delivered(parts, due, outcome)
    elif isinstance(outcome, Denied):
        with parts.database.write() as tx:
            installations.suspend_reports(tx, due.installation.id, parts.now() + SUSPENSION, outcome.message)
        _later(parts, due, outcome.message)
    else:
        give_up = _dead if outcome.code in _DEAD else _later
        give_up(parts, due, f"{outcome.code}: {outcome.message}")


def _send(parts: Parts, due: DueReport) -> Delivered | Refused | Denied:
    deadline = parts.deadline(parts.limits.worker_call)
    with parts.database.read() as tx:
        link = event_link(tx, due.installation, transfers.read(tx, due.transfer_id))
    return parts.saleor.report(due.installation, due.reference, due.report, parts.now(), deadline, link)


def _delivered(parts: Parts, due: DueReport, outcome: Delivered) -> None:
    with parts.database.write() as tx:
        if not reports.delivered(tx, due.id, parts.now(), due.lease):
            _tell_too_late(due)
            return
        _verify_soon(parts, tx, due)
        installations.resume_reports(tx, due.installation.id)
        timeline.note(tx, due.transfer_id, parts.now(), "saleor", "REPORTED", due.report.type)
    log.info("reported", reference=due.reference, type=due.report.type, already=outcome.already)


def _verify_soon(parts: Parts, tx: Tx, due: DueReport) -> None:
    """Have Saleor looked at: it may lose a charge or refund that it took, and any further report may bring it back."""
    first = parts.now() + VERIFICATION_LOOKS[0]
    if due.report.type in (ReportType.CHARGE_SUCCESS, ReportType.REFUND_SUCCESS):
        verifications.begin(tx, due.transfer_id, due.installation.id, parts.now(), first)
    else:
        verifications.look_sooner(tx, due.transfer_id, first)


def _later(parts: Parts, due: DueReport, error: str) -> None:
    now = parts.now()
    due_at = next_delivery(due.owed_since, due.attempts + 1, now)
    if due_at is None:
        _dead(parts, due, f"not delivered for thirty days; last: {error}")
        return
    with parts.database.write() as tx:
        if not reports.retry(tx, due.id, due_at, error, due.lease):
            _tell_too_late(due)
            return
    tell = log.error if now - due.owed_since >= _WARN_AFTER else log.warning
    tell("not reported", reference=due.reference, type=due.report.type, attempts=due.attempts + 1, error=error)


def _dead(parts: Parts, due: DueReport, error: str) -> None:
    with parts.database.write() as tx:
        if not reports.dead(tx, due.id, error, due.lease):
            _tell_too_late(due)
            return
        timeline.note(tx, due.transfer_id, parts.now(), "saleor", "REPORT_DEAD", error)
    log.error("report is dead", reference=due.reference, type=due.report.type, error=error)


def _tell_too_late(due: DueReport) -> None:
    """Saleor's answer came after the lease had run out: whoever has the report now hears of it from Saleor."""
    log.warning("report is another's by now", reference=due.reference, type=due.report.type)
