"""What about a transfer somebody should look at. It knows facts and times, not how they are found."""

from datetime import datetime, timedelta
from enum import StrEnum

from saleor_kupikupi.domain.transfer import State, Transfer

LATE_AFTER = timedelta(hours=1)
UNKNOWN_AFTER = timedelta(minutes=2)


class Trouble(StrEnum):
    """One thing that is wrong."""

    LOST = "lost"
    DOUBLE = "double"
    DEAD = "dead"
    LATE = "late"
    UNKNOWN = "unknown"
    STALE = "stale"


def own_troubles(transfer: Transfer, now: datetime) -> tuple[Trouble, ...]:
    """Lists what is wrong with the transfer itself; its reports may be in trouble beside that.

    A transfer that was confirmed though it was withdrawn may be a second payment of the same thing. One whose `init`
    got no answer for a while is neither open nor refused.
    """
    found = []
    if transfer.state is State.CONFIRMED and transfer.withdrawn:
        found.append(Trouble.DOUBLE)
    unanswered = transfer.state is State.REQUESTED and not transfer.decided
    if unanswered and now - transfer.created_at >= UNKNOWN_AFTER:
        found.append(Trouble.UNKNOWN)
    if transfer.stale_at is not None and not transfer.decided:
        found.append(Trouble.STALE)
    return tuple(found)


def report_trouble(state: str, owed_since: datetime, now: datetime) -> Trouble | None:
    """Tells what is wrong with a report; `state` is owed, delivered or dead."""
    if state == "dead":
        return Trouble.DEAD
    if state == "owed" and now - owed_since >= LATE_AFTER:
        return Trouble.LATE
    return None
