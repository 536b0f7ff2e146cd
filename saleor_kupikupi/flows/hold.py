"""Keep reports back while Saleor books an answer of ours: it takes no lock around a transaction's sums and actions."""

from datetime import timedelta

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import reports
from saleor_kupikupi.store.database import Tx


def hold_reports(parts: Parts, tx: Tx, transfer: Transfer, answered_in: float = 0) -> None:
    """Keep a transfer's reports back until Saleor has booked the answer that is given in some seconds."""
    reports.hold(tx, transfer.id, parts.now() + timedelta(seconds=answered_in + parts.limits.answer_booked))


def hold_what_is_owed(parts: Parts, transfer: Transfer) -> None:
    """Keep reports back that are owed by now; where there are none, nothing is written."""
    with parts.database.read() as tx:
        owed = reports.is_owed(tx, transfer.id)
    if owed:
        with parts.database.write() as tx:
            hold_reports(parts, tx, transfer)
