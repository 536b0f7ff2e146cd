"""Makes sure that a webhook was sent by a Saleor that installed us, to us, now, for this route.

The signature is checked over the raw bytes before anything is parsed. A header only chooses whose key is tried; what
the message means is taken from the signed body.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import CallerNotTrusted, MalformedMessage
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.keys import installation_now, keys_with, known_installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor import events, signature
from saleor_kupikupi.store import installations, upgrades

SESSION_EVENTS = frozenset(
    {"payment_gateway_initialize_session", "transaction_initialize_session", "transaction_process_session"}
)
ACTION_EVENTS = frozenset(
    {"transaction_charge_requested", "transaction_cancelation_requested", "transaction_refund_requested"}
)


class Headers(Protocol):
    """A request's headers, found by name in any case of letters."""

    def get(self, name: str, /) -> str | None:
        """Gives a header's value, or None."""


@dataclass(frozen=True, slots=True)
class Authenticated:
    """A webhook that is believed; `event` is None for the empty body of a repeated action request."""

    installation: Installation
    event: events.Event | None


def authenticate(parts: Parts, route: str, headers: Headers, raw: bytes, deadline: Deadline) -> Authenticated:
    """Believes a webhook or refuses it.

    Raises MalformedMessage or CallerNotTrusted, whose `kind` is the app-sdk's word for it.
    """
    api_url, signed = _read_headers(route, headers)
    if not raw and route not in ACTION_EVENTS:
        raise MalformedMessage("MISSING_REQUEST_BODY", "the request has no body")
    installation = _installation(known_installation(parts, api_url))
    signature.verify(raw, signed, keys_with(parts, installation, signature.key_id(signed), deadline))
    if not raw:
        return Authenticated(installation, None)
    event = events.parse(route, raw)
    _check_age(parts, route, event)
    return Authenticated(_check_recipient(parts, installation, event), event)


def _read_headers(route: str, headers: Headers) -> tuple[str, str]:
    api_url = headers.get("Saleor-Api-Url")
    if not api_url:
        raise MalformedMessage("MISSING_API_URL_HEADER", "the header Saleor-Api-Url is missing")
    event = headers.get("Saleor-Event")
    if not event:
        raise MalformedMessage("MISSING_EVENT_HEADER", "the header Saleor-Event is missing")
    if event.lower() != route:
        raise MalformedMessage("WRONG_EVENT", f"this address takes {route} only")
    signed = headers.get("Saleor-Signature")
    if not signed:
        raise MalformedMessage("MISSING_SIGNATURE_HEADER", "the header Saleor-Signature is missing")
    return api_url, signed


def _installation(found: Installation | None) -> Installation:
    if found is None:
        raise CallerNotTrusted("NOT_REGISTERED", "this Saleor has not installed the app")
    return found


def _check_age(parts: Parts, route: str, event: events.Event) -> None:
    age = parts.now() - event.issued_at
    limit = parts.limits.session_age if route in SESSION_EVENTS else parts.limits.action_age
    if age > limit or age < -parts.limits.clock_ahead:
        raise CallerNotTrusted(
            "ISSUED_AT_OUT_OF_RANGE", f"the message was issued {_span(age)}; check both machines' clocks"
        )


def _span(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    return f"{seconds} s ago" if seconds >= 0 else f"{-seconds} s in the future"


def _check_recipient(parts: Parts, installation: Installation, event: events.Event) -> Installation:
    if event.recipient_id != installation.app_id:
        installation = _installation(installation_now(parts, installation.api_url))
    if event.recipient_id != installation.app_id:
        raise CallerNotTrusted(
            "WRONG_RECIPIENT", "the message is meant for another app, or for an earlier installation"
        )
    if event.version and event.version != installation.version:
        with parts.database.write() as tx:
            installations.follow_version(tx, installation.id, event.version)
            upgrades.hasten(tx, parts.now(), installation.id)
        return _installation(installation_now(parts, installation.api_url))
    return installation
