"""Tells a transfer's story and how it stands, in the person's language. It knows words, and decides nothing."""

from dataclasses import dataclass
from datetime import datetime

from saleor_kupikupi.domain.reports import ReportType
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.domain.wording import staff_text
from saleor_kupikupi.flows.look_up import Case
from saleor_kupikupi.store.pages import ListedReport
from saleor_kupikupi.store.timeline import Entry
from saleor_kupikupi.web.dashboard.fragments import Visit
from saleor_kupikupi.web.dashboard.texts import amount_in, moment_in
from saleor_kupikupi.web.dashboard.words import DELIVERIES, HAPPENINGS, PROVIDER, REPORTS, WHO

_OF_A_PART = ("REFUND_SUCCESS", "REFUND_FAILURE")


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened, as a timeline shows it."""

    at: datetime
    title: str
    text: str
    tone: str


def story(visit: Visit, entries: list[Entry]) -> list[Told]:
    """Tells what happened, the first thing first."""
    return [_told(visit, entry) for entry in entries]


def _told(visit: Visit, entry: Entry) -> Told:
    detail = _detail(visit, entry)
    by = visit.gettext(WHO[entry.who]) if entry.who in WHO else entry.who
    word = HAPPENINGS.get(entry.what)
    if entry.what == State.REJECTED and entry.who == "saleor":
        title, tone = visit.gettext("Refused before anything was sent to Kupi-Kupi"), "failure"
    elif word is None:
        title, tone = entry.what, "neutral"
    else:
        title, tone = visit.gettext(word.text, detail=detail), word.tone
        detail = "" if "%(detail)s" in word.text else detail
    return Told(entry.at, title, " · ".join(filter(None, (detail, by))), tone)


def _detail(visit: Visit, entry: Entry) -> str:
    """Puts a detail into words where it is a code of ours or of the provider's; what else it is stays as it came."""
    if entry.what == "REPORTED":
        return report_text(visit, entry.detail)
    if entry.what == State.OPEN and entry.detail:
        return f"paymentId {entry.detail}"
    if entry.detail == entry.what or entry.what in ("REPORTS_RESENT", "CANCEL_REQUESTED", "REFUND_REQUESTED"):
        return ""
    if entry.what == State.REJECTED:
        return refusal_text(visit, entry.detail)
    return provider_text(visit, entry.detail)


def report_text(visit: Visit, type_: str) -> str:
    """Says what a report tells."""
    return visit.gettext(REPORTS[type_]) if type_ in REPORTS else type_


def provider_text(visit: Visit, status: str) -> str:
    """Says the provider's status; one that is not known stays as it came."""
    return visit.gettext(PROVIDER[status]) if status in PROVIDER else status


def refusal_text(visit: Visit, code: str) -> str:
    """Says why a payment was refused."""
    try:
        return staff_text(code, visit.language)
    except KeyError:
        return provider_text(visit, code)


def saleor_side(visit: Visit, case: Case) -> str:
    """Says what Saleor knows."""
    events = [each for each in case.reports if each.report.type is not ReportType.INFO]
    if events:
        newest = events[0]
        how = visit.gettext(DELIVERIES[newest.state].text) if newest.state in DELIVERIES else newest.state
        return f"{how}: {_reported(visit, case, newest)}"
    if case.transfer.decided:
        return visit.gettext("told at once, in the answer to the payment")
    return visit.gettext("waits; there is nothing to tell yet")


def _reported(visit: Visit, case: Case, newest: ListedReport) -> str:
    told = report_text(visit, newest.report.type)
    amounts = newest.report.amount, case.transfer.amount
    if newest.report.type not in _OF_A_PART or amounts[0] == amounts[1]:
        return told
    part, whole = (amount_in(visit.language, each) for each in amounts)
    return visit.gettext("%(told)s, %(part)s of %(whole)s", told=told, part=part, whole=whole)


def what_is_next(visit: Visit, case: Case) -> str:
    """Says what happens by itself from here on."""
    owed = [each for each in case.reports if each.state == "owed"]
    if case.waits is not None and owed:
        until = moment_in(visit.language, case.waits[0])
        return visit.gettext("Saleor refused the app. It is tried again at %(at)s.", at=until)
    if not case.transfer.decided:
        return _next_look(visit, case)
    if owed:
        return _next_report(visit, min(each.due_at for each in owed))
    if any(each.state == "dead" for each in case.reports):
        return visit.gettext("Nothing by itself: Saleor refused a report, and a person has to look.")
    return visit.gettext("Nothing: the payment is over and Saleor knows.")


def _next_look(visit: Visit, case: Case) -> str:
    if case.next_look is None:
        return visit.gettext("Nothing by itself. “Check now” asks Kupi-Kupi.")
    if case.next_look <= visit.parts.now():
        return visit.gettext("Kupi-Kupi is being asked right now.")
    return visit.gettext("Kupi-Kupi is asked again at %(at)s.", at=moment_in(visit.language, case.next_look))


def _next_report(visit: Visit, at: datetime) -> str:
    if at <= visit.parts.now():
        return visit.gettext("Saleor is being told right now.")
    return visit.gettext("Saleor is told again at %(at)s.", at=moment_in(visit.language, at))


def facts(visit: Visit, transfer: Transfer) -> list[tuple[str, datetime, str]]:
    """Lists the dated facts beside a transfer's state, each with what it means."""
    known = (
        (
            visit.gettext("Announced by Kupi-Kupi"),
            transfer.claimed_at,
            visit.gettext("Kupi-Kupi told how the payment went, and got our OK."),
        ),
        (
            visit.gettext("Replaced"),
            transfer.superseded_at,
            visit.gettext("The buyer began to pay for the same thing anew. This payment gets no OK any more."),
        ),
        (
            visit.gettext("Given up"),
            transfer.abandoned_at,
            visit.gettext("A later announcement of Kupi-Kupi gets no OK, and the points stay with the buyer."),
        ),
        (
            visit.gettext("Never reached Kupi-Kupi"),
            transfer.never_opened_at,
            visit.gettext("A day after it was sent Kupi-Kupi still did not know it. No points were taken."),
        ),
        (
            visit.gettext("No longer followed"),
            transfer.stale_at,
            visit.gettext("Thirty days passed without an end. It is asked about only when somebody wants it."),
        ),
    )
    return [(name, at, text) for name, at, text in known if at is not None]


def delivery(visit: Visit, report: ListedReport) -> str:
    """Says how far a report has come."""
    if report.state == "delivered" and report.delivered_at is not None:
        return moment_in(visit.language, report.delivered_at)
    if report.state == "owed":
        return visit.gettext("next try %(at)s", at=moment_in(visit.language, report.due_at))
    return ""
