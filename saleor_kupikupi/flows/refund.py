"""Takes refunds on, which people make in the provider's cabinet, and tells Saleor what became of them.

A request is answered as pending and becomes a task. Its identity is the name that Saleor knows it by, so a request
that is delivered again makes no second one.
"""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import structlog

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.money import UnusableAmount, kopecks_of
from saleor_kupikupi.domain.refunds import (
    RefundNotPossible,
    RefundsMode,
    RefundTask,
    TaskState,
    check_refund,
    refundable,
)
from saleor_kupikupi.domain.reports import OwedReport, ReportType, actions_of
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.domain.wording import staff_text
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.events import ActionRequested
from saleor_kupikupi.store import connections, refunds, reports, timeline, transfers
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()


class RefundAnswered(AppError):
    """Somebody has answered this refund already."""


def taken_on(tx: Tx, transfer: Transfer) -> bool:
    """Tells whether the transfer's connection takes refunds on."""
    connection = None if transfer.connection_id is None else connections.by_id(tx, transfer.connection_id)
    return connection is not None and connection.refunds is RefundsMode.MANUAL


def refunds_are_taken_on(parts: Parts, transfer: Transfer) -> bool:
    """Tells whether Saleor's staff may still ask for a refund of this transfer."""
    with parts.database.read() as tx:
        return taken_on(tx, transfer) and refundable(transfer, refunds.of(tx, transfer.id)) > 0


def request_refund(parts: Parts, installation: Installation, event: ActionRequested) -> dict[str, Any]:
    """Answers TRANSACTION_REFUND_REQUESTED: a task, answered as pending, or a refusal under a name of its own."""
    with parts.database.read() as tx:
        transfer = None if event.token is None else transfers.find(tx, installation.id, event.token)
        manual = transfer is not None and taken_on(tx, transfer)
    if transfer is None or not manual:
        return _refuse(parts, Reference(event.token or str(uuid4())), event, "refund_refused")
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        known = refunds.of(tx, current.id)
        again = _same_request(known, event)
        if again is not None:
            return _taken_on(parts, current, again, known, "refund_asked_again")
        try:
            task = _new_task(parts, current, known, event)
        except (RefundNotPossible, UnusableAmount) as error:
            code = str(error) if isinstance(error, RefundNotPossible) else "no_amount"
            return _refuse(parts, current.reference, event, f"refund_{code}", current.is_test)
        refunds.add(tx, current, task)
        timeline.note(tx, current.id, parts.now(), "saleor", "REFUND_REQUESTED", task.psp_reference)
    log.info("refund requested", reference=current.reference, amount=task.asked)
    return _taken_on(parts, current, task, [*known, task], "refund_asked")


def _same_request(known: list[RefundTask], event: ActionRequested) -> RefundTask | None:
    """Finds the open task that this request is: delivered again, or asked again after Saleor took our answer for lost.

    Saleor keeps the name that a request was answered with. Where it kept another one than ours for an open task, it
    has marked that request as failed, and staff who ask again mean the same refund.
    """
    for task in known:
        if event.request_event_id is not None and task.request_event_id == event.request_event_id:
            return task
        lost = event.answered.get(task.request_event_id or "", task.psp_reference) != task.psp_reference
        if task.state is TaskState.OPEN and lost:
            return task
    return None


def _new_task(parts: Parts, transfer: Transfer, known: list[RefundTask], event: ActionRequested) -> RefundTask:
    amount = kopecks_of(event.amount)
    check_refund(transfer, known, amount)
    return RefundTask(
        id=0,
        transfer_id=transfer.id,
        psp_reference=identifiers.refund(transfer.reference, event.request_event_id or str(uuid4())),
        request_event_id=event.request_event_id,
        asked=amount,
        state=TaskState.OPEN,
        asked_at=parts.now(),
        reason=event.reason[:512],
        granted=event.granted,
    )


def _taken_on(parts: Parts, transfer: Transfer, task: RefundTask, known: list[RefundTask], code: str) -> dict[str, Any]:
    message = staff_text(code, parts.staff_language, transfer.is_test)
    return answers.pending_action(task.psp_reference, message, actions_of(refundable(transfer, known) > 0))


def _refuse(
    parts: Parts, reference: Reference, event: ActionRequested, code: str, test: bool = False
) -> dict[str, Any]:
    name = identifiers.refund(reference, event.request_event_id or str(uuid4()))
    log.info("refund refused", reference=reference, code=code)
    return answers.action_result("REFUND_FAILURE", name, parts.now(), staff_text(code, parts.staff_language, test))


def answer_returned(
    parts: Parts, task: RefundTask, *, amount: int, returned_on: date, note: str, by: str
) -> RefundTask:
    """Notes that the points were returned, all of what was asked for or less, and owes Saleor the success.

    Raises RefundNotPossible for an amount that was not asked for, and RefundAnswered.
    """
    if not 0 < amount <= task.asked:
        raise RefundNotPossible("no_amount" if amount < 1 else "too_much")
    done = replace(task, state=TaskState.RETURNED, returned=amount, returned_on=returned_on, note=note)
    return _answer(parts, task, done, ReportType.REFUND_SUCCESS, amount, "refund_done", by)


def answer_impossible(parts: Parts, task: RefundTask, *, reason: str, by: str) -> RefundTask:
    """Notes that the points cannot be returned, and owes Saleor the failure; raises RefundAnswered."""
    done = replace(task, state=TaskState.IMPOSSIBLE, returned=0, note=reason)
    return _answer(parts, task, done, ReportType.REFUND_FAILURE, task.asked, "refund_impossible", by)


def record_refund(
    parts: Parts, transfer: Transfer, *, amount: int, returned_on: date, note: str, by: str
) -> RefundTask:
    """Notes a refund that was made without Saleor, and owes Saleor the success; raises RefundNotPossible."""
    name = identifiers.recorded_refund(transfer.reference, uuid4().hex[:12])
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        known = refunds.of(tx, current.id)
        check_refund(current, known, amount)
        task = RefundTask(
            id=0,
            transfer_id=current.id,
            psp_reference=name,
            request_event_id=None,
            asked=amount,
            state=TaskState.RECORDED,
            asked_at=parts.now(),
            returned=amount,
            returned_on=returned_on,
            note=note,
            answered_by=by,
            answered_at=parts.now(),
        )
        task = replace(task, id=refunds.add(tx, current, task))
        _owe(parts, tx, current, task, ReportType.REFUND_SUCCESS, amount, "refund_done")
        timeline.note(tx, current.id, parts.now(), by, "REFUND_RECORDED", note)
    log.info("refund recorded", reference=current.reference, amount=amount)
    return task


def offer_refunds(parts: Parts, transfer: Transfer) -> None:
    """Gives a charge that was made before refunds were taken on the action to ask for one; raises RefundNotPossible."""
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        if current.state is not State.CONFIRMED:
            raise RefundNotPossible("not_charged")
        name = f"{current.reference}:actions:{uuid4().hex[:12]}"
        actions = actions_of(refundable(current, refunds.of(tx, current.id)) > 0)
        reports.owe(tx, current, [OwedReport(ReportType.TRANSACTION_ACTIONS, name, 0, "", actions)], parts.now())


def _answer(
    parts: Parts, task: RefundTask, done: RefundTask, type_: ReportType, amount: int, code: str, by: str
) -> RefundTask:
    done = replace(done, answered_by=by, answered_at=parts.now())
    with parts.database.write() as tx:
        transfer = transfers.lock(tx, task.transfer_id)
        if task.state is not TaskState.OPEN or not refunds.change(tx, task, done):
            raise RefundAnswered("this refund has been answered already")
        _owe(parts, tx, transfer, done, type_, amount, code)
        timeline.note(tx, transfer.id, parts.now(), by, type_, done.note)
    log.info("refund answered", reference=transfer.reference, outcome=type_, amount=amount)
    return done


def _owe(parts: Parts, tx: Tx, transfer: Transfer, task: RefundTask, type_: ReportType, amount: int, code: str) -> None:
    text = staff_text(code, parts.staff_language, transfer.is_test)
    message = f"{text} {task.note}".strip()
    actions = actions_of(taken_on(tx, transfer) and refundable(transfer, refunds.of(tx, transfer.id)) > 0)
    reports.owe(tx, transfer, [OwedReport(type_, task.psp_reference, amount, message, actions)], parts.now())
