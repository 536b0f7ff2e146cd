"""Place the order of a paid checkout that Saleor 3.21 forgot.

That version queues the completion of a paid checkout within the database transaction that makes it paid. Its worker may
look before that is committed, finds nothing paid and never tries again. Newer versions try again by themselves.
"""

from datetime import timedelta

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.holdings import Holdings
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.transfer import SourceKind, Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor.reports import Delivered
from saleor_kupikupi.store import connections, timeline
from saleor_kupikupi.store.verifications import Verification

log = structlog.get_logger()

FORGOTTEN_AFTER = timedelta(seconds=20)  # what Saleor 3.21 does by itself it has done by then


def place_forgotten_order(
    parts: Parts,
    installation: Installation,
    transfer: Transfer,
    found: Verification,
    held: Holdings,
    deadline: Deadline,
) -> None:
    """Place the order of a checkout that is paid in full, where the merchant wants it and this Saleor will not."""
    paid = held.order is None and held.charge_status in ("FULL", "OVERCHARGED")
    if not paid or installation.at_least(3, 22) or parts.now() - found.told_at < FORGOTTEN_AFTER:
        return
    if transfer.source_kind is not SourceKind.CHECKOUT or not _is_wanted(parts, transfer):
        return
    try:
        outcome = parts.saleor.place_order(installation, transfer.source_id, deadline)
    except OutboundError as error:
        log.warning("order not placed", reference=transfer.reference, error=str(error))
        return
    if not isinstance(outcome, Delivered):
        log.warning("order not placed", reference=transfer.reference, error=outcome.message)
        return
    log.info("order placed", reference=transfer.reference)
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), "app", "ORDER_PLACED")


def _is_wanted(parts: Parts, transfer: Transfer) -> bool:
    with parts.database.read() as tx:
        connection = None if transfer.connection_id is None else connections.by_id(tx, transfer.connection_id)
    return connection is not None and connection.place_orders
