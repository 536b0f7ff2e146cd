"""Finds out the truth about a transfer and writes it down together with what Saleor must be told.

Four things set it off and it has one body: a notification, the buyer's return, the reconciler, and a person's
"check now". Only the answer to our own signed `checkout` is believed; in the test environment, where the provider may
know no order, a merchant may let the notification count instead.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

import structlog

from saleor_kupikupi.domain.connection import Credentials
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import ContractBroken, ContradictoryStatus, HeldBack, OutboundError
from saleor_kupikupi.domain.ladder import next_check
from saleor_kupikupi.domain.reports import owed_after
from saleor_kupikupi.domain.transfer import State, Transfer, is_claimed_in_vain, never_came_to_be, observe
from saleor_kupikupi.flows.health import note_answer, note_silence
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.payer import credentials_of, renewed
from saleor_kupikupi.flows.refund import taken_on
from saleor_kupikupi.kupikupi.client import Declined, Observation
from saleor_kupikupi.kupikupi.statuses import state_of
from saleor_kupikupi.store import cancels, claims, connections, due, reports, timeline, transfers

log = structlog.get_logger()


class Said(Enum):
    """What `checkout` told us."""

    KNOWN = auto()
    REFUSED = auto()
    NOTHING = auto()


@dataclass(frozen=True, slots=True)
class Look:
    """A transfer as it is after `checkout` was asked, and what `checkout` said; `words` are its own."""

    transfer: Transfer
    said: Said
    words: str = ""


def look(parts: Parts, transfer: Transfer, deadline: Deadline) -> Look:
    """Asks `checkout` once and writes down what follows; the caller holds the transfer's lease."""
    asked_at = parts.now()  # a claim that comes in while we wait is younger than the answer
    answer = _ask(parts, transfer, deadline)
    if answer is None:
        return Look(transfer, Said.NOTHING)
    if isinstance(answer, Declined):
        words = f"{answer.message} ({answer.code})" if answer.message else answer.code
        return Look(_refused(parts, transfer, answer, asked_at), Said.REFUSED, words)
    return Look(believe(parts, transfer, answer, asked_at), Said.KNOWN, answer.status)


def settle(parts: Parts, transfer: Transfer, lease: str) -> Transfer:
    """Asks about a transfer whose time has come, and sets the next time where it is still undecided."""
    return follow(parts, transfer, lease).transfer


def follow(parts: Parts, transfer: Transfer, lease: str) -> Look:
    """Does the same and tells what `checkout` said too."""
    looked = look(parts, transfer, parts.deadline(parts.limits.worker_call))
    seen = looked.transfer
    if seen.claimed_at != transfer.claimed_at:
        # A claim came in meanwhile, and this answer may be older than our `OK`: the claim's own time stands.
        with parts.database.write() as tx:
            due.release(tx, seen.id, lease)
        return looked
    due_at = None if seen.decided else next_check(seen, parts.now())
    stale = due_at is None and not seen.decided
    with parts.database.write() as tx:
        due.reschedule(tx, seen, lease, due_at=due_at, stale_at=parts.now() if stale else None)
        if stale and seen.stale_at is None:
            timeline.note(tx, seen.id, parts.now(), "app", "stale")
    if stale:
        log.error("transfer is stale", reference=seen.reference)
    return looked


def write_down(parts: Parts, transfer: Transfer, change: Callable[[Transfer], Transfer], who: str) -> Transfer:
    """Applies a change and commits it together with the reports that it makes due; a lost race is run again.

    The change is tried on the row as it is now: whoever else moved it is never overwritten.
    """
    while True:
        changed = change(transfer)
        with parts.database.write() as tx:
            saved = transfers.save(tx, transfer, changed)
            if saved and (changed.state, changed.decided) != (transfer.state, transfer.decided):
                waiting = cancels.waiting(tx, transfer.id)
                owed = owed_after(changed, waiting, parts.staff_language, taken_on(tx, changed))
                reports.owe(tx, changed, owed, parts.now())
                cancels.settle(tx, transfer.id, parts.now())
                what = changed.state if changed.final else "NEVER_OPENED"
                timeline.note(tx, transfer.id, parts.now(), who, what, changed.provider_status)
            current = changed if saved else transfers.lock(tx, transfer.id)
        if saved:
            return changed
        transfer = current


def _ask(parts: Parts, transfer: Transfer, deadline: Deadline) -> Observation | Declined | None:
    used = credentials_of(parts, transfer)
    if used is None:
        log.error("transfer has no credentials", reference=transfer.reference)
        return None
    try:
        answer = _checkout(parts, used, transfer, deadline)
        newer = renewed(parts, used) if isinstance(answer, Declined) else None
        if newer is not None and deadline.remaining() >= parts.limits.second_call:
            used, answer = newer, _checkout(parts, newer, transfer, deadline)
    except HeldBack as error:  # which says nothing about the provider
        log.warning("checkout not asked", reference=transfer.reference, error=str(error))
        return None
    except ContractBroken as error:
        log.error("checkout answered wrongly", reference=transfer.reference, error=str(error))
    except OutboundError as error:
        log.warning("checkout not answered", reference=transfer.reference, error=str(error))
    else:
        note_answer(parts, used, answer, ours=transfer.state is not State.REQUESTED)
        return answer
    note_silence(parts, used)
    return None


def _checkout(parts: Parts, used: Credentials, transfer: Transfer, deadline: Deadline) -> Observation | Declined:
    return parts.kupikupi.checkout(used, transfer.reference, transfer.amount, deadline, transfer.payment_id)


def believe(parts: Parts, transfer: Transfer, answer: Observation, asked_at: datetime) -> Transfer:
    """Writes down what `checkout` said; a contradiction changes nothing and raises an alert."""
    if answer.state is None:
        log.warning("unknown status", reference=transfer.reference, status=answer.status)
    state = answer.state or State.OPEN

    def observed(row: Transfer) -> Transfer:
        seen = observe(row, state, answer.status, asked_at)
        return replace(seen, payment_id=row.payment_id or answer.payment_id)

    try:
        seen = write_down(parts, transfer, observed, "kupikupi")
    except ContradictoryStatus as error:
        return _contradicted(parts, transfer, error)
    _tell(transfer, seen, answer.status)
    return seen


def _tell(before: Transfer, after: Transfer, status: str) -> None:
    log.info("checkout answered", reference=after.reference, status=status, state=after.state)
    if after.state is not State.CONFIRMED or before.state is State.CONFIRMED:
        return
    if before.withdrawn or before.final:
        log.error("confirmed after all, look for a double payment", reference=after.reference, was=before.state)


def _contradicted(parts: Parts, transfer: Transfer, error: ContradictoryStatus) -> Transfer:
    log.error("contradictory status", reference=transfer.reference, error=str(error))
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), "kupikupi", "CONTRADICTION", str(error))
    return transfer


def _refused(parts: Parts, transfer: Transfer, answer: Declined, asked_at: datetime) -> Transfer:
    """Takes a refusal of `checkout` for what it is: it moves nothing, but for what was never there."""
    if _notification_counts(parts, transfer):
        state = state_of(transfer.claimed_status)
        claimed = Observation(state, transfer.claimed_status, transfer.payment_id or "")
        return believe(parts, transfer, claimed, asked_at)
    log.warning("checkout refused", reference=transfer.reference, code=answer.code)

    def note(row: Transfer) -> Transfer:
        seen = replace(row, checked_at=asked_at)
        return replace(seen, never_opened_at=parts.now()) if never_came_to_be(row, parts.now()) else seen

    if transfer.decided:
        return transfer
    seen = write_down(parts, transfer, note, "kupikupi")
    _let_others_be_claimed(parts, seen)
    return seen


def _let_others_be_claimed(parts: Parts, transfer: Transfer) -> None:
    """Ends the wait of others for a claim in vain; the transfer itself stays claimed and is followed all the same."""
    if not is_claimed_in_vain(transfer, parts.now()):
        return
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)  # it may have been claimed again
        if not is_claimed_in_vain(current, parts.now()) or not claims.free_slot(tx, transfer.id):
            return
        timeline.note(tx, transfer.id, parts.now(), "app", "CLAIM_IN_VAIN")
    log.error("claim in vain", reference=transfer.reference)


def _notification_counts(parts: Parts, transfer: Transfer) -> bool:
    if not transfer.is_test or transfer.claimed_at is None or transfer.final or transfer.connection_id is None:
        return False
    with parts.database.read() as tx:
        connection = connections.by_id(tx, transfer.connection_id)
    return connection is not None and connection.trust_test_notification
