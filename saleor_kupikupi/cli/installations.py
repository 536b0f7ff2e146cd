"""The Saleors that installed the app, and their webhooks."""

import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import click

from saleor_kupikupi.cli.desk import as_json, chosen_installation, of_saleor, open_desk, show
from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows import install, upgrade
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import installations as stored
from saleor_kupikupi.store import pages, upgrades
from saleor_kupikupi.store.database import Tx

_LISTED = (
    "saleor",
    "app id",
    "version",
    "state",
    "installed",
    "uninstalled",
    "reports suspended until",
    "last payment",
)
_AT_A_TIME = 16


@click.group()
def installations() -> None:
    """Look at the Saleors that installed the app, and mend their webhooks."""


@installations.command("list")
@click.option("--offline", is_flag=True, help="Ask no Saleor, tell only what is written down here.")
@as_json
def list_installations(offline: bool, as_json: bool) -> None:
    """List the installations, and ask each Saleor whether it still has the app."""
    _, parts = open_desk()
    with parts.database.read() as tx:
        rows = [_row(tx, each) for each in stored.listed(tx)]
        ids = [each.installation.id for each in stored.listed(tx)]
    if not offline:
        with ThreadPoolExecutor(_AT_A_TIME) as pool:
            for row, standing in zip(rows, pool.map(partial(install.standing, parts), ids), strict=True):
                row["state"] = standing
    show(rows, as_json, _LISTED)


@installations.command("sync")
@click.option("--dry-run", is_flag=True, help="Only show what would be changed; exit code 1 where that is anything.")
@click.option("--activate", is_flag=True, help="Switch on webhooks that are switched off, too.")
@as_json
@of_saleor
def sync(dry_run: bool, activate: bool, as_json: bool, saleor: str | None) -> None:
    """Compare webhooks with the manifest and mend them, as the background work does each day.

    Of every Saleor, or of one. The exit code is 1 where one stays different, is switched off or cannot be asked.
    """
    _, parts = open_desk()
    chosen = [chosen_installation(parts, saleor)] if saleor else _installed(parts)
    found = [_compared(parts, each, dry_run, activate) for each in chosen]
    rows = [row for these, _ in found for row in these]
    well = all(each for _, each in found)
    if as_json or rows:
        show(rows, as_json)
    elif well:
        click.echo("every webhook is as the manifest has it")
    if not well:
        sys.exit(1)


def _row(tx: Tx, each: stored.ListedInstallation) -> dict[str, Any]:
    of_it = each.installation.id
    newest = pages.transfers_page(tx, pages.Wanted(installation_id=of_it), limit=1)
    return {
        "saleor": each.installation.api_url,
        "app": each.installation.app_identifier,
        "app id": each.installation.app_id,
        "version": each.installation.version,
        "state": "not asked" if each.uninstalled_at is None else install.Standing.UNINSTALLED,
        "installed": each.registered_at,
        "uninstalled": each.uninstalled_at,
        "reports suspended until": each.reports_suspended_until,
        "why": each.suspension_reason,
        "last payment": newest[0].created_at if newest else None,
    }


def _installed(parts: Parts) -> list[Installation]:
    with parts.database.read() as tx:
        known = [each.installation for each in stored.listed(tx) if each.uninstalled_at is None]
        ours = (each.id for each in known if each.app_identifier == parts.app_identifier)
        found = [stored.by_id(tx, parts.vault, each) for each in ours]
    return [each for each in found if each is not None]


def _compared(
    parts: Parts, installation: Installation, dry_run: bool, activate: bool
) -> tuple[list[dict[str, Any]], bool]:
    """Lists what is or was to be done, and tells whether all is well now."""
    deadline = parts.deadline(parts.limits.worker_call)
    try:
        plan = left = upgrade.plan(parts, installation, deadline, activate=activate)
        if not dry_run:
            with parts.database.write() as tx:
                upgrades.due_at(tx, installation.id, parts.now() + upgrades.SOON)
            left = upgrade.mend(parts, installation, activate=activate)
            upgrade.remember(parts, installation, left)
    except AppError as error:
        click.echo(f"{installation.api_url}: {error}", err=True)
        return [], False
    if plan.elsewhere:
        click.echo(f"{installation.api_url}: {_ELSEWHERE.format(plan.elsewhere)}", err=True)
    return _rows(installation, plan, left, dry_run), left.as_wanted


_ELSEWHERE = "its webhooks go to {} and not to this machine: set APP_API_BASE_URL; nothing was changed"


def _rows(installation: Installation, plan: upgrade.Plan, left: upgrade.Plan, dry_run: bool) -> list[dict[str, Any]]:
    unmended = {each.want.url for each in left.changes}
    rows = []
    for change in plan.changes:
        verb = "create" if change.have is None else "update"
        done = "to do" if dry_run else ("not done, see the log" if change.want.url in unmended else "done")
        what = sorted(change.given) if change.have else []
        rows.append(_said(installation, change.want.url, verb, what, done))
    off = [each for each in left.off if each.url not in unmended]
    rows += [_said(installation, each.url, "switched off", [], "see --activate") for each in off]
    rows += [_said(installation, each.url, "foreign", [], "left alone") for each in plan.foreign]
    return rows


def _said(installation: Installation, url: str, verb: str, what: list[str], outcome: str) -> dict[str, Any]:
    return {"saleor": installation.api_url, "webhook": url, "what": verb, "differs in": what, "outcome": outcome}
