"""A person wants Saleor told again what it did not take."""

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import installations, reports, timeline


def resend(parts: Parts, transfer: Transfer, by: str) -> int:
    """Makes a transfer's undelivered reports due now, dead ones too, and ends its Saleor's suspension; counts them."""
    with parts.database.write() as tx:
        number = reports.resend_of(tx, transfer.id, parts.now())
        if number:
            installations.resume_reports(tx, transfer.installation_id)
            timeline.note(tx, transfer.id, parts.now(), by, "REPORTS_RESENT", str(number))
    return number
