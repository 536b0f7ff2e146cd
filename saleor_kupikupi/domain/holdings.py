"""What Saleor holds of a transaction, and whether it is all that Saleor was told.

Saleor takes no lock around a transaction's sums: one that was right can be overwritten by an older one, while the event
that it came from stands.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.refunds import RefundTask, TaskState
from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import Transfer


class Shortfall(StrEnum):
    """What Saleor lacks of what it was told."""

    SUMS = "sums"
    EVENTS = "events"
    TRANSACTION = "transaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRefund:
    """A refund as Saleor shows it: `amount` is what was asked for while it is open, else what went back, in kopecks.

    `request_event_id` is the request's, None where Saleor was told of a refund that it had not asked for.
    """

    psp_reference: str
    state: TaskState
    amount: int
    at: datetime
    request_event_id: str | None = None
    message: str = ""


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
    refunds: tuple[HeldRefund, ...] = ()


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


def missing_refunds(
    transfer: Transfer, known: Sequence[RefundTask], held: Iterable[HeldRefund]
) -> list[tuple[RefundTask | None, RefundTask]]:
    """Tell which refunds Saleor shows and our books lack: what is known of each, and how it is to be written down.

    What went back counts whatever its name; a refund that waits counts where the name that it waits under is ours.
    """
    by_name = {task.psp_reference: task for task in known}
    missing: list[tuple[RefundTask | None, RefundTask]] = []
    for each in held:
        task = by_name.get(each.psp_reference)
        waits = each.state is TaskState.OPEN
        ours = identifiers.is_refund_of(transfer.reference, each.psp_reference)
        if task is None and (each.state is TaskState.RETURNED or (waits and ours)):
            missing.append((None, _answered(_open(transfer, each), each)))
        elif task is not None and task.state is TaskState.OPEN and not waits:
            missing.append((task, _answered(task, each)))
    return missing


def _open(transfer: Transfer, held: HeldRefund) -> RefundTask:
    return RefundTask(
        id=0,
        transfer_id=transfer.id,
        psp_reference=held.psp_reference,
        request_event_id=held.request_event_id,
        asked=held.amount,
        state=TaskState.OPEN,
        asked_at=held.at,
        reason=held.message[:512],
    )


def _answered(task: RefundTask, held: HeldRefund) -> RefundTask:
    if held.state is TaskState.OPEN:
        return task
    task = replace(task, answered_by="Saleor", answered_at=held.at, returned=held.amount)
    if held.state is TaskState.IMPOSSIBLE:
        return replace(task, state=TaskState.IMPOSSIBLE)
    state = TaskState.RETURNED if task.request_event_id else TaskState.RECORDED
    return replace(task, state=state, returned_on=held.at.astimezone(UTC).date())
