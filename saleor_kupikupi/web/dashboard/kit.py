"""The registration kit: what a merchant sends to the provider's support before there are keys.

The address that the provider notifies is as good as a password, so only those who may change see it.
"""

from collections import defaultdict
from collections.abc import Mapping

from flask import request

from saleor_kupikupi.domain.registration import ADDRESSES, MISSING, Site, is_complete, letter, would_be_accepted
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows import connect, register
from saleor_kupikupi.flows.connect import Setup
from saleor_kupikupi.web.dashboard.addresses import said
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Toast, Visit

HIDDEN = "(скрыто)"


def add(screens: Screens) -> None:
    """Makes the routes /kit and that of one connection's kit."""
    screens.get("/kit", show_all)
    screens.get("/kit/<int:number>", show)
    screens.post("/kit/<int:number>", keep)


def show_all(visit: Visit) -> Shown:
    """Shows the kit of the only connection, or lets people choose one."""
    found = connect.setups(visit.parts, visit.staff.installation.id)
    return _shown(visit, found[0]) if len(found) == 1 else Shown("kits.html", {"setups": found})


def show(visit: Visit, number: int) -> Shown:
    """Shows one connection's kit."""
    setup = connect.setup_of(visit.parts, visit.staff.installation.id, number)
    return Shown("nothing.html", status=404) if setup is None else _shown(visit, setup)


def keep(visit: Visit, number: int) -> Shown:
    """Keeps the addresses of the sites."""
    setup = connect.setup_of(visit.parts, visit.staff.installation.id, number)
    if setup is None:
        return Shown("nothing.html", status=404)
    typed = {
        each: Site(**{name: request.form.get(f"{each}_{name}", "").strip() for name in ADDRESSES})
        for each in Environment
    }
    flaws = register.keep_sites(visit.parts, setup.connection, typed)
    if flaws:
        errors = {f"{each}_{name}": said(visit, flaw) for (each, name), flaw in flaws.items()}
        return _shown(visit, setup, typed, errors)
    shown = _shown(visit, setup)
    return Shown(shown.template, shown.model, toast=Toast("success", visit.gettext("Saved: the letter is up to date")))


def _shown(
    visit: Visit,
    setup: Setup,
    typed: Mapping[Environment, Site] | None = None,
    errors: Mapping[str, str] | None = None,
) -> Shown:
    sites = register.sites_of(visit.parts, setup.connection)
    urls = register.notification_urls(visit.parts, setup.connection)
    model = {
        "setup": setup,
        "sites": typed or sites,
        "errors": defaultdict(str, errors or {}),
        "letter": letter(sites, urls if visit.staff.may_change else dict.fromkeys(Environment, HIDDEN)),
        "incomplete": not all(map(is_complete, sites.values())),
        "missing": MISSING,
        "unreachable": not all(map(would_be_accepted, urls.values())),
        "local": [url for url in _given(sites) if not would_be_accepted(url)],
        "base_url": visit.parts.base_url,
    }
    return Shown("kit.html", model, status=422 if errors else 200)


def _given(sites: Mapping[Environment, Site]) -> list[str]:
    return [url for site in sites.values() for url in (site.site_url, site.success_url, site.fail_url) if url]
