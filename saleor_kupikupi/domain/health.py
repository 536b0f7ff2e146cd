"""How the provider answers one environment of a connection, and what follows from that. It asks nobody.

What a "no" means cannot be read from its code, since none are published. A refusal to tell of a transfer that the
provider itself took on, though, speaks against our credentials, and so does the same refusal of all new payments.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from saleor_kupikupi.domain.transfer import State, Transfer

REFUSED_PAYMENTS = 5  # in a row, of
REFUSED_PHONES = 3  # different phones, told apart by their last four digits


@dataclass(frozen=True, slots=True)
class Health:
    """What is known; `accepted_at` is the last "yes", `heard_at` the last answer, a "no" as well."""

    accepted_at: datetime | None = None
    heard_at: datetime | None = None
    failing_since: datetime | None = None
    refused_since: datetime | None = None
    refusal: str = ""


def accepted(before: Health, at: datetime) -> Health:
    """Notes a "yes": there is an answer, and it is no refusal."""
    return replace(before, accepted_at=at, heard_at=at, failing_since=None, refused_since=None, refusal="")


def heard(before: Health, at: datetime) -> Health:
    """Notes a "no" that says nothing about our credentials."""
    return replace(before, heard_at=at, failing_since=None)


def refused(before: Health, at: datetime, refusal: str) -> Health:
    """Notes a "no" to what only our credentials can be the reason for, in the provider's words."""
    since = before.refused_since or at
    return replace(before, heard_at=at, failing_since=None, refused_since=since, refusal=refusal)


def unanswered(before: Health, at: datetime) -> Health:
    """Notes that no usable answer came."""
    return replace(before, failing_since=before.failing_since or at)


def merged(before: Health, news: Health) -> Health:
    """Adds what another process has noticed, in whatever order it is written down: a "yes" ends only what is older."""
    accepted_at = _latest(before.accepted_at, news.accepted_at)
    heard_at = _latest(before.heard_at, news.heard_at)
    again = _since(accepted_at, news.refused_since) is not None
    refused_since = _since(accepted_at, before.refused_since, news.refused_since)
    words = news.refusal if again else before.refusal
    return Health(
        accepted_at=accepted_at,
        heard_at=heard_at,
        failing_since=_since(heard_at, before.failing_since, news.failing_since),
        refused_since=refused_since,
        refusal=words if refused_since else "",
    )


def _latest(*moments: datetime | None) -> datetime | None:
    return max((each for each in moments if each is not None), default=None)


def _since(ended_at: datetime | None, *begun: datetime | None) -> datetime | None:
    return min((each for each in begun if each is not None and (ended_at is None or each >= ended_at)), default=None)


def with_payments(health: Health, newest_first: Sequence[Transfer]) -> Health:
    """Adds what the newest payments of this connection and environment show.

    Those that could not be sent since the last answer make it fail; where all were refused in the same words, it is
    refused.
    """
    seen = [each for each in newest_first if each.credentials_id is not None and each.state is not State.REQUESTED]
    failed = _run(seen, "provider_unavailable")
    if failed and (health.heard_at is None or failed[0].created_at > health.heard_at):
        begun = failed[-1].created_at
        health = replace(health, failing_since=min(begun, health.failing_since or begun))
    declined = _run(seen, "declined")
    if declined == seen and _speaks_against_us(health, declined):
        begun = declined[-1].created_at
        since = min(begun, health.refused_since or begun)
        health = replace(health, refused_since=since, refusal=_words(declined[0]))
    return health


def _run(newest_first: Sequence[Transfer], code: str) -> list[Transfer]:
    """Gives the newest payments up to the first that did not end with this refusal."""
    run: list[Transfer] = []
    for each in newest_first:
        if each.refusal is None or each.refusal.code != code:
            break
        run.append(each)
    return run


def _speaks_against_us(health: Health, declined: Sequence[Transfer]) -> bool:
    if len(declined) < REFUSED_PAYMENTS or len({each.phone_last4 for each in declined}) < REFUSED_PHONES:
        return False
    if health.accepted_at is not None and health.accepted_at > declined[-1].created_at:
        return False
    return len({_words(each) for each in declined}) == 1


def _words(transfer: Transfer) -> str:
    refusal = transfer.refusal
    return "" if refusal is None else words_of(refusal.provider_code, refusal.provider_message)


def words_of(code: str, message: str) -> str:
    """Writes the provider's "no" as people read it."""
    return f"{message} ({code})".strip()
