"""Says to Saleor what a transfer is, as the answer to a session webhook. It decides nothing."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from saleor_kupikupi.domain.reports import actions_of
from saleor_kupikupi.domain.transfer import Refusal, State, Transfer
from saleor_kupikupi.domain.wording import shopper_text, staff_text
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.refund import refunds_are_taken_on
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.answers import Problem

Answer = dict[str, Any]
RETRY_AFTER = 5  # seconds; Saleor keeps one event a poll, so a storefront should poll slowly


def reply(parts: Parts, transfer: Transfer, problems: Sequence[str] = ()) -> Answer:
    """Says where the transfer stands; `problems` are codes of what the shopper should know meanwhile."""
    if transfer.state is State.CONFIRMED:
        actions = actions_of(refunds_are_taken_on(parts, transfer))
        return answers.success(transfer, parts.now(), _staff(parts, "confirmed", transfer), actions)
    if transfer.state in (State.REJECTED, State.CANCELED):
        return _failed(parts, transfer, transfer.refusal or Refusal(transfer.state.lower()))
    if transfer.withdrawn and not transfer.claimed_at:
        return _failed(parts, transfer, transfer.refusal or Refusal("start_again"))
    if transfer.state is State.OPEN and not transfer.withdrawn:
        return _open(parts, transfer, problems)
    return pending(parts, transfer)


def pending(parts: Parts, transfer: Transfer) -> Answer:
    """Says that nobody knows yet."""
    return answers.action_required(
        _without_form(transfer),
        parts.now(),
        _staff(parts, "pending", transfer),
        "PENDING",
        retry_after=RETRY_AFTER,
    )


def _open(parts: Parts, transfer: Transfer, problems: Sequence[str]) -> Answer:
    errors = tuple(Problem(code, shopper_text(code, transfer.language)) for code in problems)
    message = errors[0].message if errors else _staff(parts, "open", transfer)
    return answers.action_required(transfer, parts.now(), message, transfer.provider_status or "NEW", errors=errors)


def _failed(parts: Parts, transfer: Transfer, refusal: Refusal) -> Answer:
    message = _staff(parts, refusal.code, transfer)
    if refusal.provider_message or refusal.provider_code:
        message = f"{message} {refusal.provider_message} ({refusal.provider_code})"
    own_words = refusal.provider_message if transfer.language == "ru" else ""
    problem = Problem(refusal.code, own_words or shopper_text(refusal.code, transfer.language))
    return answers.failure(transfer, parts.now(), message, (problem,))


def _staff(parts: Parts, code: str, transfer: Transfer) -> str:
    return staff_text(code, parts.staff_language, transfer.is_test)


def _without_form(transfer: Transfer) -> Transfer:
    return replace(transfer, transfer_url=None)
