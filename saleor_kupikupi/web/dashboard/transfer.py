"""One transfer: how it stands on both sides, what happened, what happens next, and what a person can do about it."""

from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.abandon import NotAbandoned, abandon, may_be_abandoned
from saleor_kupikupi.flows.check import Checked, NeverSent, SomebodyAsks, check, never_sent
from saleor_kupikupi.flows.find_orders import find_order
from saleor_kupikupi.flows.look_up import find, look_up
from saleor_kupikupi.flows.refund_desk import refunds_of
from saleor_kupikupi.flows.resend import resend
from saleor_kupikupi.flows.settle import Said
from saleor_kupikupi.flows.verify import Verdict
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Toast, Visit
from saleor_kupikupi.web.dashboard.refunds import model_of
from saleor_kupikupi.web.dashboard.story import (
    delivery,
    facts,
    provider_text,
    refusal_text,
    report_text,
    saleor_side,
    story,
    what_is_next,
)
from saleor_kupikupi.web.dashboard.words import DELIVERIES, EXPLAINED, TROUBLES, WHAT_TO_DO, state_of


def add(screens: Screens) -> None:
    """Makes the routes below /transfers/<name>, where a name is a reference or our own id."""
    screens.get("/transfers/<name>", _of_transfer(show))
    screens.post("/transfers/<name>/check", _of_transfer(check_now))
    screens.post("/transfers/<name>/resend", _of_transfer(tell_again))
    screens.post_once("/transfers/<name>/abandon", _of_transfer(give_up))


def _of_transfer(view: Callable[[Visit, Transfer], Shown]) -> Callable[[Visit, str], Shown]:
    """Lets a view have the transfer that is named, where it is this installation's."""

    def answer(visit: Visit, name: str) -> Shown:
        found = find(visit.parts, visit.staff.installation.id, name)
        return Shown("nothing.html", {"route": name}, status=404) if found is None else view(visit, found)

    return answer


def show(visit: Visit, found: Transfer) -> Shown:
    """Shows a transfer; its order is asked for where it is paid and not known yet."""
    deadline = visit.deadline.sooner(visit.parts.limits.order)
    return _shown(visit, find_order(visit.parts, visit.staff.installation, found, deadline))


def check_now(visit: Visit, found: Transfer) -> Shown:
    """Asks the provider, and says what it answered."""
    try:
        checked = check(visit.parts, found, visit.staff.email)
    except SomebodyAsks:
        text = visit.gettext("Kupi-Kupi is being asked about it at this moment. Look again in a few seconds.")
        return _shown(visit, found, problem=text)
    except NeverSent:
        return _shown(visit, found, problem=visit.gettext("Kupi-Kupi never heard of this payment."))
    return _shown(visit, checked.transfer, toast=_answer(visit, checked))


def tell_again(visit: Visit, found: Transfer) -> Shown:
    """Lets Saleor be told again."""
    resent = resend(visit.parts, found, visit.staff.email)
    if resent.reports == 0 and resent.saleor is not Verdict.SHORT:
        return _shown(visit, found, problem=visit.gettext("There is nothing to tell: Saleor knows already."))
    said = Toast("success", visit.gettext("Saleor is being told"), visit.gettext("Look again in a few seconds."))
    return _shown(visit, found, toast=said)


def give_up(visit: Visit, found: Transfer) -> Shown:
    """Gives a payment up."""
    try:
        given_up = abandon(visit.parts, found, visit.form, visit.staff.email)
    except NotAbandoned:
        return _shown(visit, found, problem=visit.gettext("It is too late: the payment has moved on meanwhile."))
    return _shown(visit, given_up, toast=Toast("success", visit.gettext("The payment is given up")))


def _answer(visit: Visit, checked: Checked) -> Toast:
    if checked.saleor is Verdict.SHORT:
        text = visit.gettext("It was asked to add up anew. Look again in a few seconds.")
        return Toast("warning", visit.gettext("Saleor does not show all points of the payment"), text)
    if checked.said is Said.NOTHING:
        text = visit.gettext("Nothing is changed. It is asked again by itself.")
        return Toast("warning", visit.gettext("Kupi-Kupi did not answer"), text)
    if checked.said is Said.REFUSED:
        return Toast("warning", visit.gettext("Kupi-Kupi refused the question"), checked.words)
    text = visit.gettext(state_of(checked.transfer).text)
    said = visit.gettext("Kupi-Kupi answered: %(detail)s", detail=provider_text(visit, checked.words))
    return Toast("success", said, text)


def _shown(visit: Visit, transfer: Transfer, *, problem: str = "", toast: Toast | None = None) -> Shown:
    case = look_up(visit.parts, transfer)
    now = case.transfer
    model = {
        "case": case,
        "transfer": now,
        "problem": problem,
        "word": state_of(now),
        "explained": EXPLAINED[now.state],
        "troubles": [(TROUBLES[each], WHAT_TO_DO[each]) for each in case.troubles],
        "provider": provider_text(visit, now.provider_status),
        "saleor": saleor_side(visit, case),
        "refusal": refusal_text(visit, now.refusal.code) if now.refusal else "",
        "next": what_is_next(visit, case),
        "facts": facts(visit, now),
        "story": story(visit, case.story),
        "reports": [
            (each, report_text(visit, each.report.type), DELIVERIES.get(each.state), delivery(visit, each))
            for each in case.reports
        ],
        "order_route": _order_route(now),
        "transaction_id": b64encode(f"TransactionItem:{now.reference}".encode()).decode(),
        "may_check": not never_sent(now),
        "may_resend": any(each.state in ("owed", "dead") for each in case.reports),
        "may_abandon": may_be_abandoned(now),
    }
    desk = refunds_of(visit.parts, now.installation_id, now.reference)
    if desk is not None:
        model |= model_of(visit, desk)
    route = f"/transfers/{now.reference}"
    return Shown("transfer.html", model, status=409 if problem else 200, toast=toast, route=route)


def _order_route(transfer: Transfer) -> str | None:
    known = transfer.order_id or (transfer.source_id if transfer.source_kind == "order" else None)
    return None if known is None else f"/orders/{quote(known, safe='')}"
