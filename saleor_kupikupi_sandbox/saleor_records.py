"""Knows what Saleor keeps about a payment: frozen records of channels, checkouts, orders, transactions, events.

Must not know how they change (`saleor_books`), where they are kept, or GraphQL.
Amounts are `Decimal` in the currency's main unit, as in Saleor's own database.
"""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

ZERO = Decimal(0)


def global_id(kind: str, key: object) -> str:
    """Makes the id the API shows: base64 of `Kind:key`."""
    return base64.b64encode(f"{kind}:{key}".encode()).decode("ascii")


def from_global_id(value: str) -> tuple[str, str] | None:
    """Reads a global id into its kind and key; what is none gives None."""
    try:
        kind, found, key = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (kind, key) if found and kind and key else None


def in_currency(amount: Decimal) -> Decimal:
    """Rounds to two places; the currencies of the sandbox (RUB, USD, EUR) all have two."""
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class User:
    """A customer or a member of staff."""

    number: int
    email: str
    is_staff: bool = False

    @property
    def id(self) -> str:
        """Is the global id."""
        return global_id("User", self.number)


@dataclass(frozen=True)
class Channel:
    """A shop's channel; `flow` is CHARGE or AUTHORIZATION."""

    number: int
    slug: str
    currency: str
    automatic_completion: bool = False
    completion_delay: float = 1.0
    flow: str = "CHARGE"
    name: str = ""
    is_active: bool = True

    @property
    def id(self) -> str:
        """Is the global id."""
        return global_id("Channel", self.number)


@dataclass(frozen=True)
class Address:
    """A buyer's address; a phone nobody gave is an empty text."""

    number: int
    phone: str
    first_name: str = "Иван"
    last_name: str = "Петров"
    street: str = "Тверская улица, 1"
    city: str = "МОСКВА"
    postal_code: str = "125009"
    country_area: str = "Москва"
    country: str = "RU"


@dataclass(frozen=True)
class Source:
    """What is paid for, before (checkout) or after (order) it was placed."""

    token: str
    channel: Channel
    total: Decimal
    email: str
    billing: Address | None
    shipping: Address | None
    user: User | None
    language: str
    line: str
    created: datetime
    charge_status: str = "NONE"
    authorize_status: str = "NONE"

    @property
    def id(self) -> str:
        """Is the global id."""
        return global_id(type(self).__name__, self.token)

    @property
    def currency(self) -> str:
        """Is the channel's currency."""
        return self.channel.currency


@dataclass(frozen=True)
class Checkout(Source):
    """A basket on its way to an order."""


@dataclass(frozen=True)
class Order(Source):
    """A placed order; `checkout_id` names the checkout it came from."""

    number: str = ""
    checkout_id: str | None = None


@dataclass(frozen=True)
class Event:
    """One line of a transaction's history; one that is not `included` never counts in the sums."""

    number: int
    type: str
    amount: Decimal
    created_at: datetime
    psp_reference: str | None = None
    message: str = ""
    external_url: str = ""
    included: bool = True
    idempotency_key: str | None = None
    created_by: str | None = None
    granted_refund: str | None = None

    @property
    def id(self) -> str:
        """Is the global id."""
        return global_id("TransactionEvent", self.number)


@dataclass(frozen=True)
class GrantedRefund:
    """What staff promised to give back for an order; it may name the transaction that is to give it."""

    number: int
    order_id: str
    amount: Decimal
    reason: str
    created_at: datetime
    transaction_token: str | None = None

    @property
    def id(self) -> str:
        """Is the global id."""
        return global_id("OrderGrantedRefund", self.number)


@dataclass(frozen=True)
class Sums:
    """A transaction's amounts, all computed from its included events."""

    authorized: Decimal = ZERO
    authorize_pending: Decimal = ZERO
    charged: Decimal = ZERO
    charge_pending: Decimal = ZERO
    refunded: Decimal = ZERO
    refund_pending: Decimal = ZERO
    canceled: Decimal = ZERO
    cancel_pending: Decimal = ZERO


@dataclass(frozen=True)
class Transaction:
    """Saleor's record of one payment; events are in the order they were stored, each a row of its own.

    `available_actions` are as Saleor's column holds them. It means them in lower case; another spelling can be stored
    there, and never be shown.
    """

    token: str
    currency: str
    created_at: datetime
    modified_at: datetime
    app_number: int
    app_identifier: str
    idempotency_key: str
    checkout_id: str | None = None
    order_id: str | None = None
    psp_reference: str | None = None
    name: str = ""
    external_url: str = ""
    available_actions: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    sums: Sums = field(default_factory=Sums)
    metadata: tuple[tuple[str, str], ...] = ()
    private_metadata: tuple[tuple[str, str], ...] = ()
    payment_method: tuple[tuple[str, Any], ...] | None = None

    @property
    def id(self) -> str:
        """Is the global id: base64 of `TransactionItem:<token>`."""
        return global_id("TransactionItem", self.token)

    @property
    def actions(self) -> tuple[str, ...]:
        """Lists what staff may ask for, in the API's spelling."""
        return tuple(action.upper() for action in self.available_actions)

    @property
    def unreadable(self) -> bool:
        """Says whether every query that selects the actions fails."""
        return not all(action.islower() for action in self.available_actions)

    @property
    def charged(self) -> Decimal:
        """Is what counts as paid."""
        return self.sums.charged
