"""The buyer is back: says how the transfer stands, asking the provider where nobody has asked just now."""

from collections.abc import Mapping
from dataclasses import replace

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import NotSent, OutcomeUnknown
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.transfer import RESEND_AFTER, State, Transfer
from saleor_kupikupi.flows.adopt import adopt
from saleor_kupikupi.flows.enter_code import UNSENT, enter_code
from saleor_kupikupi.flows.hold import hold_reports, hold_what_is_owed
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.payer import payer_of
from saleor_kupikupi.flows.reply import Answer, pending, reply
from saleor_kupikupi.flows.settle import Look, Said, look, write_down
from saleor_kupikupi.flows.start import open_up, reference_in
from saleor_kupikupi.kupikupi.client import Form
from saleor_kupikupi.saleor.events import SessionEvent, Source
from saleor_kupikupi.store import due, timeline, transfers

log = structlog.get_logger()


def confirm(parts: Parts, installation: Installation, event: SessionEvent, deadline: Deadline) -> Answer:
    """Answers TRANSACTION_PROCESS_SESSION."""
    with parts.database.read() as tx:
        transfer = transfers.find(tx, installation.id, reference_in(event))
    if transfer is None:
        return adopt(parts, installation, event, deadline)
    if transfer.decided or (transfer.withdrawn and not transfer.claimed_at):
        hold_what_is_owed(parts, transfer)
        return reply(parts, transfer)
    lease = parts.owner()
    with parts.database.write() as tx:
        taken = due.take(tx, transfer.id, lease, parts.now(), parts.limits.lease)
        hold_reports(parts, tx, transfer, deadline.remaining() if taken else 0)
        transfer = transfers.lock(tx, transfer.id)
    if not taken:
        return reply(parts, transfer)
    try:
        return _advance(parts, transfer, _code_in(event.data), event.source, lease, deadline)
    finally:
        with parts.database.write() as tx:
            due.release(tx, transfer.id, lease)
            hold_reports(parts, tx, transfer)


def _code_in(data: object) -> object:
    return data.get("code") if isinstance(data, Mapping) else None


def _advance(parts: Parts, transfer: Transfer, code: object, source: Source, lease: str, deadline: Deadline) -> Answer:
    """Takes a leased, undecided transfer as far as it goes now."""
    problem = None if code is None else enter_code(parts, transfer, code, source, deadline)
    problems = () if problem is None else (problem,)
    if (code is None or problem in UNSENT) and _fresh(parts, transfer):
        return reply(parts, transfer, problems)
    if code is not None and deadline.remaining() < parts.limits.second_call:
        return pending(parts, transfer)
    seen = look(parts, transfer, deadline)
    if seen.transfer.state is State.REQUESTED and not seen.transfer.withdrawn and not seen.transfer.claimed_at:
        return _resolve(parts, seen, lease, deadline)
    return reply(parts, seen.transfer, problems)


def _fresh(parts: Parts, transfer: Transfer) -> bool:
    """Whether somebody asked a moment ago and nothing was claimed since."""
    if transfer.checked_at is None or (transfer.claimed_at and transfer.claimed_at >= transfer.checked_at):
        return False
    return (parts.now() - transfer.checked_at).total_seconds() < parts.limits.answer_reuse


def _resolve(parts: Parts, seen: Look, lease: str, deadline: Deadline) -> Answer:
    """Goes on with a transfer whose `init` was never answered."""
    transfer = seen.transfer
    if seen.said is Said.KNOWN:
        return reply(parts, _abandon(parts, transfer))
    last_sent = transfer.resent_at or transfer.sent_at
    if seen.said is Said.NOTHING or last_sent is None or parts.now() - last_sent < RESEND_AFTER:
        return pending(parts, transfer)
    if transfer.resent_at is not None:
        return reply(parts, _abandon(parts, transfer))
    if deadline.remaining() < parts.limits.second_call:
        return pending(parts, transfer)
    return _send_again(parts, transfer, lease, deadline)


def _abandon(parts: Parts, transfer: Transfer) -> Transfer:
    """Gives up a form whose address was lost: no `OK` from now on, unless somebody has paid already."""

    def give_up(row: Transfer) -> Transfer:
        return row if row.claimed_at or row.withdrawn else replace(row, abandoned_at=parts.now())

    seen = write_down(parts, transfer, give_up, "app")
    log.warning("the form's address is lost", reference=transfer.reference, abandoned=seen.abandoned_at is not None)
    with parts.database.write() as tx:
        timeline.note(tx, transfer.id, parts.now(), "app", "FORM_LOST")
    return seen


def _send_again(parts: Parts, transfer: Transfer, lease: str, deadline: Deadline) -> Answer:
    """Sends `init` once more under the same reference: `checkout` does not know the first one.

    A refusal of this one proves nothing, since the first may have arrived after all.
    """
    marked = write_down(parts, transfer, lambda row: replace(row, resent_at=parts.now()), "app")
    payer = payer_of(parts, transfer)
    if payer is None:
        return reply(parts, _abandon(parts, marked))
    try:
        answer = parts.kupikupi.init(payer.credentials, payer.phone, marked.reference, marked.amount, deadline)
    except NotSent:
        return pending(parts, write_down(parts, marked, lambda row: replace(row, resent_at=None), "app"))
    except OutcomeUnknown as error:
        log.error("outcome of the second init unknown", reference=marked.reference, error=str(error))
        return pending(parts, marked)
    log.info("init sent again", reference=marked.reference, accepted=isinstance(answer, Form))
    if isinstance(answer, Form):
        return reply(parts, open_up(parts, marked, answer, lease))
    return reply(parts, _abandon(parts, marked))
