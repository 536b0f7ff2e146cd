"""The centre: a transfer of points, its states and the moves between them.

    REQUESTED   written down before `init` is sent. It stays here while the outcome of `init` is unknown, because
                unknown is never failed, and no form's address is held.
    OPEN        the provider has it; the buyer may be on its form.
    CONFIRMED   the points moved. Money: it may never be left.
    REJECTED    it failed, or it was refused before or at `init`.
    CANCELED    nobody acted in the form's lifetime.

REQUESTED may reach every other state directly: a notification can outrun the answer to `init`. REJECTED and CANCELED
give way to one thing only, a CONFIRMED that `checkout` itself shows later: a late truth is booked, and somebody should
look. Every other move out of a final state is a contradiction: it raises and changes nothing.

Being claimed, superseded, abandoned, never opened or stale are dated facts beside the five states. They decide who
gets an `OK` and who gets the form, never what is true.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from saleor_kupikupi.domain.errors import ContradictoryStatus
from saleor_kupikupi.domain.identifiers import Reference


class State(StrEnum):
    """What we hold to be true of a transfer."""

    REQUESTED = "REQUESTED"
    OPEN = "OPEN"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    CANCELED = "CANCELED"


MOVES: dict[State, frozenset[State]] = {
    State.REQUESTED: frozenset({State.OPEN, State.CONFIRMED, State.REJECTED, State.CANCELED}),
    State.OPEN: frozenset({State.CONFIRMED, State.REJECTED, State.CANCELED}),
    State.CONFIRMED: frozenset(),
    State.REJECTED: frozenset({State.CONFIRMED}),
    State.CANCELED: frozenset({State.CONFIRMED}),
}
FINAL = frozenset({State.CONFIRMED, State.REJECTED, State.CANCELED})
NEVER_OPENED_AFTER = timedelta(hours=24)
CLAIM_IN_VAIN_AFTER = timedelta(hours=24)
RESEND_AFTER = timedelta(seconds=30)


class Environment(StrEnum):
    """Which of the provider's two worlds a transfer lives in."""

    PRODUCTION = "production"
    TEST = "test"


class SourceKind(StrEnum):
    """What is being paid for in Saleor."""

    CHECKOUT = "checkout"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a transfer was refused: `code` is ours, the other two are the provider's own words, as they came."""

    code: str
    provider_code: str = ""
    provider_message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One movement of points from a buyer to the shop; `amount` is in kopecks, 0 where none was usable.

    `source_key` is what two payments of the same thing share: the checkout's id, also for the order made from it.
    `connection_id` and `credentials_id` are None for a transfer that was refused before the provider was chosen.
    `return_url` is where the storefront wants the buyer back, of those that the connection allows.
    """

    id: int
    installation_id: int
    connection_id: int | None
    credentials_id: int | None
    environment: Environment | None
    reference: Reference
    source_kind: SourceKind
    source_id: str
    source_key: str
    channel: str
    amount: int
    phone_last4: str
    language: str
    state: State
    created_at: datetime
    provider_status: str = ""
    payment_id: str | None = None
    transfer_url: str | None = None
    refusal: Refusal | None = None
    sent_at: datetime | None = None
    resent_at: datetime | None = None
    first_claimed_at: datetime | None = None
    claimed_at: datetime | None = None
    claimed_status: str = ""
    superseded_at: datetime | None = None
    abandoned_at: datetime | None = None
    never_opened_at: datetime | None = None
    stale_at: datetime | None = None
    checked_at: datetime | None = None
    order_id: str | None = None
    order_number: str | None = None
    return_url: str | None = None

    @property
    def final(self) -> bool:
        """Whether the provider has spoken its last word."""
        return self.state in FINAL

    @property
    def decided(self) -> bool:
        """Whether nothing more is expected: final, or never opened."""
        return self.final or self.never_opened_at is not None

    @property
    def withdrawn(self) -> bool:
        """Whether the buyer is to start again: superseded, abandoned or never opened."""
        return bool(self.superseded_at or self.abandoned_at or self.never_opened_at)

    @property
    def may_be_acknowledged(self) -> bool:
        """Whether a notification of this transfer may be answered `OK`, upon which the provider moves the points."""
        if self.state is State.CONFIRMED:
            return True
        return self.state in (State.REQUESTED, State.OPEN) and not self.withdrawn

    @property
    def is_test(self) -> bool:
        """Whether the points are not real."""
        return self.environment is Environment.TEST


def observe(transfer: Transfer, state: State, provider_status: str, at: datetime) -> Transfer:
    """Believes what `checkout` said at a moment; the same state again moves nothing.

    A REQUESTED transfer that the provider calls open stays REQUESTED: OPEN would promise a form whose address was lost.
    Raises ContradictoryStatus for a move that the table forbids.
    """
    seen = replace(transfer, provider_status=provider_status, checked_at=at)
    if state is transfer.state or (state is State.OPEN and transfer.state is State.REQUESTED):
        return seen
    if state not in MOVES[transfer.state]:
        raise ContradictoryStatus(
            "kupikupi", f"a transfer that is {transfer.state} is now said to be {provider_status}"
        )
    return replace(seen, state=state)


def opened(transfer: Transfer, payment_id: str, transfer_url: str) -> Transfer:
    """Notes that `init` was accepted and where the buyer types the code."""
    return replace(transfer, state=State.OPEN, provider_status="NEW", payment_id=payment_id, transfer_url=transfer_url)


def refused(transfer: Transfer, refusal: Refusal) -> Transfer:
    """Notes that the transfer was refused before it began."""
    return replace(transfer, state=State.REJECTED, refusal=refusal)


def never_came_to_be(transfer: Transfer, now: datetime) -> bool:
    """Tells whether a refusal by `checkout` now means that the provider never got our `init`.

    Only a transfer whose `init` was never answered, a day after it was last sent, and that nobody ever claimed.
    """
    if transfer.state is not State.REQUESTED or transfer.claimed_at or transfer.sent_at is None:
        return False
    return now - max(transfer.sent_at, transfer.resent_at or transfer.sent_at) >= NEVER_OPENED_AFTER


def is_claimed_in_vain(transfer: Transfer, now: datetime) -> bool:
    """Tells whether a refusal by `checkout` now means that a claim need not keep others of the same checkout waiting.

    Only where the first claim was a day ago, of a transfer that neither `init` nor `checkout` ever showed to be there:
    anybody who learned the notification address can make such a claim, and repeat it.
    """
    if transfer.decided or transfer.first_claimed_at is None or transfer.state is not State.REQUESTED:
        return False
    known = bool(transfer.payment_id or transfer.provider_status)
    return not known and now - transfer.first_claimed_at >= CLAIM_IN_VAIN_AFTER
