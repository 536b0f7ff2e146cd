"""The shop wants a payment cancelled. The provider has no cancel method, so all we can do is to withhold our `OK`."""

from typing import Any
from uuid import uuid4

import structlog

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.reports import actions_of
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.domain.wording import staff_text
from saleor_kupikupi.flows.abandon import give_up
from saleor_kupikupi.flows.hold import hold_reports
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.refund import refund_offered
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.answers import ActionOutcome
from saleor_kupikupi.saleor.events import ActionRequested
from saleor_kupikupi.store import cancels, timeline, transfers
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()


def cancel(parts: Parts, installation: Installation, event: ActionRequested) -> dict[str, Any]:
    """Answers TRANSACTION_CANCELATION_REQUESTED; each answer has a pspReference of its own."""
    with parts.database.read() as tx:
        transfer = event.token and transfers.find(tx, installation.id, event.token)
    if not transfer:
        name = identifiers.cancel(Reference(event.token or str(uuid4())), event.request_event_id or str(uuid4()))
        return _result(parts, "CANCEL_FAILURE", name, "cancel_unknown", test=False)
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        hold_reports(parts, tx, current)
        if current.decided:
            return _decided(parts, tx, current, event)
        return _ask(parts, tx, current, event)


def _decided(parts: Parts, tx: Tx, transfer: Transfer, event: ActionRequested) -> dict[str, Any]:
    name = identifiers.cancel(transfer.reference, event.request_event_id or str(uuid4()))
    log.info("cancel of a transfer that is over", reference=transfer.reference, state=transfer.state)
    if transfer.state is State.CONFIRMED:
        actions = actions_of(refund_offered(tx, transfer))
        return _result(parts, "CANCEL_FAILURE", name, "cancel_failed", transfer.is_test, actions)
    return _result(parts, "CANCEL_SUCCESS", name, "cancel_done", transfer.is_test)


def _ask(parts: Parts, tx: Tx, transfer: Transfer, event: ActionRequested) -> dict[str, Any]:
    """Abandons an open transfer; one that is claimed is left to `checkout`, since our `OK` may be out already."""
    name = cancels.ask(tx, transfer, event.request_event_id, parts.now())
    give_up(parts, tx, transfer)
    timeline.note(tx, transfer.id, parts.now(), "saleor", "CANCEL_REQUESTED", name)
    log.info("cancel requested", reference=transfer.reference, claimed=transfer.claimed_at is not None)
    return answers.pending_action(name)


def _result(
    parts: Parts, result: ActionOutcome, name: str, code: str, test: bool, actions: tuple[str, ...] = ()
) -> dict[str, Any]:
    text = staff_text(code, parts.staff_language, test)
    return answers.action_result(result, name, parts.now(), text, amount=0, actions=actions)
