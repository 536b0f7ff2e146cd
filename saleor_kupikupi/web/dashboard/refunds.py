"""The screens of refunds: what waits, what was answered, and what people did in the provider's cabinet.

What may be returned and when is the flows' to say; here is only how it is typed, shown and said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import Any

from flask import request

from saleor_kupikupi.domain.money import UnusableAmount, kopecks_typed
from saleor_kupikupi.domain.refunds import RefundNotPossible, RefundTask
from saleor_kupikupi.flows.refund import (
    RefundAnswered,
    answer_impossible,
    answer_returned,
    offer_refunds,
    record_refund,
)
from saleor_kupikupi.flows.refund_desk import Desk, find_refund, list_refunds, refunds_of
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Toast, Visit
from saleor_kupikupi.web.dashboard.start import nothing
from saleor_kupikupi.web.dashboard.texts import amount_in

_ID = "<int(max=9223372036854775807):task_id>"
_LONGEST_NOTE = 300
_LONGEST_TYPED = 1000


def add(screens: Screens) -> None:
    """Makes the routes /refunds, /refunds/<id> and /refunds/of/<reference>."""
    screens.get("/refunds", show)
    screens.get(f"/refunds/{_ID}", show_one)
    screens.post_once(f"/refunds/{_ID}/returned", returned)
    screens.post_once(f"/refunds/{_ID}/impossible", impossible)
    screens.get("/refunds/of/<reference>", show_of)
    screens.post_once("/refunds/of/<reference>", record)
    screens.post_once("/refunds/of/<reference>/offer", offer)


def show(visit: Visit) -> Shown:
    """Lists the refunds that wait and a page of those that were answered."""
    typed = request.args.get("before", "")
    before = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
    return _listed(visit, before)


def show_one(visit: Visit, task_id: int) -> Shown:
    """Shows a refund and, while it waits, what can be said of it."""
    found = find_refund(visit.parts, visit.staff.installation.id, task_id)
    return nothing(visit, f"refunds/{task_id}") if found is None else _one(visit, *found)


def returned(visit: Visit, task_id: int) -> Shown:
    """Notes that the points went back."""
    found = find_refund(visit.parts, visit.staff.installation.id, task_id)
    if found is None:
        return nothing(visit, f"refunds/{task_id}")
    task, desk = found
    form = _read(visit)
    try:
        if not form.errors:
            answer_returned(visit.parts, task, visit.form, by=_person(visit), **form.values)
    except RefundNotPossible as error:
        form = form.refused(visit, str(error), task.asked)
    except RefundAnswered:
        return _answered_already(visit, task_id)
    if form.errors:
        return _one(visit, task, desk, form, opened="returned")
    toast = Toast("success", visit.gettext("The refund is noted"), visit.gettext("Saleor is told of it now."))
    return _listed(visit, toast=toast)


def impossible(visit: Visit, task_id: int) -> Shown:
    """Notes that the points cannot go back."""
    found = find_refund(visit.parts, visit.staff.installation.id, task_id)
    if found is None:
        return nothing(visit, f"refunds/{task_id}")
    reason = _line("reason")
    errors = _length(visit, "reason", reason)
    if not reason:
        errors = {"reason": visit.gettext("Say why: the shop's staff read it on the order.")}
    if errors:
        return _one(visit, *found, Form(typed={"reason": reason}, errors=errors), opened="impossible")
    try:
        answer_impossible(visit.parts, found[0], visit.form, reason=reason, by=_person(visit))
    except RefundNotPossible as error:
        return _one(visit, *found, Form({"reason": reason}).refused(visit, str(error), 0), opened="impossible")
    except RefundAnswered:
        return _answered_already(visit, task_id)
    toast = Toast("success", visit.gettext("The refund is closed"), visit.gettext("Saleor is told of it now."))
    return _listed(visit, toast=toast)


def show_of(visit: Visit, reference: str) -> Shown:
    """Shows the refunds of one payment."""
    desk = refunds_of(visit.parts, visit.staff.installation.id, reference)
    return nothing(visit, f"refunds/of/{reference}") if desk is None else _of(visit, desk)


def record(visit: Visit, reference: str) -> Shown:
    """Notes a refund that was made without Saleor."""
    desk = refunds_of(visit.parts, visit.staff.installation.id, reference)
    if desk is None:
        return nothing(visit, f"refunds/of/{reference}")
    form = _read(visit)
    try:
        if not form.errors:
            record_refund(visit.parts, desk.transfer, visit.form, by=_person(visit), **form.values)
    except RefundNotPossible as error:
        desk = refunds_of(visit.parts, visit.staff.installation.id, reference) or desk
        form = form.refused(visit, str(error), desk.left)
    if form.errors:
        return _of(visit, desk, form)
    toast = Toast("success", visit.gettext("The refund is noted"), visit.gettext("Saleor is told of it now."))
    return _of_now(visit, reference, toast)


def offer(visit: Visit, reference: str) -> Shown:
    """Lets Saleor's staff ask for refunds of an older payment."""
    desk = refunds_of(visit.parts, visit.staff.installation.id, reference)
    if desk is None:
        return nothing(visit, f"refunds/of/{reference}")
    try:
        offer_refunds(visit.parts, desk.transfer, visit.form, by=_person(visit))
    except RefundNotPossible:
        return _of_now(visit, reference, Toast("error", visit.gettext("Refunds of this payment cannot be offered")))
    said = visit.gettext("“New refund” works on the order in a moment.")
    return _of_now(visit, reference, Toast("success", visit.gettext("Saleor is told of it now."), said))


def model_of(visit: Visit, desk: Desk) -> dict[str, object]:
    """Gives what fragments/_refunds_of_transfer.html shows of a payment; it needs `staff` beside it."""
    return {
        "transfer": desk.transfer,
        "refunds": desk.refunds,
        "may_offer": desk.may_offer,
        "today": visit.parts.now().astimezone(UTC).date().isoformat(),
    }


# The forms


@dataclass(frozen=True, slots=True)
class Form:
    """What was typed, what it means where it can be read, and what is wrong with it, by field."""

    typed: Mapping[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def refused(self, visit: Visit, code: str, most: int) -> "Form":
        """Puts a flow's refusal beside the field that it is about."""
        _ = visit.gettext
        errors = {
            "too_much": ("amount", _("At most %(most)s can be returned.", most=amount_in(visit.language, most))),
            "in_future": ("day", _("This day is still to come.")),
            "saleor_silent": (
                "all",
                _("Saleor does not say what is refunded already. Send the form again in a minute."),
            ),
            "before_charge": ("day", _("The payment was made later than that.")),
        }
        name, text = errors.get(code, ("amount", _("There is nothing to return.")))
        return Form(self.typed, self.values, {name: text})


def _read(visit: Visit) -> Form:
    typed = {name: _line(name) for name in ("amount", "day", "note")}
    values: dict[str, Any] = {"note": typed["note"]}
    errors = _length(visit, "note", typed["note"])
    try:
        values["amount"] = kopecks_typed(typed["amount"])
    except UnusableAmount:
        example = amount_in(visit.language, 123_450)
        errors["amount"] = visit.gettext("Type an amount such as %(example)s.", example=example)
    try:
        values["returned_on"] = date.fromisoformat(typed["day"])
    except ValueError:
        errors["day"] = visit.gettext("Choose the day.")
    return Form(typed, values, errors)


def _line(name: str) -> str:
    typed = request.form.get(name, "")
    return " ".join(typed.split()) if len(typed) <= _LONGEST_TYPED else typed


def _length(visit: Visit, name: str, text: str) -> dict[str, str]:
    if len(text) <= _LONGEST_NOTE:
        return {}
    return {name: visit.gettext("At most %(most)s characters.", most=_LONGEST_NOTE)}


def _person(visit: Visit) -> str:
    return visit.staff.email or visit.staff.user_id


# What is shown


def _listed(visit: Visit, before: int | None = None, toast: Toast | None = None) -> Shown:
    page = list_refunds(visit.parts, visit.staff.installation.id, before)
    route = None if toast is None else "/refunds"
    return Shown("refunds.html", {"page": page, "before": before}, toast=toast, route=route)


def _one(visit: Visit, task: RefundTask, desk: Desk, form: Form | None = None, opened: str = "") -> Shown:
    form = form or Form()
    said = {"typed": form.typed, "errors": form.errors, "opened": opened, "overtaken": False}
    model = model_of(visit, desk) | {"task": task, "desk": desk} | said
    return Shown("refund.html", model, status=422 if form.errors else 200)


def _answered_already(visit: Visit, task_id: int) -> Shown:
    shown = show_one(visit, task_id)
    return Shown(shown.template, {**shown.model, "overtaken": True}, status=409)


def _of(visit: Visit, desk: Desk, form: Form | None = None, toast: Toast | None = None) -> Shown:
    form = form or Form()
    model = model_of(visit, desk) | {"desk": desk, "typed": form.typed, "errors": form.errors}
    return Shown("refunds_of.html", model, status=422 if form.errors else 200, toast=toast)


def _of_now(visit: Visit, reference: str, toast: Toast) -> Shown:
    shown = show_of(visit, reference)
    return Shown(shown.template, shown.model, toast=toast, route=f"/refunds/of/{reference}")
