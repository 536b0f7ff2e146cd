"""Finds the orders that paid checkouts have become, and notices what was paid twice on the way.

Saleor does not tell a payment app of an order, so it is asked, a few times within a day of the payment.
"""

from dataclasses import replace

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.ladder import next_order_look
from saleor_kupikupi.domain.problems import double_payment
from saleor_kupikupi.domain.reports import ReportType
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor.placement import Placement
from saleor_kupikupi.store import orders, pages, problems
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.orders import Paid

log = structlog.get_logger()

AT_A_TIME = 200


def find_orders(parts: Parts, installation: Installation, deadline: Deadline) -> None:
    """Asks for the orders that are to be asked for now; the rest waits when Saleor does not answer, or time is up."""
    with parts.database.read() as tx:
        waiting = orders.due(tx, installation.id, parts.now(), AT_A_TIME)
    withdrawn = [paid.transfer for paid in waiting if paid.transfer.withdrawn]  # that needs no word of Saleor's
    if withdrawn:
        with parts.database.write() as tx:
            for transfer in withdrawn:
                _doubt(parts, tx, transfer)
    for paid in waiting:
        if deadline.remaining() <= 0 or not _look(parts, installation, paid, deadline):
            return


def find_order(parts: Parts, installation: Installation, transfer: Transfer, deadline: Deadline) -> Transfer:
    """Gives one transfer with its order, asked for where it is paid and not known yet; no answer changes nothing."""
    if transfer.state is not State.CONFIRMED or transfer.order_id is not None:
        return transfer
    try:
        order = parts.saleor.placement(installation, transfer.reference, deadline).order
    except OutboundError as error:
        log.warning("order not asked for", reference=transfer.reference, error=str(error))
        return transfer
    if order is None:
        return transfer
    with parts.database.write() as tx:
        orders.placed(tx, transfer.id, order.id, order.number)
    log.info("order found", reference=transfer.reference, order=order.number)
    return replace(transfer, order_id=order.id, order_number=order.number)


def _look(parts: Parts, installation: Installation, paid: Paid, deadline: Deadline) -> bool:
    transfer = paid.transfer
    try:
        placement = parts.saleor.placement(installation, transfer.reference, deadline)
    except OutboundError as error:
        log.warning("order not asked for", reference=transfer.reference, error=str(error))
        return False
    with parts.database.write() as tx:
        _write_down(parts, tx, paid, placement)
    return True


def _write_down(parts: Parts, tx: Tx, paid: Paid, placement: Placement) -> None:
    transfer, now = paid.transfer, parts.now()
    if placement.order is not None:
        orders.placed(tx, transfer.id, placement.order.id, placement.order.number)
        log.info("order found", reference=transfer.reference, order=placement.order.number)
    done = placement.order is not None and _is_told(tx, transfer)
    orders.look_again(tx, transfer.id, None if done else next_order_look(paid.confirmed_at, now))
    if placement.overcharged:
        good = [
            each
            for each in orders.confirmed_of(tx, transfer.installation_id, transfer.source_key)
            if not each.withdrawn
        ]
        for extra in good[1:]:
            _doubt(parts, tx, extra)


def _is_told(tx: Tx, transfer: Transfer) -> bool:
    """Whether Saleor knows of the charge: before that it cannot say what was paid twice."""
    charges = [each for each in pages.reports_of(tx, transfer.id) if each.report.type is ReportType.CHARGE_SUCCESS]
    return all(each.state != "owed" for each in charges)


def _doubt(parts: Parts, tx: Tx, transfer: Transfer) -> None:
    """Says once, and never again, that this may be a second payment: a person's word ends it for good."""
    finding = double_payment(transfer.reference, withdrawn=transfer.withdrawn)
    if problems.was_said(tx, transfer.installation_id, finding.key):
        return
    problems.say(tx, transfer.installation_id, finding.key, finding.text(parts.staff_language), parts.now())
    log.error("possible double payment", reference=transfer.reference)
