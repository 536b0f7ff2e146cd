"""A person wants Saleor told again what it did not take, or took and lost."""

from dataclasses import dataclass

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.check import look_at_saleor
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.verify import Verdict
from saleor_kupikupi.store import installations, reports, timeline


@dataclass(frozen=True, slots=True)
class Resent:
    """How many reports are due now, and what a look at the charge in Saleor showed."""

    reports: int
    saleor: Verdict


def resend(parts: Parts, transfer: Transfer, by: str) -> Resent:
    """Make a transfer's undelivered reports due now, dead ones too, and end its Saleor's suspension.

    Where Saleor took everything it is looked at, and a charge or refund that it lost is healed.
    """
    with parts.database.write() as tx:
        number = reports.resend_of(tx, transfer.id, parts.now())
        if number:
            installations.resume_reports(tx, transfer.installation_id)
            timeline.note(tx, transfer.id, parts.now(), by, "REPORTS_RESENT", str(number))
    return Resent(number, Verdict.NOT_TOLD if number else look_at_saleor(parts, transfer))
