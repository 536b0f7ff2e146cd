"""Hears a notification: an unsigned claim that the buyer typed the code.

The claim is committed before it is answered, because on our `OK` the provider moves the points. What it says is not
believed: it only makes the worker ask `checkout`.
"""

from datetime import datetime

import structlog

from saleor_kupikupi.domain.connection import Ack, Connection
from saleor_kupikupi.domain.errors import NotAcknowledged, OutboundError, UnknownTransfer
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.transfer import Environment, State, Transfer
from saleor_kupikupi.flows.own_books import look_at_charges, paid_of
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.payer import credentials_of
from saleor_kupikupi.kupikupi.messages import read_notification
from saleor_kupikupi.kupikupi.outcomes import Notification
from saleor_kupikupi.saleor.debt import Debt
from saleor_kupikupi.saleor.reports import Denied
from saleor_kupikupi.store import cancels, claims, connections, due, installations, timeline, transfers

log = structlog.get_logger()


def hear(parts: Parts, key: str, raw: bytes, content_type: str) -> Ack:
    """Gives the form of the `OK` that the provider is to get, once the claim is committed.

    Raises MalformedMessage, UnknownTransfer and NotAcknowledged, upon which the points stay with the buyer.
    """
    with parts.database.read() as tx:
        address = connections.by_notification_key(tx, parts.vault, key)
    if address is None:
        raise UnknownTransfer("UNKNOWN_ADDRESS", "nothing is notified at this address")
    connection, environment = address
    notification = read_notification(raw, content_type)
    transfer = _transfer(parts, connection, environment, notification)
    if not transfer.may_be_acknowledged:
        raise _too_late(parts, transfer)
    if transfer.state is State.CONFIRMED:
        log.info("notified again", reference=transfer.reference)
        return connection.ack
    installation = _refuse_where_nobody_can_be_told(parts, transfer)
    asked_at = parts.now()
    if connection.guard:
        _guard(parts, transfer, installation)
    _claim(parts, transfer, notification, asked_at)
    return connection.ack


def _transfer(parts: Parts, connection: Connection, environment: Environment, notification: Notification) -> Transfer:
    with parts.database.read() as tx:
        transfer = transfers.of_connection(tx, connection, environment, notification.reference)
    used = transfer and credentials_of(parts, transfer)
    if not transfer or not used:
        log.warning("notified of an unknown transfer", connection=connection.id)
        raise UnknownTransfer("UNKNOWN_TRANSFER", "no such transfer was opened here")
    if notification.platform_uid is None:
        log.warning("notification without a platform", reference=transfer.reference)
    elif notification.platform_uid != used.platform_uid:
        log.warning("notification of another platform", reference=transfer.reference)
        raise UnknownTransfer("UNKNOWN_PLATFORM", "no such transfer was opened here")
    return transfer


def _too_late(parts: Parts, transfer: Transfer) -> NotAcknowledged:
    """Refuses, and has the truth asked for once: the provider may have moved the points all the same."""
    log.error("notified of a transfer that is over", reference=transfer.reference, state=transfer.state)
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), "kupikupi", "NOTIFIED_TOO_LATE")
        due.ask_again(tx, transfer.id, parts.now())
    return NotAcknowledged("TRANSFER_IS_OVER", "this transfer is over, the points stay with the buyer")


def _refuse_where_nobody_can_be_told(parts: Parts, transfer: Transfer) -> Installation:
    with parts.database.read() as tx:
        installation = installations.by_id(tx, parts.vault, transfer.installation_id)
    if installation is None or installation.token is None:
        raise _uninstalled(parts, transfer)
    return installation


def _guard(parts: Parts, transfer: Transfer, installation: Installation) -> None:
    """Ask Saleor and our own books whether the payment is still wanted.

    Silence of Saleor's counts as yes, unless our books hold a charge of the same checkout or order.
    """
    try:
        debt = parts.saleor.debt(installation, transfer.reference, parts.deadline(parts.limits.guard))
    except OutboundError as error:
        debt = None
        log.warning("guard not answered", reference=transfer.reference, error=str(error))
    if isinstance(debt, Denied):
        raise _uninstalled(parts, transfer)
    with parts.database.read() as tx:
        paid = paid_of(tx, transfer.installation_id, transfer.source_key, but_for=transfer.id)
    owed = _owed(debt, paid)
    if debt is not None and debt.owed_kopecks is not None and owed is not None and owed < debt.owed_kopecks:
        look_at_charges(parts, transfer.installation_id, transfer.source_key)
    if transfer.amount <= owed if owed is not None else not paid:
        return
    log.error("no longer owed", reference=transfer.reference, owed=owed, paid=paid)
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), "saleor", "NO_LONGER_OWED")
    raise NotAcknowledged("NO_LONGER_OWED", "the shop no longer expects this payment, the points stay with the buyer")


def _owed(debt: Debt | None, paid: int) -> int | None:
    """Tell how many kopecks are owed by the shop's books and by ours; None where it cannot be told."""
    if debt is None or (debt.found and not debt.canceled and debt.owed_kopecks is None):
        return None
    if not debt.found or debt.canceled or debt.owed_kopecks is None:
        return 0
    return debt.owed_kopecks if debt.total_kopecks is None else min(debt.owed_kopecks, debt.total_kopecks - paid)


def _uninstalled(parts: Parts, transfer: Transfer) -> NotAcknowledged:
    log.error("nobody to tell of a payment", reference=transfer.reference)
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), "saleor", "UNINSTALLED")
    return NotAcknowledged(
        "UNINSTALLED", "the shop has removed or switched off this app, the points stay with the buyer"
    )


def _claim(parts: Parts, transfer: Transfer, notification: Notification, asked_at: datetime) -> None:
    """Takes the claim; what Saleor said is of the moment at which it was asked, and others may have paid since."""
    with parts.database.write() as tx:
        current, now = transfers.lock(tx, transfer.id), parts.now()
        confirmed = current.state is State.CONFIRMED
        cancel_waits = not confirmed and bool(cancels.waiting(tx, transfer.id))
        free = current.may_be_acknowledged and not cancel_waits
        claimed = confirmed or (free and claims.claim(tx, current, notification.status, now, now, asked_at))
        refused = "CANCEL_WAITS" if cancel_waits else "CLAIM_REFUSED"
        timeline.note(tx, transfer.id, now, "kupikupi", "CLAIMED" if claimed else refused, notification.status)
    if not claimed:
        log.error("claim refused", reference=transfer.reference, state=current.state, cancel_waits=cancel_waits)
        raise _refusal(cancel_waits)
    log.info("claimed", reference=transfer.reference, status=notification.status)


def _refusal(cancel_waits: bool) -> NotAcknowledged:
    if cancel_waits:
        return NotAcknowledged("CANCEL_WAITS", "the shop has asked to cancel this payment")
    return NotAcknowledged("PAYMENT_IN_PROGRESS", "another payment of the same order is being confirmed")
