"""What a transaction holds, as Saleor tells it. It must not know what it should hold."""

from collections.abc import Mapping
from typing import Any

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.domain.holdings import Holdings
from saleor_kupikupi.saleor.reading import at, maybe_number, maybe_text


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
    payable = at(transaction, "order") or at(transaction, "checkout")
    return Holdings(
        charged=_kopecks(transaction, "chargedAmount"),
        refunded=_kopecks(transaction, "refundedAmount"),
        refund_pending=_kopecks(transaction, "refundPendingAmount"),
        events=_events(transaction),
        charge_status=maybe_text(payable, "chargeStatus"),
        order=(id_, number) if id_ and number else None,
    )


def _kopecks(transaction: object, name: str) -> int:
    """Read a sum, which may be negative; what is less than a kopeck is dropped."""
    amount = maybe_number(transaction, name, "amount")
    if amount is None or abs(amount) > 10**12:
        raise ContractBroken("saleor", f"the answer lacks a usable {name}")
    return int(amount * 100)


def _events(transaction: object) -> frozenset[tuple[str, str]]:
    events = at(transaction, "events")
    if not isinstance(events, list):
        raise ContractBroken("saleor", "the answer lacks the transaction's events")
    return frozenset((maybe_text(each, "type") or "", maybe_text(each, "pspReference") or "") for each in events)
