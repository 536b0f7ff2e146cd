"""Knows how Saleor books events on a transaction: session answers, action answers, reports. It is the judge of an app.

Pure: a transaction goes in, a new one comes out with the event that was booked. Must not know storage, HTTP or GraphQL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from saleor_kupikupi_sandbox.saleor_answers import Answer
from saleor_kupikupi_sandbox.saleor_records import ZERO, Event, Transaction
from saleor_kupikupi_sandbox.saleor_sums import add_up

FINAL = frozenset(
    f"{flow}_{kind}" for flow in ("AUTHORIZATION", "CHARGE") for kind in ("FAILURE", "SUCCESS", "REQUEST")
)
_REQUESTS = ("AUTHORIZATION_REQUEST", "CHARGE_REQUEST")
_NAMES_TRANSACTION = (*_REQUESTS, "AUTHORIZATION_SUCCESS", "CHARGE_SUCCESS")
_SUMS = ("sums", "modified_at")
_NEVER_REPEATED = ("AUTHORIZATION_ACTION_REQUIRED", "CHARGE_ACTION_REQUIRED", "INFO")

OTHER_AMOUNT = "The transaction with provided `pspReference` and `type` already exists with different amount."
SECOND_AUTHORIZATION = "Event with `AUTHORIZATION_SUCCESS` already reported for the transaction."


@dataclass(frozen=True)
class Stamp:
    """What a new event gets from outside: its number, the time, and the global id of who caused it."""

    number: int
    now: datetime
    by: str | None = None


@dataclass(frozen=True)
class Booked:
    """The transaction after a booking, and the event that stands for it.

    The events are stored at once. Of the rest, `columns` alone are written, and only later.
    """

    transaction: Transaction
    event: Event
    columns: tuple[str, ...] = ()
    already: bool = False
    refused: str | None = None


def final_event(transaction: Transaction) -> Event | None:
    """Finds the first included event that ends the session; after it process no longer asks the app."""
    return next((e for e in transaction.events if e.included and e.type in FINAL), None)


def open_request(transaction: Transaction) -> Event | None:
    """Finds the request that initialize stored and no answer has taken up yet."""
    return next((e for e in transaction.events if not e.included and e.type in _REQUESTS), None)


def default_amount(total: Decimal, transactions: Iterable[Transaction]) -> Decimal:
    """Computes what is asked for where the storefront names no amount: the total less what is paid or pending."""
    for sums in (transaction.sums for transaction in transactions):
        total -= max(sums.authorized, sums.charged) + sums.authorize_pending + sums.charge_pending
    return max(total, ZERO)


def failure_of(event_type: str) -> str:
    """Names the failure that stands beside an event of this type."""
    family, _, kind = event_type.partition("_")
    return f"{family}_FAILURE" if kind in ("REQUEST", "SUCCESS", "ADJUSTMENT", "BACK", "REVERSE") else event_type


def book_failure(transaction: Transaction, event: Event, cause: str, stamp: Stamp) -> Booked:
    """Books a failure that is Saleor's own: it copies the event's reference and never counts."""
    failure = Event(
        stamp.number, failure_of(event.type), event.amount, stamp.now, event.psp_reference, cause, included=False
    )
    return Booked(_with_event(transaction, failure), failure)


def book_session_answer(transaction: Transaction, request: Event, answer: Answer, stamp: Stamp) -> Booked:
    """Books the answer to initialize or process.

    A REQUEST rewrites the stored request; anything else becomes an event of its own, unless the same one is there.
    """
    event = _event_from(answer, request, stamp)
    if answer.result in _REQUESTS:
        event = replace(event, number=request.number, idempotency_key=request.idempotency_key)
        booked = Booked(_with_event(transaction, event), event)
    else:
        booked = _book_once(transaction, event, stamp)
        if booked.refused is not None:
            return booked
        renamed = replace(stored_event(booked.transaction, request), psp_reference=booked.event.psp_reference)
        booked = replace(booked, transaction=_with_event(booked.transaction, renamed))
    return _after_session(booked, answer, stamp.now)


def book_action_answer(transaction: Transaction, request: Event, answer: Answer, stamp: Stamp) -> Booked:
    """Books the answer to a charge, cancel or refund request; without a result the request itself becomes pending."""
    request = replace(stored_event(transaction, request), psp_reference=answer.psp_reference, included=True)
    booked = Booked(_with_event(transaction, request), request)
    if answer.result is not None:
        booked = _book_once(booked.transaction, _event_from(answer, request, stamp), stamp)
        if booked.refused is not None:
            return booked
    settled = _recomputed(booked.transaction, stamp.now)
    if answer.actions is not None:
        settled = replace(settled, available_actions=answer.actions)
    # The actions are written in any case: an answer without any writes back those that were read.
    return replace(booked, transaction=settled, columns=(*_SUMS, "available_actions"))


def book_report(transaction: Transaction, event: Event, stamp: Stamp) -> Booked:
    """Books an event the app reports; a repeated one changes nothing, one with another amount is refused."""
    booked = _book_once(transaction, event, stamp)
    if booked.already or booked.refused is not None:
        return booked
    settled, columns = booked.transaction, [*_SUMS]
    if event.type in _NAMES_TRANSACTION and not settled.psp_reference:
        settled = replace(settled, psp_reference=event.psp_reference)
        columns.append("psp_reference")
    return replace(booked, transaction=_recomputed(settled, stamp.now), columns=tuple(columns))


def deduced_amount(event_type: str, psp_reference: str, earlier: Iterable[Event]) -> Decimal | None:
    """Finds the amount of a report that names none: an earlier event of the same reference has it.

    It is searched among all transactions' events. None means that an amount is required.
    """
    if event_type == "INFO":
        return ZERO
    family, _, kind = event_type.partition("_")
    if kind not in ("FAILURE", "REVERSE", "BACK"):
        return None
    sources = (f"{family}_REQUEST", f"{family}_SUCCESS") if kind == "FAILURE" else (f"{family}_SUCCESS",)
    found = [event.amount for event in earlier if event.psp_reference == psp_reference and event.type in sources]
    return found[-1] if found else None


def _event_from(answer: Answer, request: Event, stamp: Stamp) -> Event:
    return Event(
        number=stamp.number,
        type=answer.result or request.type,
        amount=request.amount if answer.amount is None else answer.amount,
        created_at=answer.time or stamp.now,
        psp_reference=answer.psp_reference,
        message=answer.message,
        external_url=answer.external_url,
        created_by=stamp.by,
    )


def _book_once(transaction: Transaction, event: Event, stamp: Stamp) -> Booked:
    """Stores an event unless its (reference, type) is there already, counted or not."""
    existing = None
    if event.type not in _NEVER_REPEATED:
        same = (e for e in transaction.events if (e.psp_reference, e.type) == (event.psp_reference, event.type))
        existing = next(same, None)
    if existing is not None and existing.amount == event.amount:
        return Booked(transaction, existing, already=True)
    refused = None
    if existing is not None:
        refused = OTHER_AMOUNT
    elif event.type == "AUTHORIZATION_SUCCESS" and any(e.type == event.type for e in transaction.events):
        refused = SECOND_AUTHORIZATION
    if refused is not None:
        return replace(book_failure(transaction, event, refused, stamp), refused=refused)
    return Booked(_with_event(transaction, event), event)


def _after_session(booked: Booked, answer: Answer, now: datetime) -> Booked:
    transaction, event = booked.transaction, booked.event
    columns: tuple[str, ...] = ()
    if answer.payment_method is not None:
        transaction, columns = replace(transaction, payment_method=answer.payment_method), ("payment_method",)
    if event.type in _NAMES_TRANSACTION:
        actions = transaction.available_actions if answer.actions is None else answer.actions
        named = replace(transaction, psp_reference=event.psp_reference, available_actions=actions)
        transaction, columns = _recomputed(named, now), (*columns, *_SUMS, "psp_reference", "available_actions")
    elif event.psp_reference and event.psp_reference != transaction.psp_reference:
        transaction = replace(transaction, psp_reference=event.psp_reference, modified_at=now)
        columns = (*columns, "psp_reference", "modified_at")
    return replace(booked, transaction=transaction, columns=columns)


def _recomputed(transaction: Transaction, now: datetime) -> Transaction:
    return replace(transaction, sums=add_up(transaction.events), modified_at=now)


def stored_event(transaction: Transaction, event: Event) -> Event:
    """Finds an event as it is stored now."""
    return next(e for e in transaction.events if e.number == event.number)


def _with_event(transaction: Transaction, event: Event) -> Transaction:
    """Puts an event in its place: where its number is stored already, else at the end."""
    numbers = [e.number for e in transaction.events]
    if event.number not in numbers:
        return replace(transaction, events=(*transaction.events, event))
    at = numbers.index(event.number)
    return replace(transaction, events=(*transaction.events[:at], event, *transaction.events[at + 1 :]))
