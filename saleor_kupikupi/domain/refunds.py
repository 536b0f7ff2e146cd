"""Points that go back to the buyer in the provider's cabinet, by a person: the provider has no call for it.

A request of the shop becomes a task. Saleor shows it as pending until a person says that the points were returned, or
that they cannot be. What is asked for counts as spent at once, so that nobody is promised the same points twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from saleor_kupikupi.domain.transfer import State, Transfer

# The provider is Russia's alone: nowhere there is a day later than it is in Kamchatka, nor earlier than in UTC.
_EARLIEST_DAY = timedelta(hours=12)


class RefundsMode(StrEnum):
    """What a merchant wants Saleor's refunds to do."""

    MANUAL = "manual"
    REFUSE = "refuse"


class TaskState(StrEnum):
    """How far a refund has come; `recorded` was made without Saleor and noted afterwards."""

    OPEN = "open"
    RETURNED = "returned"
    IMPOSSIBLE = "impossible"
    RECORDED = "recorded"


class RefundNotPossible(ValueError):
    """The refund cannot be taken on; the text is a word for why.

    `not_charged`, `nothing_left`, `too_much` or `no_amount`; of the day: `in_future` or `before_charge`;
    `saleor_silent` where Saleor does not say what is refunded already.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTask:
    """One refund: `asked` and `returned` are kopecks, `psp_reference` is what Saleor knows it by.

    `request_event_id` is the request's in Saleor, or that of an equal one which was made at the same moment.
    `answered_by` is the staff member's address as the Dashboard gave it, `returned_on` the day in the cabinet.
    """

    id: int
    transfer_id: int
    psp_reference: str
    request_event_id: str | None
    asked: int
    state: TaskState
    asked_at: datetime
    reason: str = ""
    granted: bool = False
    returned: int | None = None
    returned_on: date | None = None
    note: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None

    @property
    def spent(self) -> int:
        """How many kopecks of the charge this refund takes up."""
        if self.state is TaskState.IMPOSSIBLE:
            return 0
        return self.asked if self.returned is None else self.returned


def refundable(transfer: Transfer, tasks: Sequence[RefundTask]) -> int:
    """Tells how many kopecks can still be refunded: charged, less what is refunded or being refunded."""
    if transfer.state is not State.CONFIRMED:
        return 0
    return max(0, transfer.amount - sum(task.spent for task in tasks))


def check_refund(transfer: Transfer, tasks: Sequence[RefundTask], amount: int) -> None:
    """Makes sure that a refund of `amount` kopecks can be taken on; raises RefundNotPossible."""
    if transfer.state is not State.CONFIRMED:
        raise RefundNotPossible("not_charged")
    left = refundable(transfer, tasks)
    if left == 0:
        raise RefundNotPossible("nothing_left")
    if amount < 1:
        raise RefundNotPossible("no_amount")
    if amount > left:
        raise RefundNotPossible("too_much")


def check_day(transfer: Transfer, day: date, now: datetime) -> None:
    """Makes sure that points can have been returned on a day; raises RefundNotPossible."""
    if day > latest_day(now):
        raise RefundNotPossible("in_future")
    if day < transfer.created_at.astimezone(UTC).date():
        raise RefundNotPossible("before_charge")


def latest_day(now: datetime) -> date:
    """Tells the day that it is where the day begins first."""
    return (now.astimezone(UTC) + _EARLIEST_DAY).date()
