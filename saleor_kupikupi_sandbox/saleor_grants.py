"""Knows refunds that staff grants: what is promised, how far it got, and whether an order offers a refund at all.

Must not know how the app is asked (`saleor_sessions`) or how anything looks through GraphQL.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from saleor_kupikupi_sandbox.saleor_records import Event, GrantedRefund, Transaction, in_currency


class Grants:
    """All granted refunds of one Saleor; safe for threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._all: dict[str, GrantedRefund] = {}

    def add(self, order_id: str, amount: Decimal, reason: str) -> GrantedRefund:
        """Promises a refund; nobody is asked for it yet."""
        with self._lock:
            granted = GrantedRefund(len(self._all) + 1, order_id, in_currency(amount), reason, self._now())
            self._all[granted.id] = granted
            return granted

    def assign(self, granted: GrantedRefund, transaction: Transaction) -> GrantedRefund:
        """Notes which transaction is to give the money back."""
        with self._lock:
            self._all[granted.id] = replace(granted, transaction_token=transaction.token)
            return self._all[granted.id]

    def find(self, id_: str) -> GrantedRefund | None:
        """Finds a granted refund."""
        with self._lock:
            return self._all.get(id_)

    def of(self, order_id: str) -> list[GrantedRefund]:
        """Lists an order's granted refunds, oldest first."""
        with self._lock:
            return [granted for granted in self._all.values() if granted.order_id == order_id]


def events_of(granted: GrantedRefund, transaction: Transaction | None) -> list[Event]:
    """Lists the events that belong to a granted refund: its requests, and what has the reference of one of them."""
    events = () if transaction is None else transaction.events
    requests = [event for event in events if event.granted_refund == granted.id]
    references = {event.psp_reference for event in requests if event.psp_reference}
    return [e for e in events if e in requests or (e.type.startswith("REFUND") and e.psp_reference in references)]


def status_of(granted: GrantedRefund, transaction: Transaction | None) -> str:
    """Says how far a granted refund got: NONE, PENDING, SUCCESS or FAILURE, by its newest event."""
    events = events_of(granted, transaction)
    if not events:
        return "NONE"
    kind = max(events, key=lambda event: event.number).type.removeprefix("REFUND_")
    return {"SUCCESS": "SUCCESS", "FAILURE": "FAILURE"}.get(kind, "PENDING")


def offers_refund(transactions: Iterable[Transaction]) -> bool:
    """Says whether the Dashboard's "New refund" can be pressed: one transaction at least lists REFUND in `actions`."""
    return any("REFUND" in transaction.actions for transaction in transactions)
