"""When a transfer that is not final is looked at again.

The looks lie at fixed times after the transfer began, or after it was last claimed, so that a look in between, set off
by a notification, the buyer or a person, moves none of them. Below the last of them the age decides. After thirty days
the transfer is stale: shown, no longer asked for by itself. What was paid for has its own few looks, until there is an
order.
"""

from datetime import datetime, timedelta
from itertools import accumulate

from saleor_kupikupi.domain.transfer import Transfer

CLAIM_WAITS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
OPEN_WAITS = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0)

_CLAIM_LOOKS = tuple(accumulate(CLAIM_WAITS + OPEN_WAITS))
_OPEN_LOOKS = tuple(accumulate(OPEN_WAITS))
_BY_AGE = (
    (timedelta(days=1), timedelta(minutes=15)),
    (timedelta(days=7), timedelta(hours=1)),
    (timedelta(days=30), timedelta(days=1)),
)
ORDER_LOOKS = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)

VERIFICATION_LOOKS = (timedelta(seconds=2), timedelta(seconds=30), timedelta(minutes=5), timedelta(hours=1))
RECALCULATED_AFTER = timedelta(seconds=2)


def next_verification(told_at: datetime, now: datetime, *, verified: bool) -> datetime | None:
    """Tell when Saleor is asked next whether it holds what it took at `told_at`; None for never.

    Looks that showed nothing missing end after an hour, the others after thirty days.
    """
    soon = next((told_at + wait for wait in VERIFICATION_LOOKS if told_at + wait > now), None)
    if soon is not None or verified:
        return soon
    age = now - told_at
    return next((now + max(wait, timedelta(hours=1)) for limit, wait in _BY_AGE if age < limit), None)


def next_check(transfer: Transfer, now: datetime) -> datetime | None:
    """Tells when an undecided transfer is asked about next; None once it is stale.

    A claim is followed closely whatever the transfer's age.
    """
    claimed = transfer.claimed_at
    begun, looks = (transfer.created_at, _OPEN_LOOKS) if claimed is None else (claimed, _CLAIM_LOOKS)
    soon = (at for look in looks if (at := begun + timedelta(seconds=look)) > now)
    age = now - transfer.created_at
    by_age = (now + wait for limit, wait in _BY_AGE if age < limit)
    return next(soon, None) or next(by_age, None)


def next_delivery(owed_since: datetime, attempts: int, now: datetime) -> datetime | None:
    """Tells when an undelivered report is tried again after `attempts` failures; None after thirty days.

    Waits 5 s, doubles up to an hour, then goes on hourly.
    """
    if now - owed_since >= timedelta(days=30):
        return None
    return now + timedelta(seconds=min(5.0 * 2 ** min(attempts - 1, 10), 3600.0))


def next_order_look(confirmed_at: datetime, now: datetime) -> datetime | None:
    """Tells when Saleor is asked next whether a paid checkout has become an order; None a day after the payment."""
    return next((confirmed_at + wait for wait in ORDER_LOOKS if confirmed_at + wait > now), None)
