"""Webhook bodies as frozen events: the raw JSON ends here.

It must not know whether the sender is to be believed, nor what follows from an event. What is not asked for is passed
over, and what may be absent may also be null.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from saleor_kupikupi.domain.errors import MalformedMessage
from saleor_kupikupi.domain.transfer import SourceKind
from saleor_kupikupi.domain.wording import language_of
from saleor_kupikupi.saleor.reading import (
    at,
    decoded,
    maybe_number,
    moment,
    number,
    optional_text,
    text,
    unusable,
    words,
)

Body = Mapping[str, Any]
SessionKind = Literal["initialize", "process"]
ActionKind = Literal["charge", "cancel", "refund"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The checkout or order that is paid for.

    `key` is what two payments of the same thing share: the checkout's id, also for the order made from it. `total` is
    what all of it costs, in roubles; None where it was not asked for.
    """

    kind: SourceKind
    id: str
    key: str
    channel: str
    currency: str
    total: Decimal | None
    language: str
    billing_phone: str | None
    shipping_phone: str | None
    has_user: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event says; `unreadable` names the fields that Saleor could not fill."""

    issued_at: datetime
    version: str
    recipient_id: str
    unreadable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayInitialize(Event):
    """A storefront asks whether this way to pay is offered; `amount` is in roubles."""

    source: Source
    amount: Decimal
    data: object


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent(Event):
    """A buyer starts to pay, or comes back; `amount` is in roubles, `token` the transaction's own."""

    kind: SessionKind
    token: str
    source: Source
    amount: Decimal
    currency: str
    data: object


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequested(Event):
    """The shop asks to charge, cancel or refund; `request_event_id` tells this request from the ones before it.

    It is the newest one of the amount that is asked for: of equal ones that were made at one moment, perhaps another's.

    `reason` is what staff wrote, in the request or else when they granted the refund on the order, which `granted`
    tells of. `answered` is the pspReference that each request of this kind was given, by its event's id; `undelivered`
    are those that have none and that Saleor has marked as failed because no answer came.
    """

    action: ActionKind
    token: str | None
    request_event_id: str | None
    amount: Decimal
    currency: str
    reason: str = ""
    granted: bool = False
    answered: Mapping[str, str] = field(default_factory=dict)
    undelivered: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppDeleted(Event):
    """This app, or another one, was uninstalled."""

    app_id: str | None


def parse(event: str, raw: bytes) -> Event:
    """Reads the body of a webhook that came by the route of `event`, such as transaction_process_session.

    Raises MalformedMessage: WRONG_EVENT when it is the body of another event, CANT_BE_PARSED when it cannot be read.
    """
    if event not in _READERS:
        raise MalformedMessage("WRONG_EVENT", "there is no such event")
    typename, read = _READERS[event]
    body = _body(raw)
    if body.get("__typename") != typename:
        raise MalformedMessage("WRONG_EVENT", f"the body is not that of {event}")
    return read(body)


def _gateway_initialize(body: Body) -> GatewayInitialize:
    return GatewayInitialize(
        **_envelope(body), source=_source(body), amount=number(body, "amount"), data=body.get("data")
    )


def _session(kind: SessionKind) -> Callable[[Body], SessionEvent]:
    def read(body: Body) -> SessionEvent:
        return SessionEvent(
            **_envelope(body),
            kind=kind,
            token=text(body, "transaction", "token"),
            source=_source(body),
            amount=number(body, "action", "amount"),
            currency=text(body, "action", "currency"),
            data=body.get("data"),
        )

    return read


def _action_requested(action: ActionKind) -> Callable[[Body], ActionRequested]:
    def read(body: Body) -> ActionRequested:
        requests = _events(body, f"{action.upper()}_REQUEST")
        failures = _events(body, f"{action.upper()}_FAILURE")
        asked = number(body, "action", "amount")
        own = _own(requests, asked)
        return ActionRequested(
            **_envelope(body),
            action=action,
            token=optional_text(body, "transaction", "token"),
            request_event_id=optional_text(own, "id"),
            amount=asked,
            currency=text(body, "action", "currency"),
            reason=words(own, "message") or words(body, "grantedRefund", "reason"),
            # Where nothing was granted Saleor sends an object all the same, but cannot fill in the amount.
            granted=maybe_number(body, "grantedRefund", "amount", "amount") is not None,
            answered={event["id"]: optional_text(event, "pspReference") or "" for event in requests},
            undelivered=_undelivered(requests, failures),
        )

    return read


def _own(requests: list[dict[str, Any]], asked: Decimal) -> dict[str, Any]:
    # Where several were made at one moment, each of the webhooks about them lists all of them as not answered yet.
    waiting = (each for each in requests if not optional_text(each, "pspReference"))
    same = (each for each in waiting if maybe_number(each, "amount", "amount") == asked)
    return next(same, requests[0] if requests else {})


def _app_deleted(body: Body) -> AppDeleted:
    return AppDeleted(**_envelope(body), app_id=optional_text(body, "app", "id"))


_READERS: Mapping[str, tuple[str, Callable[[Body], Event]]] = {
    "payment_gateway_initialize_session": ("PaymentGatewayInitializeSession", _gateway_initialize),
    "transaction_initialize_session": ("TransactionInitializeSession", _session("initialize")),
    "transaction_process_session": ("TransactionProcessSession", _session("process")),
    "transaction_charge_requested": ("TransactionChargeRequested", _action_requested("charge")),
    "transaction_cancelation_requested": ("TransactionCancelationRequested", _action_requested("cancel")),
    "transaction_refund_requested": ("TransactionRefundRequested", _action_requested("refund")),
    "app_deleted": ("AppDeleted", _app_deleted),
}
EVENTS = frozenset(_READERS)
"""The names of the events that are read, as their routes spell them."""


def _envelope(body: Body) -> dict[str, Any]:
    return {
        "issued_at": moment(body, "issuedAt"),
        "version": text(body, "version"),
        "recipient_id": text(body, "recipient", "id"),
        "unreadable": _unreadable(body.get("errors")),
    }


def _source(body: Body) -> Source:
    source = at(body, "sourceObject")
    kind = _SOURCES.get(optional_text(body, "sourceObject", "__typename"))
    if not isinstance(source, dict) or kind is None:
        raise unusable("sourceObject")
    id_ = text(body, "sourceObject", "id")
    return Source(
        kind=kind,
        id=id_,
        key=optional_text(body, "sourceObject", "checkoutId") or id_,
        channel=text(body, "sourceObject", "channel", "slug"),
        currency=text(body, "sourceObject", "channel", "currencyCode"),
        total=maybe_number(source, "totalPrice", "gross", "amount"),
        language=language_of(optional_text(body, "sourceObject", "languageCode")),
        billing_phone=optional_text(body, "sourceObject", "billingAddress", "phone"),
        shipping_phone=optional_text(body, "sourceObject", "shippingAddress", "phone"),
        has_user=source.get("user") is not None,
    )


_SOURCES: Mapping[str | None, SourceKind] = {"Checkout": SourceKind.CHECKOUT, "Order": SourceKind.ORDER}


def _undelivered(requests: list[dict[str, Any]], failures: list[dict[str, Any]]) -> frozenset[str]:
    # Saleor gives a failure that it writes itself the name of its request, and this one never got a name.
    nameless = [_created(event) for event in failures if not optional_text(event, "pspReference")]
    newest = max(nameless, default="")
    return frozenset(
        event["id"] for event in requests if not optional_text(event, "pspReference") and _created(event) <= newest
    )


def _events(body: Body, type_: str) -> list[dict[str, Any]]:
    # Saleor lists the newest first, and sorting keeps the order of those that are equally new. Its moments are all in
    # UTC and of one form, so their texts are in the order of time.
    events = at(body, "transaction", "events")
    listed = [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
    wanted = [event for event in listed if event.get("type") == type_ and optional_text(event, "id")]
    return sorted(wanted, key=_created, reverse=True)


def _created(event: dict[str, Any]) -> str:
    return optional_text(event, "createdAt") or ""


def _unreadable(errors: object) -> tuple[str, ...]:
    if not isinstance(errors, list):
        return ()
    paths = [error.get("path") for error in errors if isinstance(error, dict)]
    return tuple(".".join(map(str, path)) for path in paths if isinstance(path, list))


def _body(raw: bytes) -> Body:
    try:
        body = decoded(raw.decode())
    except ValueError:
        raise MalformedMessage("CANT_BE_PARSED", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise MalformedMessage("CANT_BE_PARSED", "the body is not a JSON object")
    return body
