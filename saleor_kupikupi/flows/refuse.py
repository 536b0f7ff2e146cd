"""Refuses what cannot be done: a charge by the shop, and a request that lost its content.

Every refusal carries a pspReference of its own and never R: under R Saleor would take the charge away again, and under
a repeated one it would swallow the second refusal.
"""

from typing import Any
from uuid import uuid4

import structlog

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.reports import actions_of
from saleor_kupikupi.domain.wording import staff_text
from saleor_kupikupi.flows.hold import hold_what_is_owed
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.refund import refunds_are_taken_on
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.answers import ActionOutcome
from saleor_kupikupi.saleor.events import ActionRequested
from saleor_kupikupi.store import transfers

log = structlog.get_logger()

_FAILURES: dict[str, ActionOutcome] = {
    "transaction_charge_requested": "CHARGE_FAILURE",
    "transaction_cancelation_requested": "CANCEL_FAILURE",
    "transaction_refund_requested": "REFUND_FAILURE",
}


def refuse_charge(parts: Parts, installation: Installation, event: ActionRequested) -> dict[str, Any]:
    """Answers TRANSACTION_CHARGE_REQUESTED.

    While the transfer is open there is no `result` in the answer: a modelled failure would end the buyer's session.
    """
    with parts.database.read() as tx:
        transfer = event.token and transfers.find(tx, installation.id, event.token)
    if not transfer or not transfer.decided:
        return answers.message_only(staff_text("charge_open", parts.staff_language))
    name = identifiers.charge_refusal(transfer.reference, event.request_event_id or str(uuid4()))
    log.info("charge refused", reference=transfer.reference)
    hold_what_is_owed(parts, transfer)
    text = staff_text("charge_final", parts.staff_language, transfer.is_test)
    actions = actions_of(refunds_are_taken_on(parts, transfer))
    return answers.action_result("CHARGE_FAILURE", name, parts.now(), text, actions=actions)


def refuse_for_now(parts: Parts, route: str, text: str) -> dict[str, Any]:
    """Answers an action request that cannot be carried out just now, in the words of a text for staff.

    A charge gets no `result`: whether its buyer is still paying is not known, and a modelled failure would end that.
    """
    said = staff_text(text, parts.staff_language)
    if route == "transaction_charge_requested":
        return answers.message_only(said)
    return answers.action_result(_FAILURES[route], str(uuid4()), parts.now(), said, actions=None)


def refuse_empty(parts: Parts, route: str) -> dict[str, Any]:
    """Answers a repeated action request that arrived without its content and so identifies nothing."""
    log.warning("empty request", route=route)
    text = staff_text("empty_request", parts.staff_language)
    return answers.action_result(_FAILURES[route], str(uuid4()), parts.now(), text, actions=None)
