"""What Saleor holds of a transaction, and whether it is all that Saleor was told.

Saleor takes no lock around a transaction's sums: one that was right can be overwritten by an older one, while the event
that it came from stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from saleor_kupikupi.domain.reports import OwedReport, ReportType


class Shortfall(StrEnum):
    """What Saleor lacks of what it was told."""

    SUMS = "sums"
    EVENTS = "events"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """A transaction as Saleor shows it; amounts are in kopecks.

    `events` are its events' types and pspReferences. `charge_status` is that of the order or checkout, None where there
    is neither. `order` is the order's id and number.
    """

    charged: int
    refunded: int
    refund_pending: int
    events: frozenset[tuple[str, str]]
    charge_status: str | None
    order: tuple[str, str] | None = None


def shortfall(holdings: Holdings | None, told: Iterable[OwedReport]) -> Shortfall | None:
    """Tell what Saleor lacks of the charges and refunds in `told`, which it took; None where nothing is missing.

    A refund that was asked for or made moves from the charged sum to another one, so all of them count as charged.
    """
    money = [each for each in told if each.type in (ReportType.CHARGE_SUCCESS, ReportType.REFUND_SUCCESS)]
    if holdings is None:
        return Shortfall.TRANSACTION
    if any((each.type.value, each.psp_reference) not in holdings.events for each in money):
        return Shortfall.EVENTS
    charged, refunded = (
        sum(each.amount for each in money if each.type is type_)
        for type_ in (ReportType.CHARGE_SUCCESS, ReportType.REFUND_SUCCESS)
    )
    shown = holdings.charged + holdings.refunded + holdings.refund_pending
    unpaid = holdings.charge_status == "NONE" and holdings.charged > 0
    return Shortfall.SUMS if shown < charged or holdings.refunded < refunded or unpaid else None
