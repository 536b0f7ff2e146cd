"""Turns a checkout's session into a transfer: written down first, then sent, then written down again.

One transaction is one transfer. A repeated webhook finds the row and gets the same answer, a stored failure too; a
twin that arrives while the first is still talking to the provider waits for the row.
"""

from dataclasses import replace
from datetime import timedelta

import structlog

from saleor_kupikupi.domain.connection import Credentials
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import MalformedMessage, NotSent, OutcomeUnknown
from saleor_kupikupi.domain.identifiers import Reference, reference_of
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.ladder import next_check
from saleor_kupikupi.domain.money import UnusableAmount, kopecks_of
from saleor_kupikupi.domain.reports import owed_after
from saleor_kupikupi.domain.transfer import Refusal, State, Transfer, opened, refused
from saleor_kupikupi.flows.choose import Plan, plan
from saleor_kupikupi.flows.own_books import paid_of
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.reply import Answer, reply
from saleor_kupikupi.kupikupi.client import Declined, Form
from saleor_kupikupi.saleor.events import SessionEvent
from saleor_kupikupi.store import cancels, claims, due, reports, timeline, transfers, verifications
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.transfers import AlreadyThere

log = structlog.get_logger()

TWIN_LOOK = 0.1  # seconds between two looks at a row that a twin is working on


def start(parts: Parts, installation: Installation, event: SessionEvent, deadline: Deadline) -> Answer:
    """Answers TRANSACTION_INITIALIZE_SESSION: begins the transfer, or says how the one that is there stands."""
    found = plan(parts, installation.id, event)
    lease = parts.owner()
    try:
        transfer = _write_request(parts, installation, event, found, lease)
    except AlreadyThere:
        return reply(parts, wait_for_twin(parts, installation.id, reference_in(event), deadline))
    if transfer.final or found.credentials is None or found.phone is None:
        log.info("refused", reference=transfer.reference, code=transfer.refusal and transfer.refusal.code)
        return reply(parts, transfer)
    log.info("requested", reference=transfer.reference, amount=transfer.amount, source=transfer.source_id)
    return reply(parts, send(parts, transfer, found.credentials, found.phone, lease, deadline))


def reference_in(event: SessionEvent) -> Reference:
    """Reads the reference; raises MalformedMessage where the transaction's token is no UUID."""
    try:
        return reference_of(event.token)
    except ValueError as error:
        raise MalformedMessage("CANT_BE_PARSED", f"transaction.token: {error}") from None


def wait_for_twin(parts: Parts, installation_id: int, reference: Reference, deadline: Deadline) -> Transfer:
    """Waits while another request holds a REQUESTED row, for 8 s at most, and gives the row as it is then."""
    patience = deadline.sooner(parts.limits.twin_wait)
    with parts.database.read() as tx:
        row = transfers.known(tx, installation_id, reference).id
    while True:
        with parts.database.read() as tx:
            leased = due.is_leased(tx, row, parts.now())  # first: whoever gives it back has written the row by then
            transfer = transfers.read(tx, row)
        busy = leased and transfer.state is State.REQUESTED
        if not busy or patience.remaining() <= TWIN_LOOK:
            return transfer
        parts.sleep(TWIN_LOOK)


def send(
    parts: Parts, transfer: Transfer, credentials: Credentials, phone: str, lease: str, deadline: Deadline
) -> Transfer:
    """Sends `init` for a row that is written down and leased, writes down what came of it, and lets the row go."""
    try:
        answer = parts.kupikupi.init(credentials, phone, transfer.reference, transfer.amount, deadline)
    except NotSent as error:
        log.warning("init not sent", reference=transfer.reference, error=str(error))
        return close(parts, transfer, Refusal("provider_unavailable"), lease)
    except OutcomeUnknown as error:
        log.error("outcome of init unknown", reference=transfer.reference, error=str(error))
        return _leave(parts, transfer, lease)
    if isinstance(answer, Declined):
        log.info("init declined", reference=transfer.reference, code=answer.code)
        return close(parts, transfer, Refusal("declined", answer.code, answer.message), lease)
    return open_up(parts, transfer, answer, lease)


def open_up(parts: Parts, transfer: Transfer, form: Form, lease: str) -> Transfer:
    """Writes down that the form is open; older open transfers of the same source are superseded in the same commit.

    Where an older one turned out to be paid meanwhile, this one is abandoned instead: nobody is sent to its form.
    """
    with parts.database.write() as tx:
        changed = _with_form(parts, tx, transfer, form)
        if not transfers.save(tx, transfer, changed, lease=lease):  # a notification outran the answer
            current = transfers.lock(tx, transfer.id)
            changed = _with_form(parts, tx, current, form)
            transfers.save(tx, current, changed, lease=lease)
        timeline.note(tx, changed.id, parts.now(), "kupikupi", changed.state, form.payment_id)
        older = [] if changed.withdrawn else transfers.supersede_older(tx, changed, parts.now())
        for each in older:
            timeline.note(tx, each.id, parts.now(), "app", "SUPERSEDED", changed.reference)
    log.info("opened", reference=changed.reference, payment_id=form.payment_id, superseded=len(older))
    return changed


def _with_form(parts: Parts, tx: Tx, transfer: Transfer, form: Form) -> Transfer:
    if transfer.state is not State.REQUESTED:
        return replace(transfer, payment_id=form.payment_id)
    changed = opened(transfer, form.payment_id, form.transfer_url)
    if claims.is_paying(tx, transfer.installation_id, transfer.source_key, except_id=transfer.id):
        return replace(changed, abandoned_at=parts.now(), refusal=Refusal("payment_in_progress"))
    return changed


def close(parts: Parts, transfer: Transfer, refusal: Refusal, lease: str) -> Transfer:
    """Writes down that the transfer was refused before it began.

    The answer to the session says so; only a cancel that the shop asked for meanwhile is reported.
    """
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        changed = refused(current, refusal) if current.state is State.REQUESTED else current
        transfers.save(tx, current, changed)
        waiting = cancels.waiting(tx, changed.id)
        if waiting:
            reports.owe(tx, changed, owed_after(changed, waiting, parts.staff_language), parts.now())
            cancels.settle(tx, changed.id, parts.now())
        due.release(tx, changed.id, lease)
        timeline.note(tx, changed.id, parts.now(), "kupikupi", changed.state, refusal.code)
    return changed


def _leave(parts: Parts, transfer: Transfer, lease: str) -> Transfer:
    with parts.database.write() as tx:
        due.release(tx, transfer.id, lease)
        timeline.note(tx, transfer.id, parts.now(), "app", "OUTCOME_UNKNOWN")
        return transfers.lock(tx, transfer.id)


def _write_request(parts: Parts, installation: Installation, event: SessionEvent, found: Plan, lease: str) -> Transfer:
    draft = draft_of(parts, installation, event, found)
    with parts.database.write() as tx:
        refusal = found.refusal
        if refusal is None and _is_being_paid(parts, tx, draft, event):
            refusal = "payment_in_progress"
        if refusal is not None:
            draft = replace(draft, state=State.REJECTED, refusal=Refusal(refusal), sent_at=None)
        due_at = None if refusal else next_check(draft, parts.now())
        held = None if refusal else (lease, parts.now() + timedelta(seconds=parts.limits.lease))
        transfer = transfers.insert_new(tx, parts.vault, draft, found.phone, due_at, held)
        timeline.note(tx, transfer.id, draft.created_at, "saleor", transfer.state, refusal or "")
    return transfer


def _is_being_paid(parts: Parts, tx: Tx, draft: Transfer, event: SessionEvent) -> bool:
    """Whether another payment has to be waited for: one that is under way, or a charge that Saleor does not show."""
    key = draft.installation_id, draft.source_key
    if claims.is_paying(tx, *key):
        return True
    paid, total = paid_of(tx, *key), _total_of(event)
    if not paid or total is None or draft.amount <= total - paid:
        return False
    verifications.hasten(tx, *key, parts.now())
    return True


def _total_of(event: SessionEvent) -> int | None:
    """Tell in kopecks what the checkout or order costs; None where Saleor did not say, as an older webhook does not."""
    try:
        return None if event.source.total is None else kopecks_of(event.source.total)
    except UnusableAmount:
        return None


def draft_of(parts: Parts, installation: Installation, event: SessionEvent, found: Plan) -> Transfer:
    """Lays out the row of a new transfer; its id is the database's to give."""
    now = parts.now()
    return Transfer(
        id=0,
        installation_id=installation.id,
        connection_id=found.connection.id if found.connection else None,
        credentials_id=found.credentials.id if found.credentials else None,
        environment=found.credentials.environment if found.credentials else None,
        reference=reference_in(event),
        source_kind=event.source.kind,
        source_id=event.source.id,
        source_key=event.source.key,
        channel=event.source.channel,
        amount=found.amount,
        phone_last4="",
        language=event.source.language,
        state=State.REQUESTED,
        created_at=now,
        sent_at=now,
        return_url=found.return_url,
    )
