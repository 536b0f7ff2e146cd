"""Hears a notification: an unsigned claim that the buyer typed the code.

The claim is committed before it is answered, because on our `OK` the provider moves the points. What it says is not
believed: it only makes the worker ask `checkout`.
"""

from datetime import datetime

import structlog

from saleor_kupikupi.domain.connection import Ack, Connection
from saleor_kupikupi.domain.errors import NotAcknowledged, OutboundError, UnknownTransfer
from saleor_kupikupi.domain.transfer import Environment, State, Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.payer import credentials_of
from saleor_kupikupi.kupikupi.messages import read_notification
from saleor_kupikupi.kupikupi.outcomes import Notification
from saleor_kupikupi.store import claims, connections, due, installations, timeline, transfers

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
    asked_at = parts.now()
    if connection.guard:
        _guard(parts, transfer)
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


def _guard(parts: Parts, transfer: Transfer) -> None:
    """Asks Saleor whether the payment is still wanted; no answer in time counts as yes."""
    with parts.database.read() as tx:
        installation = installations.by_id(tx, parts.vault, transfer.installation_id)
    if installation is None or installation.token is None:
        return
    try:
        debt = parts.saleor.debt(installation, transfer.reference, parts.deadline(parts.limits.guard))
    except OutboundError as error:
        log.warning("guard not answered", reference=transfer.reference, error=str(error))
        return
    if debt.owed_kopecks is None and debt.found and not debt.canceled:
        log.warning("guard not answered", reference=transfer.reference, error="what is owed cannot be told")
        return
    if debt.found and not debt.canceled and (debt.owed_kopecks or 0) >= transfer.amount:
        return
    log.error("no longer owed", reference=transfer.reference, found=debt.found, owed=debt.owed_kopecks)
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), "saleor", "NO_LONGER_OWED")
    raise NotAcknowledged("NO_LONGER_OWED", "the shop no longer expects this payment, the points stay with the buyer")


def _claim(parts: Parts, transfer: Transfer, notification: Notification, asked_at: datetime) -> None:
    """Takes the claim; what Saleor said is of the moment at which it was asked, and others may have paid since."""
    with parts.database.write() as tx:
        current, now = transfers.lock(tx, transfer.id), parts.now()
        confirmed = current.state is State.CONFIRMED
        claimed = confirmed or (
            current.may_be_acknowledged and claims.claim(tx, current, notification.status, now, now, asked_at)
        )
        timeline.note(
            tx, transfer.id, parts.now(), "kupikupi", "CLAIMED" if claimed else "CLAIM_REFUSED", notification.status
        )
    if not claimed:
        log.error("claim refused", reference=transfer.reference, state=current.state)
        raise NotAcknowledged("PAYMENT_IN_PROGRESS", "another payment of the same order is being confirmed")
    log.info("claimed", reference=transfer.reference, status=notification.status)
