"""Knows how the Dashboard's order page shows an order: its transactions with their events, refunds, the app's widgets.

Must not know HTTP or how the page looks.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from saleor_kupikupi_sandbox.dashboard_places import Place, widget_of
from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_records import Event, GrantedRefund, Order, Transaction

NON_REFUNDABLE: Final = "All transactions are non-refundable"
_WORDS: Final = {"AUTHORIZATION": "Authorization", "CHARGE": "Capture", "REFUND": "Refund", "CANCEL": "Void"}
_PILLS: Final = {"SUCCESS": "success", "FAILURE": "failure", "REQUEST": "request"}


@dataclass(frozen=True)
class Row:
    """One event as it is shown; `hint` hides behind a small i."""

    pill: str
    kind: str
    text: str
    hint: str
    psp_reference: str
    link: str
    amount: str
    at: datetime


@dataclass(frozen=True)
class Card:
    """One transaction, its newest event first; `most` is what can be refunded."""

    id: str
    number: int
    at: datetime
    name: str
    link: str
    sums: list[tuple[str, str]]
    rows: list[Row]
    refundable: bool
    most: Decimal


@dataclass(frozen=True)
class OrderPage:
    """All that the page shows."""

    order: Order
    cards: list[Card]
    grants: list[tuple[GrantedRefund, str]]
    offers_refund: bool
    widgets: list[Place]


def order_page(saleor: Saleor, order: Order, own_query: str) -> OrderPage:
    """Gathers an order's page."""
    transactions = saleor.transactions(order.id)
    return OrderPage(
        order=order,
        cards=[_card(at, transaction) for at, transaction in enumerate(transactions, 1)],
        grants=saleor.staff.granted_refunds(order.id),
        offers_refund=saleor.staff.offers_refund(order.id),
        widgets=[
            widget_of(app, extension, order.id, own_query, saleor.site)
            for app in saleor.apps
            for extension in app.extensions
            if app.is_active and (extension.mount, extension.target) == ("ORDER_DETAILS_WIDGETS", "WIDGET")
        ],
    )


def _card(number: int, transaction: Transaction) -> Card:
    sums = transaction.sums
    shown = {"Authorized": sums.authorized, "Charged": sums.charged, "Refunded": sums.refunded}
    return Card(
        id=transaction.id,
        number=number,
        at=transaction.created_at,
        name=transaction.name,
        link=transaction.external_url,
        sums=[(name, money(amount, transaction.currency)) for name, amount in shown.items() if amount],
        rows=[_row(event, transaction.currency) for event in reversed(transaction.events)],
        refundable="REFUND" in transaction.actions,
        most=max(sums.charged, Decimal(0)),
    )


def _row(event: Event, currency: str) -> Row:
    """Shows an event; one that informs, or waits for the buyer, is INFO, and the first kind's message is its text."""
    family, _, kind = event.type.partition("_")
    pill = _PILLS.get(kind, "info")
    # A request that the app answered with a reference alone is pending until it is reported.
    shown = "pending" if pill == "request" and event.included else {"request": "requested"}.get(pill, pill)
    informs = event.type == "INFO"
    return Row(
        pill=pill,
        kind=shown.upper(),
        text=event.message if informs else _WORDS.get(family, event.type),
        hint="" if informs else event.message,
        psp_reference=event.psp_reference or "",
        link=event.external_url,
        amount=money(event.amount, currency),
        at=event.created_at,
    )


def money(amount: Decimal, currency: str) -> str:
    """Shows an amount as the English Dashboard does."""
    return f"{currency} {amount:,.2f}"
