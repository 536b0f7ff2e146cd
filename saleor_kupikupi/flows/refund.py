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
from saleor_kupikupi.domain.posted import PostedForm
from saleor_kupikupi.domain.refunds import (
    RefundNotPossible,
    RefundsMode,
    RefundTask,
    TaskState,
    check_day,
    check_refund,
    refundable,
)
from saleor_kupikupi.domain.reports import OwedReport, ReportType, actions_of
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.domain.wording import staff_text
from saleor_kupikupi.flows.hold import hold_reports
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.saleor_refunds import SaleorSilent, learn_refunds
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.events import ActionRequested
from saleor_kupikupi.store import connections, forms, refunds, reports, timeline, transfers
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()


class RefundAnswered(AppError):
    """Somebody has answered this refund already, or the shop has asked for it anew."""


def taken_on(tx: Tx, transfer: Transfer) -> bool:
    """Tells whether the transfer's connection takes refunds on."""
    connection = None if transfer.connection_id is None else connections.by_id(tx, transfer.connection_id)
    return connection is not None and connection.refunds is RefundsMode.MANUAL


def refund_offered(tx: Tx, transfer: Transfer) -> bool:
    """Tells whether Saleor's staff may still ask for a refund of this transfer."""
    return taken_on(tx, transfer) and refundable(transfer, refunds.of(tx, transfer.id)) > 0


def refunds_are_taken_on(parts: Parts, transfer: Transfer) -> bool:
    """Tells the same to who reads nothing else."""
    with parts.database.read() as tx:
        return refund_offered(tx, transfer)


def request_refund(parts: Parts, installation: Installation, event: ActionRequested) -> dict[str, Any]:
    """Answers TRANSACTION_REFUND_REQUESTED: a task, answered as pending, or a refusal under a name of its own."""
    with parts.database.read() as tx:
        transfer = None if event.token is None else transfers.find(tx, installation.id, event.token)
        manual = transfer is not None and taken_on(tx, transfer)
    if transfer is None:
        return _refuse(parts, Reference(event.token or str(uuid4())), event, "refund_unknown")
    if not manual:
        return _refuse(parts, transfer.reference, event, "refund_refused", transfer.is_test)
    try:
        learn_refunds(parts, transfer)
    except SaleorSilent as error:
        actions = actions_of(refunds_are_taken_on(parts, transfer))
        return _refuse(parts, transfer.reference, event, f"refund_{error}", transfer.is_test, actions)
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        hold_reports(parts, tx, current)
        known = refunds.of(tx, current.id)
        try:
            task, code = _take_on(parts, tx, current, known, event)
        except RefundNotPossible as error:
            actions = actions_of(refundable(current, known) > 0)
            return _refuse(parts, current.reference, event, f"refund_{error}", current.is_test, actions)
        _tell(parts, tx, current, event, code)
    log.info("refund requested", reference=current.reference, amount=task.asked, known=code != "refund_asked")
    return answers.pending_action(task.psp_reference)


def _take_on(
    parts: Parts, tx: Tx, transfer: Transfer, known: list[RefundTask], event: ActionRequested
) -> tuple[RefundTask, str]:
    """Finds or makes the task of a request, and what staff are to read about it."""
    name = identifiers.refund(transfer.reference, event.issued_at)
    for task in known:
        if task.psp_reference == name:
            return task, "refund_asked"  # delivered again
    lost = next((task for task in known if _is_lost(task, event)), None)
    if lost is not None:
        others = [task for task in known if task is not lost]
        again = replace(lost, **_wanted(transfer, others, event))
        refunds.change(tx, lost, again)
        timeline.note(tx, transfer.id, parts.now(), "saleor", "REFUND_REQUESTED", again.psp_reference)
        return again, "refund_asked_again"
    task = _new_task(parts, transfer, known, event)
    refunds.add(tx, transfer, task)
    timeline.note(tx, transfer.id, parts.now(), "saleor", "REFUND_REQUESTED", task.psp_reference)
    return task, "refund_asked"


def _is_lost(task: RefundTask, event: ActionRequested) -> bool:
    """Tells whether Saleor took our answer about an open task for lost, so that staff who ask again mean the same.

    It keeps the name that a request was answered with: one that does not begin with R was the answer to an empty
    repetition. Once Saleor has our name, for this request or for a later one, the task is its own again.
    """
    first = task.request_event_id
    if task.state is not TaskState.OPEN or first is None or task.psp_reference in event.answered.values():
        return False
    name = event.answered.get(first)
    return first in event.undelivered if not name else not name.startswith(f"{event.token}:")


def _wanted(transfer: Transfer, others: list[RefundTask], event: ActionRequested) -> dict[str, Any]:
    try:
        amount = kopecks_of(event.amount)
    except UnusableAmount:
        amount = 0  # Saleor cuts what is asked for to what is left, and so to nothing
    check_refund(transfer, others, amount)
    return {"asked": amount, "reason": event.reason[:512], "granted": event.granted}


def _new_task(parts: Parts, transfer: Transfer, known: list[RefundTask], event: ActionRequested) -> RefundTask:
    return RefundTask(
        id=0,
        transfer_id=transfer.id,
        psp_reference=identifiers.refund(transfer.reference, event.issued_at),
        request_event_id=event.request_event_id,
        state=TaskState.OPEN,
        asked_at=parts.now(),
        **_wanted(transfer, known, event),
    )


def _tell(parts: Parts, tx: Tx, transfer: Transfer, event: ActionRequested, code: str) -> None:
    """Owes the order's page what to do and what may still be asked for: a pending answer can carry neither."""
    name = identifiers.refund(transfer.reference, event.issued_at)
    text = staff_text(code, parts.staff_language, transfer.is_test)
    line = OwedReport(ReportType.INFO, name, 0, text, actions_of(refund_offered(tx, transfer)))
    reports.owe(tx, transfer, [line], parts.now())


def _refuse(
    parts: Parts,
    reference: Reference,
    event: ActionRequested,
    code: str,
    test: bool = False,
    actions: tuple[str, ...] = (),
) -> dict[str, Any]:
    name = identifiers.refund(reference, event.issued_at)
    log.info("refund refused", reference=reference, code=code)
    text = staff_text(code, parts.staff_language, test)
    return answers.action_result("REFUND_FAILURE", name, parts.now(), text, actions=actions)


def answer_returned(
    parts: Parts, task: RefundTask, form: PostedForm, *, amount: int, returned_on: date, note: str, by: str
) -> RefundTask:
    """Notes that the points were returned, all of what was asked for or less, and owes Saleor the success.

    A form that has done so already changes nothing more. Raises RefundNotPossible for an amount that was not asked
    for, RefundAnswered, and FormPostedBefore.
    """
    if not 0 < amount <= task.asked:
        raise RefundNotPossible("no_amount" if amount < 1 else "too_much")
    done = replace(task, state=TaskState.RETURNED, returned=amount, returned_on=returned_on, note=note)
    return _answer(parts, task, done, form, ReportType.REFUND_SUCCESS, by)


def answer_impossible(parts: Parts, task: RefundTask, form: PostedForm, *, reason: str, by: str) -> RefundTask:
    """Notes that the points cannot be returned, and owes Saleor the failure; raises RefundAnswered, SaleorSilent.

    A form that has done so already changes nothing more; raises FormPostedBefore where it said something else then.
    """
    done = replace(task, state=TaskState.IMPOSSIBLE, returned=0, note=reason)
    return _answer(parts, task, done, form, ReportType.REFUND_FAILURE, by)


def record_refund(
    parts: Parts, transfer: Transfer, form: PostedForm, *, amount: int, returned_on: date, note: str, by: str
) -> None:
    """Notes a refund that was made without Saleor, and owes Saleor the success; raises RefundNotPossible.

    A form that has done so already changes nothing more; raises FormPostedBefore where it said something else then.
    """
    name = identifiers.recorded_refund(transfer.reference, form.key[:12])
    learn_refunds(parts, transfer)
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        if not forms.take(tx, current.id, form, parts.now()):
            return
        check_refund(current, refunds.of(tx, current.id), amount)
        check_day(current, returned_on, parts.now())
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
        refunds.add(tx, current, task)
        _owe(parts, tx, current, task, ReportType.REFUND_SUCCESS, amount)
        timeline.note(tx, current.id, parts.now(), by, "REFUND_RECORDED", note)
    log.info("refund recorded", reference=current.reference, amount=amount)


def offer_refunds(parts: Parts, transfer: Transfer, form: PostedForm, *, by: str) -> None:
    """Gives a charge that was made before refunds were taken on the action to ask for one; raises RefundNotPossible.

    A form that has done so already changes nothing more.
    """
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        if not forms.take(tx, current.id, form, parts.now()):
            return
        if current.state is not State.CONFIRMED:
            raise RefundNotPossible("not_charged")
        if not refund_offered(tx, current):
            raise RefundNotPossible("too_much")
        name = identifiers.actions(current.reference, form.key[:12])
        text = staff_text("refunds_offered", parts.staff_language, current.is_test)
        owed = OwedReport(ReportType.INFO, name, 0, text, actions_of(refundable=True))
        reports.owe(tx, current, [owed], parts.now())
        timeline.note(tx, current.id, parts.now(), by, "REFUNDS_OFFERED")


def _answer(
    parts: Parts,
    task: RefundTask,
    done: RefundTask,
    form: PostedForm,
    type_: ReportType,
    by: str,
) -> RefundTask:
    done = replace(done, answered_by=by, answered_at=parts.now())
    amount = done.returned or task.asked
    with parts.database.read() as tx:
        transfer = transfers.read(tx, task.transfer_id)
    learn_refunds(parts, transfer)
    with parts.database.write() as tx:
        transfer = transfers.lock(tx, task.transfer_id)
        if not forms.take(tx, transfer.id, form, parts.now()):
            return task
        if done.returned_on is not None:
            check_day(transfer, done.returned_on, parts.now())
        # It may ask for another amount by now, where the shop has asked again; what is left of the charge then differs.
        if task.state is not TaskState.OPEN or refunds.by_id(tx, transfer.installation_id, task.id) != task:
            raise RefundAnswered("this refund has been answered already, or was asked for anew")
        refunds.change(tx, task, done)
        _owe(parts, tx, transfer, done, type_, amount)
        timeline.note(tx, transfer.id, parts.now(), by, type_, done.note)
    log.info("refund answered", reference=transfer.reference, outcome=type_, amount=amount)
    return done


def _owe(parts: Parts, tx: Tx, transfer: Transfer, task: RefundTask, type_: ReportType, amount: int) -> None:
    code = "refund_done" if type_ is ReportType.REFUND_SUCCESS else "refund_impossible"
    text = staff_text(code, parts.staff_language, transfer.is_test)
    message = f"{text} {task.note}".strip()
    actions = actions_of(refund_offered(tx, transfer))
    reports.owe(tx, transfer, [OwedReport(type_, task.psp_reference, amount, message, actions)], parts.now())
