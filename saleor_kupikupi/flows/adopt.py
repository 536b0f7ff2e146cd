"""Takes over a transfer that Saleor asks about and this database does not have, as after a restored backup."""

from dataclasses import replace

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.ladder import next_check
from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.flows.choose import Plan, plan
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.reply import Answer, pending, reply
from saleor_kupikupi.flows.settle import believe
from saleor_kupikupi.flows.start import draft_of, start, wait_for_twin
from saleor_kupikupi.kupikupi.client import Observation
from saleor_kupikupi.saleor.events import SessionEvent
from saleor_kupikupi.store import timeline, transfers
from saleor_kupikupi.store.transfers import AlreadyThere

log = structlog.get_logger()


def adopt(parts: Parts, installation: Installation, event: SessionEvent, deadline: Deadline) -> Answer:
    """Asks `checkout` about the reference: what it knows is taken over, what it refuses is begun."""
    found = plan(parts, installation.id, event)
    if found.connection is None or found.credentials is None:
        return start(parts, installation, event, deadline)
    ghost = draft_of(parts, installation, event, found)
    try:
        answer = parts.kupikupi.checkout(found.credentials, ghost.reference, found.amount, deadline)
    except OutboundError as error:
        log.warning("checkout not answered", reference=ghost.reference, error=str(error))
        return pending(parts, ghost)
    if isinstance(answer, Observation):
        return _take_over(parts, installation, event, found, answer, deadline)
    if deadline.remaining() < parts.limits.second_call:
        return pending(parts, ghost)
    return start(parts, installation, event, deadline)


def _take_over(
    parts: Parts,
    installation: Installation,
    event: SessionEvent,
    found: Plan,
    answer: Observation,
    deadline: Deadline,
) -> Answer:
    """Writes the row as open, its form's address unknown, and believes the answer from there."""
    draft = replace(draft_of(parts, installation, event, found), state=State.OPEN, payment_id=answer.payment_id)
    due_at = next_check(draft, parts.now())
    try:
        with parts.database.write() as tx:
            transfer = transfers.insert_new(tx, parts.vault, draft, None, due_at)
            timeline.note(tx, transfer.id, parts.now(), "saleor", "ADOPTED", answer.status)
    except AlreadyThere:
        return reply(parts, wait_for_twin(parts, installation.id, draft.reference, deadline))
    log.warning("adopted", reference=transfer.reference, status=answer.status)
    return reply(parts, believe(parts, transfer, answer, transfer.created_at))
