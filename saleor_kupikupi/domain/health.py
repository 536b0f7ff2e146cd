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
    """Adds what happened since: `news` began as an empty Health."""
    failing = news.failing_since
    if news.heard_at is None:
        failing = before.failing_since or failing
    since, refusal = news.refused_since, news.refusal
    if news.accepted_at is None:
        since, refusal = before.refused_since or since, refusal or before.refusal
    return Health(
        accepted_at=news.accepted_at or before.accepted_at,
        heard_at=news.heard_at or before.heard_at,
        failing_since=failing,
        refused_since=since,
        refusal=refusal,
    )


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
