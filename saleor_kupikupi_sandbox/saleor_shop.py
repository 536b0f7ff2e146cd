"""Knows channels, buyers, checkouts, orders and transactions, under one lock; not how events are judged."""

import threading
import uuid
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_books import Booked, Stamp
from saleor_kupikupi_sandbox.saleor_buyers import Buyer
from saleor_kupikupi_sandbox.saleor_records import (
    Address,
    Channel,
    Checkout,
    Event,
    Order,
    Source,
    Transaction,
    User,
    from_global_id,
)
from saleor_kupikupi_sandbox.saleor_sums import authorize_status, charge_status, checkout_amounts, order_amounts

Judge = Callable[[Transaction, Stamp], Booked]
S = TypeVar("S", bound=Source)
STAFF = User(1, "admin@example.com", is_staff=True)


class KeyTaken(Exception):
    """The idempotency key belongs to another amount, checkout or order."""


class NotPayable(Exception):
    """A checkout cannot become an order; the text is Saleor's error code."""


class IntegrityError(Exception):
    """A transaction cannot be written with a checkout that is gone; so Saleor's database calls it."""


class Shop:
    """The memory of one Saleor; safe for threads, every change is atomic. Who holds the lock changes it alone."""

    def __init__(self, now: Callable[[], datetime], on_covered: Callable[[Checkout], None]) -> None:
        self.now = now
        self._on_covered = on_covered
        self.lock = threading.RLock()
        self._channels: dict[str, Channel] = {}
        self._users: dict[str, User] = {STAFF.email: STAFF}
        self._sources: dict[str, Source] = {}
        self._transactions: dict[str, Transaction] = {}
        self._numbers = {"event": 0, "address": 0, "order": 0}

    def _next(self, what: str) -> int:
        self._numbers[what] += 1
        return self._numbers[what]

    # Channels and buyers

    def add_channel(self, channel: Channel) -> Channel:
        """Adds a channel, or changes the one with the same slug."""
        with self.lock:
            old = self._channels.get(channel.slug)
            channel = replace(channel, number=len(self._channels) + 1 if old is None else old.number)
            self._channels[channel.slug] = channel
            return channel

    def channels(self) -> list[Channel]:
        """Lists the channels."""
        with self.lock:
            return list(self._channels.values())

    def user(self, email: str) -> User:
        """Finds or makes a customer."""
        with self.lock:
            return self._users.setdefault(email, User(len(self._users) + 1, email))

    def user_by_number(self, number: int) -> User | None:
        """Finds a customer or member of staff."""
        with self.lock:
            return next((user for user in self._users.values() if user.number == number), None)

    # What is paid for

    def create_checkout(self, channel: str, total: str | Decimal, buyer: Buyer) -> Checkout:
        """Makes a checkout with one line that costs the total."""
        with self.lock:
            return self._put(Checkout(**self._source(channel, total, buyer)))

    def create_order(self, channel: str, total: str | Decimal, buyer: Buyer) -> Order:
        """Makes an order that no checkout came before."""
        with self.lock:
            return self._put(Order(**self._source(channel, total, buyer), number=str(self._next("order"))))

    def _source(self, channel: str, total: str | Decimal, buyer: Buyer) -> dict[str, Any]:
        addresses: list[Address | None] = [None, None]
        if buyer.address:
            addresses = [Address(self._next("address"), phone) for phone in buyer.phones]
        return {
            "token": str(uuid.uuid4()),
            "channel": self._channels[channel],
            "total": Decimal(total),
            "email": buyer.email,
            "billing": addresses[0],
            "shipping": addresses[1],
            "user": None if buyer.user is None else self.user(buyer.user),
            "language": buyer.language,
            "line": str(uuid.uuid4()),
            "created": self.now(),
        }

    def change_total(self, checkout_id: str, total: str | Decimal) -> Checkout:
        """Makes a basket dearer or cheaper while it is being paid."""
        with self.lock:
            return self._put(replace(self.checkout(checkout_id), total=Decimal(total)))

    def source(self, id_: str) -> Source | None:
        """Finds a checkout or an order."""
        with self.lock:
            return self._sources.get(id_)

    def checkout(self, id_: str) -> Checkout:
        """Finds a checkout; raises LookupError where there is none, or it became an order."""
        source = self.source(id_)
        if isinstance(source, Checkout):
            return source
        raise LookupError(f"There is no such checkout: {id_}")

    def order(self, id_: str) -> Order:
        """Finds an order; raises LookupError."""
        source = self.source(id_)
        if isinstance(source, Order):
            return source
        raise LookupError(f"There is no such order: {id_}")

    def orders(self) -> list[Order]:
        """Lists the orders, oldest first."""
        with self.lock:
            return [source for source in self._sources.values() if isinstance(source, Order)]

    def order_from(self, checkout_id: str) -> Order | None:
        """Finds the order that a checkout became."""
        return next((order for order in self.orders() if order.checkout_id == checkout_id), None)

    def complete(self, checkout_id: str) -> Order:
        """Turns a covered checkout into an order and moves its transactions; again, it gives the same order.

        Raises NotPayable.
        """
        with self.lock:
            if (placed := self.order_from(checkout_id)) is not None:
                return placed
            source = self._sources.get(checkout_id)
            self._refuse_unpayable(source)
            kept = {field.name: getattr(source, field.name) for field in fields(Source)}
            kept |= {"token": str(uuid.uuid4()), "created": self.now()}
            order = Order(**kept, number=str(self._next("order")), checkout_id=checkout_id)
            del self._sources[checkout_id]
            for transaction in self.transactions_of(checkout_id):
                moved = replace(transaction, checkout_id=None, order_id=order.id)
                self._transactions[transaction.token] = moved
            return self._put(order)

    def _refuse_unpayable(self, source: Source | None) -> None:
        if not isinstance(source, Checkout):
            raise NotPayable("NOT_FOUND")
        if source.billing is None:
            raise NotPayable("BILLING_ADDRESS_NOT_SET")
        if not source.email and source.user is None:
            raise NotPayable("EMAIL_NOT_SET")
        if source.authorize_status != "FULL":
            raise NotPayable("CHECKOUT_NOT_FULLY_PAID")

    # Transactions

    def transactions_of(self, source_id: str) -> list[Transaction]:
        """Lists what was opened to pay for a checkout or an order."""
        with self.lock:
            return [t for t in self._transactions.values() if source_id in (t.checkout_id, t.order_id)]

    def transaction(self, id_or_token: str) -> Transaction | None:
        """Finds a transaction by its global id or its token."""
        parsed = from_global_id(id_or_token)
        token = parsed[1] if parsed is not None and parsed[0] == "TransactionItem" else id_or_token
        with self.lock:
            return self._transactions.get(token)

    def known(self, id_or_token: str) -> Transaction:
        """Finds a transaction; raises LookupError."""
        if (transaction := self.transaction(id_or_token)) is not None:
            return transaction
        raise LookupError(f"There is no such transaction: {id_or_token}")

    def drop(self, token: str) -> None:
        """Loses a transaction."""
        with self.lock:
            del self._transactions[token]

    def events(self) -> list[Event]:
        """Lists every transaction's events in the order they were stored."""
        with self.lock:
            return sorted((e for t in self._transactions.values() for e in t.events), key=lambda e: e.number)

    def open_transaction(
        self, source: Source, app: App, key: str, amount: Decimal, flow: str
    ) -> tuple[Transaction, Event]:
        """Stores a new transaction with its request, or finds the one with the same key and the same request.

        Raises KeyTaken.
        """
        kind = f"{flow}_REQUEST"
        with self.lock:
            known = (t for t in self._transactions.values() if t.app_identifier == app.identifier)
            found = next((t for t in known if t.idempotency_key == key), None)
            if found is None:
                return self._new_transaction(source, app, key, Event(0, kind, amount, self.now()))
            requests = (e for e in found.events if (e.idempotency_key, e.type, e.amount) == (key, kind, amount))
            request = next(requests, None)
            if request is None or source.id not in (found.checkout_id, found.order_id):
                raise KeyTaken
            return found, request

    def _new_transaction(self, source: Source, app: App, key: str, request: Event) -> tuple[Transaction, Event]:
        request = replace(request, number=self._next("event"), included=False, idempotency_key=key)
        transaction = Transaction(
            token=str(uuid.uuid4()),
            currency=source.currency,
            created_at=request.created_at,
            modified_at=request.created_at,
            app_number=app.number,
            app_identifier=app.identifier,
            idempotency_key=key,
            checkout_id=source.id if isinstance(source, Checkout) else None,
            order_id=source.id if isinstance(source, Order) else None,
            events=(request,),
        )
        self._transactions[transaction.token] = transaction
        return transaction, request

    def request_action(
        self, token: str, action: str, amount: Decimal, message: str, granted: str | None = None
    ) -> tuple[Transaction, Event]:
        """Stores what staff asks for: a request that does not count until the app answers."""
        with self.lock:
            event = Event(
                self._next("event"),
                f"{action}_REQUEST",
                amount,
                self.now(),
                message=message,
                included=False,
                idempotency_key=str(uuid.uuid4()),
                created_by=STAFF.id,
                granted_refund=granted,
            )
            transaction = self._transactions[token]
            self._transactions[token] = replace(transaction, events=(*transaction.events, event))
            return self._transactions[token], event

    def store_event(self, token: str, judge: Judge, by: str | None = None) -> Booked:
        """Lets the books judge one event on the transaction as it is, and stores the event; the rest is not written."""
        with self.lock:
            row = self._transactions[token]
            booked = judge(row, Stamp(self._next("event"), self.now(), by))
            self._transactions[token] = replace(row, events=booked.transaction.events)
            return booked

    def write(self, row: Transaction, columns: Iterable[str]) -> None:
        """Writes columns of a row over whatever stands there now, and counts its checkout or order anew.

        Raises IntegrityError.
        """
        with self.lock:
            written = replace(self._transactions[row.token], **{name: getattr(row, name) for name in columns})
            if written.checkout_id is not None and written.checkout_id not in self._sources:
                raise IntegrityError
            self._transactions[row.token] = written
            self._put(self._sources[written.checkout_id or written.order_id or ""])

    def _put(self, source: S) -> S:
        """Stores a checkout or order with the statuses that its transactions give it."""
        sums = [transaction.sums for transaction in self.transactions_of(source.id)]
        pending_counts = isinstance(source, Checkout)
        authorized, charged = checkout_amounts(sums) if pending_counts else order_amounts(sums)
        stored = replace(
            source,
            charge_status=charge_status(source.total, charged),
            authorize_status=authorize_status(source.total, authorized + charged),
        )
        self._sources[stored.id] = stored
        if isinstance(stored, Checkout) and stored.authorize_status == "FULL":
            self._on_covered(stored)
        return stored
