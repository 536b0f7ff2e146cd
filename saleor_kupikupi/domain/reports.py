"""What Saleor must be told once a transfer has moved. It decides the words; sending them is no concern of this module.

A success goes under R, a failure under a name of its own: Saleor takes a charge away again when a failure follows a
success under one name. A cancel that the shop asked for is answered under the names of its requests instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.domain.wording import staff_text


class ReportType(StrEnum):
    """The kinds of event that we report, in Saleor's words."""

    CHARGE_SUCCESS = "CHARGE_SUCCESS"
    CHARGE_FAILURE = "CHARGE_FAILURE"
    CANCEL_SUCCESS = "CANCEL_SUCCESS"
    CANCEL_FAILURE = "CANCEL_FAILURE"
    REFUND_SUCCESS = "REFUND_SUCCESS"
    REFUND_FAILURE = "REFUND_FAILURE"
    INFO = "INFO"


@dataclass(frozen=True, slots=True)
class OwedReport:
    """One thing that Saleor must be told; `amount` is in kopecks.

    `actions` is what Saleor's staff may ask for from then on; None leaves it as it is.
    """

    type: ReportType
    psp_reference: str
    amount: int
    message: str
    actions: tuple[str, ...] | None = None


def owed_after(
    transfer: Transfer, cancels: Sequence[str], language: str, refundable: bool = False
) -> tuple[OwedReport, ...]:
    """Lists what is owed once the transfer has come to its present state.

    `cancels` are the pspReferences of the shop's cancel requests that still wait, `language` is the staff's, and
    `refundable` tells whether the shop's refunds are taken on.
    """
    if transfer.state is State.CONFIRMED:
        return (
            _charged(transfer, language, refundable),
            *_cancels(ReportType.CANCEL_FAILURE, transfer, cancels, language),
        )
    if not transfer.decided:
        return ()
    if cancels:
        return _cancels(ReportType.CANCEL_SUCCESS, transfer, cancels, language)
    return (_failed(transfer, language),)


def actions_of(refundable: bool) -> tuple[str, ...]:
    """Lists what Saleor's staff may ask for once the points have moved."""
    return ("REFUND",) if refundable else ()


def _charged(transfer: Transfer, language: str, refundable: bool) -> OwedReport:
    text = staff_text("confirmed", language, transfer.is_test)
    return OwedReport(ReportType.CHARGE_SUCCESS, transfer.reference, transfer.amount, text, actions_of(refundable))


def _cancels(type_: ReportType, transfer: Transfer, cancels: Sequence[str], language: str) -> tuple[OwedReport, ...]:
    code = "cancel_failed" if type_ is ReportType.CANCEL_FAILURE else "cancel_done"
    text = staff_text(code, language, transfer.is_test)
    return tuple(OwedReport(type_, psp_reference, 0, text) for psp_reference in cancels)


def _failed(transfer: Transfer, language: str) -> OwedReport:
    if transfer.state is State.REJECTED:
        code, name = "rejected", identifiers.rejected(transfer.reference)
    elif transfer.state is State.CANCELED:
        code, name = "canceled", identifiers.canceled(transfer.reference)
    else:
        code, name = "never_opened", identifiers.never_opened(transfer.reference)
    text = staff_text(code, language, transfer.is_test)
    return OwedReport(ReportType.CHARGE_FAILURE, name, transfer.amount, text)
