"""The list of transfers: newest first, searched and filtered; what it shows stands in the page's address."""

from collections.abc import Mapping
from urllib.parse import urlencode

from flask import request

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.flows.look_up import look_through
from saleor_kupikupi.flows.seek import LONGEST, sought
from saleor_kupikupi.store.pages import Wanted
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Visit
from saleor_kupikupi.web.dashboard.words import STATES, TROUBLES, state_of

AT_A_TIME = 25


def add(screens: Screens) -> None:
    """Makes the routes below /transfers that list them."""
    screens.get("/transfers", show)
    screens.ask("/transfers/search", search)


def show(visit: Visit) -> Shown:
    """Shows what the address asks for; a phone that somebody put into it leaves it."""
    asked = asked_in(request.args, "q", "state", "trouble", "before", "after")
    typed = asked["q"]
    asked["q"] = sought(visit.parts, visit.staff.installation.id, typed)
    return _listed(visit, asked, route=None if typed == asked["q"] else route_of(asked))


def search(visit: Visit) -> Shown:
    """Searches by a form that is posted, since a phone may be in it."""
    asked = asked_in(request.form, "q", "state", "trouble")
    asked["q"] = sought(visit.parts, visit.staff.installation.id, asked["q"])
    return _listed(visit, asked, route=route_of(asked))


def asked_in(values: Mapping[str, str], *names: str) -> dict[str, str]:
    """Takes what is asked for from a query or a form, each value as far as it can mean something."""
    return {name: values.get(name, "")[:LONGEST] for name in names}


def wanted_by(visit: Visit, asked: dict[str, str]) -> Wanted:
    """Reads what is asked for; what cannot be read counts as not asked."""
    by_name = {each.value.lower(): each for each in State}
    return Wanted(
        installation_id=visit.staff.installation.id,
        state=by_name.get(asked.get("state", "")),
        trouble_at=visit.parts.now() if asked.get("trouble") else None,
        search=asked.get("q") or None,
    )


def route_of(asked: dict[str, str], base: str = "/transfers", **changes: int | str) -> str:
    """Writes what is asked for as a route, without what is empty."""
    query = urlencode({name: value for name, value in (asked | changes).items() if value})
    return f"{base}?{query}" if query else base


def _listed(visit: Visit, asked: dict[str, str], route: str | None) -> Shown:
    wanted = wanted_by(visit, asked)
    rows, page = look_through(
        visit.parts, wanted, before_id=_id_in(asked, "before"), after_id=_id_in(asked, "after"), limit=AT_A_TIME
    )
    filters = {name: asked[name] for name in ("q", "state", "trouble")}
    states = [("", visit.gettext("All"))]
    states += [(state.value.lower(), visit.gettext(word.text)) for state, word in STATES.items()]
    model = {
        "rows": rows,
        "filters": filters,
        "filtered": any(filters.values()),
        "beyond": bool(asked.get("before")),
        "states": states,
        "newer": route_of(filters, after=page.newer_than) if page.newer_than else None,
        "older": route_of(filters, before=page.older_than) if page.older_than else None,
        "export": route_of(filters, "/transfers.csv"),
        "first": route_of(filters),
        "state_of": state_of,
        "troubles": TROUBLES,
    }
    return Shown("transfers.html", model, route=route)


def _id_in(asked: dict[str, str], name: str) -> int | None:
    text = asked.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
