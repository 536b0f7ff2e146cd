"""A person wants to know now: ask the provider about one transfer, and Saleor whether it shows the charge."""

from dataclasses import dataclass

from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.settle import Said, follow
from saleor_kupikupi.flows.verify import Verdict, verify
from saleor_kupikupi.store import due, timeline

_NOTES = {Said.KNOWN: "CHECK_ANSWERED", Said.REFUSED: "CHECK_REFUSED", Said.NOTHING: "CHECK_UNANSWERED"}


class SomebodyAsks(AppError):
    """Another process asks about the transfer at this moment; in a few seconds it will have its answer."""


class NeverSent(AppError):
    """The transfer was refused before the provider heard of it, so there is nothing to ask."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A transfer after the question, and both answers.

    `words` are the provider's status, or those of its refusal. `saleor` is what a look at the charge in Saleor showed.
    """

    transfer: Transfer
    said: Said
    words: str
    saleor: Verdict


def never_sent(transfer: Transfer) -> bool:
    """Tells whether there is nothing to ask about."""
    return transfer.sent_at is None


def check(parts: Parts, transfer: Transfer, by: str) -> Checked:
    """Ask both sides at once and note who wanted to know; raises SomebodyAsks and NeverSent."""
    if never_sent(transfer):
        raise NeverSent("this transfer never reached Kupi-Kupi")
    lease = parts.owner()
    with parts.database.write() as tx:
        if not due.take(tx, transfer.id, lease, parts.now(), parts.limits.lease):
            raise SomebodyAsks("somebody is asking about it right now: try again in a few seconds")
    seen = follow(parts, transfer, lease)
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), by, _NOTES[seen.said], seen.words)
    return Checked(seen.transfer, seen.said, seen.words, look_at_saleor(parts, seen.transfer))


def look_at_saleor(parts: Parts, transfer: Transfer) -> Verdict:
    """Make sure that Saleor shows a transfer's charge, and heal it where it does not."""
    if transfer.state is not State.CONFIRMED:
        return Verdict.NOT_TOLD
    return verify(parts, transfer, parts.deadline(parts.limits.order))
