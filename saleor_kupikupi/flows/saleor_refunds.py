"""Learn from Saleor which refunds of a payment our books do not have, as after a restored backup.

Before money goes back to a buyer, Saleor is asked: what it shows as refunded, or as waiting for us, counts as spent.
"""

import structlog

from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.holdings import HeldRefund, missing_refunds
from saleor_kupikupi.domain.refunds import RefundNotPossible, RefundTask, TaskState
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor.reports import Denied
from saleor_kupikupi.store import installations, refunds, timeline, transfers
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()


class SaleorSilent(RefundNotPossible):
    """Saleor could not be asked what is refunded already; the text is the word for it."""

    def __init__(self) -> None:
        super().__init__("saleor_silent")


def learn_refunds(parts: Parts, transfer: Transfer) -> int:
    """Ask Saleor for a transfer's refunds, write down what our books lack, and count it; raises SaleorSilent."""
    held = _ask(parts, transfer)
    with parts.database.read() as tx:
        if not missing_refunds(transfer, refunds.of(tx, transfer.id), held):
            return 0
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        missing = missing_refunds(current, refunds.of(tx, current.id), held)
        for known, found in missing:
            _write_down(parts, tx, current, known, found)
    return len(missing)


def _ask(parts: Parts, transfer: Transfer) -> tuple[HeldRefund, ...]:
    with parts.database.read() as tx:
        installation = installations.by_id(tx, parts.vault, transfer.installation_id)
    if installation is None or installation.token is None:
        raise SaleorSilent
    try:
        holdings = parts.saleor.holdings(installation, transfer.reference, parts.deadline(parts.limits.refunds))
    except OutboundError as error:
        log.warning("refunds not asked for", reference=transfer.reference, error=str(error))
        raise SaleorSilent from error
    if isinstance(holdings, Denied):
        log.warning("refunds not asked for", reference=transfer.reference, error=holdings.message)
        raise SaleorSilent
    return () if holdings is None else holdings.refunds


def _write_down(parts: Parts, tx: Tx, transfer: Transfer, known: RefundTask | None, found: RefundTask) -> None:
    if known is None:
        refunds.add(tx, transfer, found)
    else:
        refunds.change(tx, known, found)
    timeline.note(tx, transfer.id, parts.now(), "saleor", "REFUND_FOUND", found.psp_reference)
    waits = found.state is TaskState.OPEN
    log.error("refund found in Saleor", reference=transfer.reference, amount=found.spent, waits=waits)
