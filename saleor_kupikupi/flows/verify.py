"""Make sure that Saleor still holds a charge or refund that it took, and heal it where it does not.

Saleor takes no lock around a transaction's sums, so a stale write can undo a charge whose event stands. A report of the
type INFO makes Saleor add the events up anew. A healthy payment is only looked at: nothing is reported.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import Enum, auto
from functools import partial

import structlog

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.holdings import Holdings, Shortfall, shortfall
from saleor_kupikupi.domain.ladder import next_verification
from saleor_kupikupi.domain.money import roubles_text
from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.domain.wording import staff_text
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.place_order import place_forgotten_order
from saleor_kupikupi.flows.sealed import leave_installation
from saleor_kupikupi.saleor.reports import Denied
from saleor_kupikupi.store import installations, orders, reports, timeline, transfers, verifications
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.sealing import CannotUnseal
from saleor_kupikupi.store.verifications import Verification

log = structlog.get_logger()

RECALCULATIONS = 3  # in vain, before a person has to look
_DELIVERY = timedelta(minutes=1)  # looked at again then, or as soon as the report is delivered


class Verdict(Enum):
    """What a look at a charge in Saleor showed."""

    HELD = auto()
    SHORT = auto()
    UNANSWERED = auto()
    NOT_TOLD = auto()


def take_verifications(parts: Parts, limit: int) -> list[Callable[[], object]]:
    """Lease charges that are to be looked at; each piece is to be run once, right away, on any thread."""
    now, sealed = parts.now(), parts.memory.sealed_installations.keys()
    with parts.database.read() as tx:
        if not verifications.something_due(tx, now, sealed):
            return []
    with parts.database.write() as tx:
        waiting = verifications.take_due(tx, now, parts.limits.lease, limit, sealed)
    return [partial(_look_if_open, parts, each) for each in waiting]


def verify(parts: Parts, transfer: Transfer, deadline: Deadline) -> Verdict:
    """Look at a charge at once because a person wants to know; what was given up is tried anew."""
    with parts.database.write() as tx:
        found = verifications.take(tx, transfer.id, parts.now(), parts.limits.lease)
    return Verdict.NOT_TOLD if found is None else _look(parts, replace(found, tries=0), deadline)


def _look_if_open(parts: Parts, found: Verification) -> None:
    try:
        _look(parts, found, parts.deadline(parts.limits.worker_call))
    except CannotUnseal as error:
        with parts.database.write() as tx:
            leave_installation(parts, transfers.read(tx, found.transfer_id).installation_id, error)
            verifications.save(tx, found, parts.now())


def _look(parts: Parts, found: Verification, deadline: Deadline) -> Verdict:
    with parts.database.read() as tx:
        transfer = transfers.read(tx, found.transfer_id)
        installation = installations.by_id(tx, parts.vault, transfer.installation_id)
    if installation is None or installation.token is None:
        return _unanswered(parts, transfer, found, "the app is uninstalled")
    try:
        holdings = parts.saleor.holdings(installation, transfer.reference, deadline)
    except OutboundError as error:
        return _unanswered(parts, transfer, found, str(error))
    if isinstance(holdings, Denied):
        return _unanswered(parts, transfer, found, holdings.message)
    with parts.database.write() as tx:
        verdict = _judge(parts, tx, transfer, found, holdings)
    if verdict is Verdict.HELD and holdings is not None:
        place_forgotten_order(parts, installation, transfer, found, holdings, deadline)
    return verdict


def _unanswered(parts: Parts, transfer: Transfer, found: Verification, why: str) -> Verdict:
    log.warning("charge not verified", reference=transfer.reference, error=why)
    with parts.database.write() as tx:
        verifications.save(tx, found, next_verification(found.told_at, parts.now(), verified=False))
    return Verdict.UNANSWERED


def _judge(parts: Parts, tx: Tx, transfer: Transfer, found: Verification, holdings: Holdings | None) -> Verdict:
    missing = shortfall(holdings, reports.taken(tx, transfer.id))
    if missing is None:
        _held(parts, tx, transfer, found, holdings)
        return Verdict.HELD
    if reports.is_owed(tx, transfer.id):
        verifications.save(tx, found, parts.now() + _DELIVERY)
    elif missing is Shortfall.TRANSACTION or found.tries >= RECALCULATIONS:
        _lost(parts, tx, transfer, found)
    else:
        shown = "" if holdings is None else roubles_text(holdings.charged)
        log.error("charge short in Saleor", reference=transfer.reference, missing=missing, shown=shown)
        timeline.note(tx, transfer.id, parts.now(), "saleor", "CHARGE_SHORT", shown)
        _heal(parts, tx, transfer, found, missing)
    return Verdict.SHORT


def _held(parts: Parts, tx: Tx, transfer: Transfer, found: Verification, holdings: Holdings | None) -> None:
    now = parts.now()
    if found.verified_at is None and found.recalculations:
        log.warning("charge healed", reference=transfer.reference)
        timeline.note(tx, transfer.id, now, "saleor", "CHARGE_HEALED")
    if holdings and holdings.order and transfer.order_id is None:
        orders.placed(tx, transfer.id, *holdings.order)
    held = replace(found, verified_at=now, tries=0, lost_at=None)
    verifications.save(tx, held, next_verification(found.told_at, now, verified=True))


def _heal(parts: Parts, tx: Tx, transfer: Transfer, found: Verification, missing: Shortfall) -> None:
    """Owe Saleor what it lacks: the events again, or a report that carries nothing and makes it add them up."""
    number = found.recalculations + 1
    if missing is Shortfall.EVENTS:
        reports.send_again(tx, transfer.id, parts.now())
    else:
        text = staff_text("recalculate", parts.staff_language, transfer.is_test)
        owed = OwedReport(ReportType.INFO, identifiers.recalculate(transfer.reference, number), 0, text)
        reports.owe(tx, transfer, [owed], parts.now())
    tried = replace(found, verified_at=None, tries=found.tries + 1, recalculations=number)
    verifications.save(tx, tried, parts.now() + _DELIVERY)


def _lost(parts: Parts, tx: Tx, transfer: Transfer, found: Verification) -> None:
    now = parts.now()
    log.error("charge lost in Saleor", reference=transfer.reference)
    if found.lost_at is None:
        timeline.note(tx, transfer.id, now, "saleor", "CHARGE_LOST")
    lost = replace(found, verified_at=None, lost_at=found.lost_at or now)
    verifications.save(tx, lost, next_verification(found.told_at, now, verified=False))
