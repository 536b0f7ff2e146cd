"""What a transaction holds, as Saleor tells it. It must not know what it should hold."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from saleor_kupikupi.domain.errors import ContractBroken, MalformedMessage
from saleor_kupikupi.domain.holdings import HeldRefund, Holdings
from saleor_kupikupi.domain.refunds import TaskState
from saleor_kupikupi.saleor.reading import at, maybe_number, maybe_text, moment

_STATES = {
    "REFUND_REQUEST": TaskState.OPEN,
    "REFUND_SUCCESS": TaskState.RETURNED,
    "REFUND_FAILURE": TaskState.IMPOSSIBLE,
    "REFUND_REVERSE": TaskState.IMPOSSIBLE,
}


def read_holdings(data: Mapping[str, Any]) -> Holdings | None:
    """Read the answer to the query `holdings`; None where Saleor has no such transaction.

    Raises ContractBroken when it is no such answer.
    """
    if "transaction" not in data:
        raise ContractBroken("saleor", "the answer lacks the transaction")
    transaction = data["transaction"]
    if transaction is None:
        return None
    id_, number = maybe_text(transaction, "order", "id"), maybe_text(transaction, "order", "number")
    events = _events(transaction)
    payable = at(transaction, "order") or at(transaction, "checkout")
    return Holdings(
        charged=_kopecks(transaction, "chargedAmount"),
        refunded=_kopecks(transaction, "refundedAmount"),
        refund_pending=_kopecks(transaction, "refundPendingAmount"),
        events=_names(events),
        charge_status=maybe_text(payable, "chargeStatus"),
        order=(id_, number) if id_ and number else None,
        refunds=_refunds(events),
    )


def _kopecks(transaction: object, name: str) -> int:
    """Read a sum, which may be negative; what is less than a kopeck is dropped."""
    amount = maybe_number(transaction, name, "amount")
    if amount is None or abs(amount) > 10**12:
        raise ContractBroken("saleor", f"the answer lacks a usable {name}")
    return int(amount * 100)


def _events(transaction: object) -> list[object]:
    events = at(transaction, "events")
    if not isinstance(events, list):
        raise ContractBroken("saleor", "the answer lacks the transaction's events")
    return events


def _names(events: list[object]) -> frozenset[tuple[str, str]]:
    return frozenset((maybe_text(each, "type") or "", maybe_text(each, "pspReference") or "") for each in events)


def _refunds(events: list[object]) -> tuple[HeldRefund, ...]:
    """Put together what belongs to one refund: of what became of it, the newest event counts."""
    by_name: dict[str, list[object]] = {}
    for each in events:
        name = maybe_text(each, "pspReference")
        if name and maybe_text(each, "type") in _STATES:
            by_name.setdefault(name, []).append(each)
    return tuple(_refund(name, of_it) for name, of_it in by_name.items())


def _refund(name: str, events: list[object]) -> HeldRefund:
    requests = [each for each in events if _state(each) is TaskState.OPEN]
    newest = max([each for each in events if each not in requests] or requests, key=_created)
    request = requests[0] if requests else None
    return HeldRefund(
        psp_reference=name,
        state=_state(newest),
        amount=_kopecks(newest, "amount") if _state(newest) is not TaskState.IMPOSSIBLE else 0,
        at=_created(newest),
        request_event_id=maybe_text(request, "id"),
        message=maybe_text(request, "message") or "",
    )


def _state(event: object) -> TaskState:
    return _STATES[maybe_text(event, "type") or ""]


def _created(event: object) -> datetime:
    try:
        return moment(event, "createdAt")
    except MalformedMessage as error:
        raise ContractBroken("saleor", f"an event of the answer is unusable: {error}") from None
