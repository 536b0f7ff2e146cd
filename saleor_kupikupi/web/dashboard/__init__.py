"""The app's page inside Saleor's Dashboard: documents without data, and fragments for those who may see them.

To add a screen:

1. `things.py` here: `def add(screens: Screens) -> None:` calls `screens.get("/things", show)` and
   `screens.post("/things/<int:number>/mend", mend)`; it goes into SCREENS below. POST needs the right to change.
2. `def show(visit: Visit) -> Shown:` calls a flow, for rules live there, and answers `Shown("things.html", {…})`;
   a refused form is `Shown(…, status=422)` with `errors`; success adds `toast=` and `route=`.
3. `templates/dashboard/fragments/things.html`: `{% extends "dashboard/fragments/_screen.html" %}`, the macros of
   `_parts.html`, every text in `_("…")` or `{% trans %}`; a tab is a line in `_screen.html`.
4. Links are `parts.link("/things", _("Things"))`, forms `{% call parts.form("/things/1/mend", staff) %}`: the script
   does the rest, and there is never a script, a style or a handler inside the HTML.
5. `make messages` puts the new texts into locale/*/LC_MESSAGES/dashboard.po: write the Russian there, run it again.
"""

from pathlib import Path

from flask import Blueprint

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.web.dashboard import (
    channels,
    connections,
    kit,
    refunds,
    shell,
    start,
    transfer,
    transfers,
    transfers_csv,
    widget,
)
from saleor_kupikupi.web.dashboard import help as help_screen
from saleor_kupikupi.web.dashboard.fragments import Screens
from saleor_kupikupi.web.dashboard.pages import Pages

SCREENS = (start, transfers, transfers_csv, transfer, refunds, connections, channels, kit, help_screen, widget)

_WEB = Path(__file__).parents[1]


def blueprint(parts: Parts, *, prefix: str, origins: tuple[str, ...]) -> Blueprint:
    """Makes the routes /app, /widget, /api/dashboard and /static.

    `prefix` is the path under which a browser finds them; `origins` are those of Dashboards that are not served from
    their API's own.
    """
    pages = Pages(prefix)
    routes = Blueprint("dashboard", __name__, static_folder=_WEB / "static", static_url_path="/static")
    shell.add(routes, parts, pages, origins)
    screens = Screens(routes, parts, pages, origins)
    for screen in SCREENS:
        screen.add(screens)
    return routes
