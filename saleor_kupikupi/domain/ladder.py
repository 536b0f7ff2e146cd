"""When a transfer that is not final is looked at again.

One ladder of waits in seconds: a claim puts the transfer on its first step, an open transfer starts further down, and
below the last step its age decides. After thirty days it is stale: shown, no longer asked for by itself. What was paid
for has its own few looks, until there is an order.
"""

from datetime import datetime, timedelta

CLAIM_WAITS = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0)
OPEN_WAITS = (15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0)
CLAIM_STEP = 0
OPEN_STEP = len(CLAIM_WAITS)

_WAITS = CLAIM_WAITS + OPEN_WAITS
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


def next_check(created_at: datetime, step: int, now: datetime) -> datetime | None:
    """Tells when a transfer on this step is asked about next; None once it is stale.

    A claim is followed down its own steps whatever the transfer's age.
    """
    age = now - created_at
    if step >= OPEN_STEP and age >= _BY_AGE[-1][0]:
        return None
    if step < len(_WAITS):
        return now + timedelta(seconds=_WAITS[step])
    return now + next(wait for limit, wait in _BY_AGE if age < limit)


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
