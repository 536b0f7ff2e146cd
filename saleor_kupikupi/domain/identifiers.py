"""The names that both counterparts know a payment by.

R is the reference: the Saleor transaction's token, a UUID of 36 characters, given to Kupi-Kupi as `orderId`. A success
is always reported under R itself. Everything else that reaches Saleor carries a name derived from R, so that no event
is taken for another: Saleor identifies an event by (transaction, pspReference, type).
"""

from datetime import UTC, datetime
from typing import NewType
from uuid import UUID

Reference = NewType("Reference", str)


def reference_of(token: str) -> Reference:
    """Makes the reference from a transaction's token.

    Raises ValueError when the token is not a UUID in its canonical spelling: `orderId` holds 36 characters at most, and
    two spellings of one token would be two orders.
    """
    if str(UUID(token)) != token:
        raise ValueError("the transaction's token is not a UUID in lower case with dashes")
    return Reference(token)


def rejected(reference: Reference) -> str:
    """Names the report of a transfer that failed."""
    return f"{reference}:rejected"


def canceled(reference: Reference) -> str:
    """Names the report of a transfer that nobody confirmed in time."""
    return f"{reference}:canceled"


def never_opened(reference: Reference) -> str:
    """Names the report of a transfer that the provider never came to know."""
    return f"{reference}:never-opened"


def cancel(reference: Reference, repeat_of: str | None = None) -> str:
    """Names the answer to a cancel request; a further request is told apart by its event's id."""
    return f"{reference}:cancel" if repeat_of is None else f"{reference}:cancel:{repeat_of}"


def recorded_refund(reference: Reference, name: str) -> str:
    """Names a refund that was made without Saleor."""
    return f"{reference}:refund:recorded:{name}"


def actions(reference: Reference, name: str) -> str:
    """Names the report that changes what Saleor's staff may ask for."""
    return f"{reference}:actions:{name}"


def recalculate(reference: Reference, number: int) -> str:
    """Names the report that makes Saleor add the transaction's events up anew, counted from 1."""
    return f"{reference}:recalculate:{number}"


def charge_refusal(reference: Reference, event_id: str) -> str:
    """Names the refusal of one charge request."""
    return f"{reference}:charge:{event_id}"


def refund(reference: Reference, issued_at: datetime) -> str:
    """Names the answer to one refund request, and the task that it makes, by the moment that Saleor sent it.

    What Saleor sends about equal requests of one moment differs in nothing else.
    """
    return f"{reference}:refund:{issued_at.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"


def is_refund_of(reference: Reference, name: str) -> bool:
    """Tells whether a name is one that this app gives to refunds of this transfer."""
    return name.startswith(f"{reference}:refund:")
