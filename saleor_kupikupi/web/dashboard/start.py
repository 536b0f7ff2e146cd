"""The first screen: what is to be done next, and how things are."""

from saleor_kupikupi.flows.overview import OpenProblem, Overview, breaker_of, overview
from saleor_kupikupi.flows.problems import looked_at
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Toast, Visit

_PLACES = {
    "codes_closed": "/connections",
    "credentials_refused_production": "/connections",
    "credentials_refused_test": "/connections",
    "provider_unreachable": "/connections",
    "refunds_waiting": "/refunds",
    "reports_dead": "/transfers?trouble=1",
    "reports_owed": "/transfers?state=CONFIRMED",
    "reports_suspended": "/transfers?state=CONFIRMED",
    "stale_transfers": "/transfers?trouble=1",
}


def add(screens: Screens) -> None:
    """Makes the routes /, everything that no screen answers, and "I have looked"."""
    screens.get("/", show)
    screens.post("/start/looked/<reference>", look)
    screens.get("/<path:route>", nothing)


def show(visit: Visit) -> Shown:
    """Shows what is still to be set up, how the connections do, and what is wrong."""
    return _shown(visit)


def look(visit: Visit, reference: str) -> Shown:
    """Notes that a person has looked at a possible double payment."""
    if not looked_at(visit.parts, visit.staff.installation.id, reference, visit.staff.email):
        return _shown(visit, status=404)
    title = visit.gettext("Noted: you have looked at this payment.")
    return _shown(visit, toast=Toast("success", title), route="/")


def nothing(_: Visit, route: str) -> Shown:
    """Says that there is no such screen, with the tabs to go on."""
    return Shown("nothing.html", {"route": route}, status=404)


def _shown(visit: Visit, status: int = 200, toast: Toast | None = None, route: str | None = None) -> Shown:
    installation = visit.staff.installation
    seen = overview(visit.parts, installation.id, visit.language)
    model = {
        "section": "",
        "app_id": visit.parts.app_identifier,
        "seen": seen,
        "steps": _steps(seen),
        "places": {problem: _place(problem) for problem in seen.problems},
        "breaker": breaker_of(visit.parts, installation, visit.deadline),
        "completes_at_once": not installation.at_least(3, 22),
    }
    return Shown("start.html", model, status, toast, route)


def _steps(seen: Overview) -> list[str]:
    """Tells of each step of the setup whether it is done, now, or later."""
    done = (seen.keys_accepted, seen.is_mapped, seen.has_paid)
    now = done.index(False) if False in done else len(done)
    return ["done" if each else "now" if number == now else "later" for number, each in enumerate(done)]


def _place(problem: OpenProblem) -> str | None:
    """Tells where in the app something is done about a problem."""
    if problem.reference is not None:
        return f"/transfers?q={problem.reference}"
    return _PLACES.get(problem.code)
