"""The screens of connections: the list, one connection's form, the test of its keys, and its removal.

It knows what a form's fields are called and how a fault is said; what can work is the flow's to decide.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from flask import request

from saleor_kupikupi.domain.connection import BASE_URLS
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows import connect
from saleor_kupikupi.flows.configure import TEST_PHONE, NoKey, Tested, WrongPhone, try_connection
from saleor_kupikupi.flows.connect import Setup
from saleor_kupikupi.flows.connection_form import LONGEST_NAME, LONGEST_SECRET, Fault, Form, WrongForm
from saleor_kupikupi.store.connections import StillInUse
from saleor_kupikupi.web.dashboard.addresses import said
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Toast, Visit

_SWITCHES = {each.name for each in fields(Form) if each.type is bool}

_USUAL_PHONES = {Environment.TEST: TEST_PHONE, Environment.PRODUCTION: ""}


def add(screens: Screens) -> None:
    """Makes the routes /connections, /connections/new and those of one connection."""
    screens.get("/connections", show_all)
    screens.get("/connections/new", blank)
    screens.post("/connections/new", create)
    screens.get("/connections/<int:number>", show)
    screens.post("/connections/<int:number>", change)
    screens.post("/connections/<int:number>/test/<any(production, test):environment>", test)
    screens.post("/connections/<int:number>/remove", remove)


def show_all(visit: Visit, toast: Toast | None = None, route: str | None = None) -> Shown:
    """Lists the connections."""
    found = connect.setups(visit.parts, visit.staff.installation.id)
    return Shown("connections.html", {"setups": found}, toast=toast, route=route)


def blank(visit: Visit) -> Shown:
    """Shows the form of a new connection."""
    return _shown(connect.blank_setup(visit.staff.installation.id))


def create(visit: Visit) -> Shown:
    """Saves a new connection."""
    return _save(visit, connect.blank_setup(visit.staff.installation.id))


def show(visit: Visit, number: int) -> Shown:
    """Shows the form of a connection."""
    setup = connect.setup_of(visit.parts, visit.staff.installation.id, number)
    return _absent() if setup is None else _shown(setup)


def change(visit: Visit, number: int) -> Shown:
    """Saves a connection."""
    setup = connect.setup_of(visit.parts, visit.staff.installation.id, number)
    return _absent() if setup is None else _save(visit, setup)


def test(visit: Visit, number: int, environment: str) -> Shown:
    """Asks the provider for somebody's balance with the stored key."""
    setup = connect.setup_of(visit.parts, visit.staff.installation.id, number)
    if setup is None:
        return _absent()
    tried, phone = Environment(environment), request.form.get(f"phone_{environment}", "")
    try:
        tested = try_connection(visit.parts, setup.connection, tried, phone)
    except WrongPhone:
        return _shown(
            setup, {f"phone_{tried}": visit.gettext("A Russian mobile number is needed.")}, phones={tried: phone}
        )
    except NoKey:
        return _shown(setup, {f"{tried}_secret": visit.gettext("Enter the key and save it first.")})
    after = connect.setup_of(visit.parts, visit.staff.installation.id, number) or setup
    return _shown(after, tested=(tried, tested), phones={tried: phone})


def remove(visit: Visit, number: int) -> Shown:
    """Takes a connection out of use, unless payments still need it."""
    setup = connect.setup_of(visit.parts, visit.staff.installation.id, number)
    if setup is None:
        return _absent()
    try:
        connect.remove(visit.parts, setup.connection)
    except StillInUse as error:
        return _shown(setup, undecided=error.undecided)
    toast = Toast("success", visit.gettext("Connection removed"), setup.connection.name)
    return show_all(visit, toast, "/connections")


def _save(visit: Visit, before: Setup) -> Shown:
    form = _form()
    try:
        saved = connect.save(visit.parts, before, form)
    except WrongForm as wrong:
        return _shown(before, _said(visit, wrong.faults), form)
    tested = connect.try_anew(visit.parts, saved)
    number = saved.connection.id
    after = connect.setup_of(visit.parts, visit.staff.installation.id, number) or before
    tried = None if tested is None else (Environment.TEST, tested)
    shown = _shown(after, tested=tried)
    toast = _saved(visit, tested, Environment.PRODUCTION in saved.anew)
    return Shown(shown.template, shown.model, toast=toast, route=f"/connections/{number}")


def _saved(visit: Visit, tested: Tested | None, live: bool) -> Toast:
    if tested is None and live:
        text = visit.gettext("Now test the production key below, with a phone that has points.")
        return Toast("info", visit.gettext("Saved"), text)
    if tested is None:
        return Toast("success", visit.gettext("Saved"))
    if tested.accepted is None:
        return Toast("warning", visit.gettext("Saved, but the test key was not accepted"))
    return Toast("success", visit.gettext("Saved, and Kupi-Kupi accepts the test key"))


def _shown(
    setup: Setup,
    errors: Mapping[str, str] | None = None,
    form: Form | None = None,
    tested: tuple[Environment, Tested] | None = None,
    phones: Mapping[Environment, str] | None = None,
    undecided: int = 0,
) -> Shown:
    model = {
        "setup": setup,
        "form": form or connect.filled_form(setup),
        "errors": defaultdict(str, errors or {}),
        "tested": tested,
        "undecided": undecided,
        "phones": {**_USUAL_PHONES, **(phones or {})},
        "usual": BASE_URLS,
    }
    return Shown("connection.html", model, status=422 if errors else 409 if undecided else 200)


def _absent() -> Shown:
    return Shown("nothing.html", status=404)


def _form() -> Form:
    switched: dict[str, Any] = {name: name in request.form for name in _SWITCHES}
    typed: dict[str, Any] = {
        each.name: request.form.get(each.name, "") for each in fields(Form) if each.name not in _SWITCHES
    }
    return Form(**typed, **switched)


def _said(visit: Visit, faults: Mapping[str, Fault]) -> dict[str, str]:
    words = {
        Fault.MISSING: visit.gettext("Please fill this in."),
        Fault.TAKEN: visit.gettext("Another connection has this name."),
        Fault.NAME_TOO_LONG: visit.gettext("At most %(most)d characters, please.", most=LONGEST_NAME),
        Fault.UID_TOO_LONG: visit.gettext("A platform uid has at most 20 characters."),
        Fault.SECRET_TOO_LONG: visit.gettext("At most %(most)d characters, please.", most=LONGEST_SECRET),
        Fault.UNKNOWN: visit.gettext("Choose one of these."),
        Fault.KEY_NEEDED: visit.gettext("Enter the key too: without it neither a uid nor an address is kept."),
        Fault.NO_KEY_IN_USE: visit.gettext(
            "This environment has no key yet. Enter its key below, or choose the other."
        ),
        Fault.NO_CABINET: visit.gettext(
            "An https address of at most 200 characters is needed; {paymentId} and {orderId} may stand in it."
        ),
        Fault.NOT_ALLOWED: visit.gettext(
            "This is no address of Kupi-Kupi. Whoever runs this app for you can allow it, or enter it."
        ),
        Fault.HAS_QUERY: visit.gettext("An address without a question mark is needed."),
    }
    return {name: words.get(fault) or said(visit, fault.value) for name, fault in faults.items()}
