"""What the provider can answer, as values: its "no" is one of them and no error."""

from dataclasses import dataclass

from saleor_kupikupi.domain.transfer import State


@dataclass(frozen=True, slots=True)
class Declined:
    """The provider's "no": its code is opaque, its message is meant for the buyer and may be empty."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider's "yes" to what has no other answer."""

    message: str


@dataclass(frozen=True, slots=True)
class Balance:
    """A buyer's points in kopecks: one point pays one rouble."""

    kopecks: int


@dataclass(frozen=True, slots=True)
class Form:
    """A transfer that was opened, and the page where the buyer types the code."""

    payment_id: str
    transfer_url: str


@dataclass(frozen=True, slots=True)
class Observation:
    """Where a transfer stands; `state` is None where `status` is a word that the manual does not list."""

    state: State | None
    status: str
    payment_id: str


@dataclass(frozen=True, slots=True)
class Notification:
    """What a notification claims. It is unsigned, so none of it is believed.

    `status` is the transfer's; `success` is None where the notification does not say.
    """

    reference: str
    status: str
    platform_uid: str | None
    success: bool | None
