"""Looks at transfers and reports, and sets them going again."""

import sys
import threading
from datetime import UTC, datetime
from typing import Any

import click

from saleor_kupikupi.cli.desk import as_json, chosen_installation, of_saleor, open_desk, show, show_one
from saleor_kupikupi.domain.money import roubles_text
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.flows.check import NeverSent, SomebodyAsks, check
from saleor_kupikupi.flows.look_back import look_back
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.reconcile import reconcile as do_what_is_due
from saleor_kupikupi.flows.resend import resend as send_again
from saleor_kupikupi.flows.settle import Said
from saleor_kupikupi.flows.verify import Verdict
from saleor_kupikupi.store import pages, timeline
from saleor_kupikupi.store import transfers as stored_transfers


@click.group()
def transfers() -> None:
    """Look at payments."""


@transfers.command("list")
@click.option("--state", type=click.Choice([each.value for each in State]))
@click.option("--trouble", is_flag=True, help="Only those that need a person.")
@click.option("--search", help="A reference, paymentId, order or checkout id, or the phone's last four digits.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500))
@click.option("--before", type=int, help="Go on below this id.")
@as_json
@of_saleor
def list_transfers(
    state: str | None,
    trouble: bool,
    search: str | None,
    limit: int,
    before: int | None,
    as_json: bool,
    saleor: str | None,
) -> None:
    """List the newest transfers."""
    _, parts = open_desk()
    installation = chosen_installation(parts, saleor) if saleor else None
    with parts.database.read() as tx:
        found = pages.transfers_page(
            tx,
            pages.Wanted(
                installation_id=installation.id if installation else None,
                state=State(state) if state else None,
                trouble_at=parts.now() if trouble else None,
                search=search,
            ),
            before_id=before,
            limit=limit,
        )
    show([_row(each) for each in found], as_json, _LISTED)


@transfers.command("show")
@click.argument("reference")
@as_json
@of_saleor
def show_transfer(reference: str, as_json: bool, saleor: str | None) -> None:
    """Show one transfer with everything that happened to it."""
    _, parts = open_desk()
    transfer = _found(parts, reference, saleor)
    with parts.database.read() as tx:
        entries = [
            {"at": each.at, "who": each.who, "what": each.what, "detail": each.detail}
            for each in timeline.of(tx, transfer.id)
        ]
        owed = [_report_row(each) for each in pages.reports_of(tx, transfer.id)]
    if as_json:
        show([{**_row(transfer), "timeline": entries, "reports": owed}], as_json)
        return
    show_one(_row(transfer))
    for title, rows in (("\nWhat happened", entries), ("\nReports to Saleor", owed)):
        click.echo(title)
        show(rows, as_json)


@transfers.command("check")
@click.argument("reference")
@as_json
@of_saleor
def check_transfer(reference: str, as_json: bool, saleor: str | None) -> None:
    """Ask Kupi-Kupi about a transfer now and believe what it says."""
    _, parts = open_desk()
    try:
        checked = check(parts, _found(parts, reference, saleor), OPERATOR)
    except (SomebodyAsks, NeverSent) as error:
        raise click.ClickException(str(error)) from None
    show([_row(checked.transfer)], as_json, _LISTED)
    if checked.saleor is not Verdict.NOT_TOLD:
        click.echo(_SHOWN[checked.saleor], err=True)
    if checked.said is Said.REFUSED:
        click.echo(f"Kupi-Kupi refused the question: {checked.words}", err=True)
    elif checked.said is Said.NOTHING:
        click.echo("Kupi-Kupi did not answer; nothing is changed", err=True)
        sys.exit(1)


@click.group()
def reports() -> None:
    """Look at what Saleor is owed."""


@reports.command("list")
@click.option("--state", type=click.Choice(["owed", "delivered", "dead"]))
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 500))
@click.option("--before", type=int, help="Go on below this id.")
@as_json
def list_reports(state: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """List the newest reports."""
    _, parts = open_desk()
    with parts.database.read() as tx:
        found = pages.reports_page(tx, state=state, before_id=before, limit=limit)
    show([_report_row(each) for each in found], as_json)


@reports.command("resend")
@click.argument("reference")
@of_saleor
def resend(reference: str, saleor: str | None) -> None:
    """Make the undelivered reports of a transfer due now, dead ones too, and heal a charge that Saleor lost."""
    _, parts = open_desk()
    resent = send_again(parts, _found(parts, reference, saleor), OPERATOR)
    click.echo(f"{resent.reports} reports are due now")
    if resent.saleor is not Verdict.NOT_TOLD:
        click.echo(_SHOWN[resent.saleor])
    if resent.reports == 0 and resent.saleor is not Verdict.SHORT:
        sys.exit(1)


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and stop.")
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d"]),
    help="After a restored backup: look for what it lost of the payments begun since this day (UTC), and stop.",
)
def reconcile(once: bool, since: datetime | None) -> None:
    """Follow transfers and deliver reports, one after the other."""
    _, parts = open_desk()
    if since is not None:
        _look_back(parts, since.replace(tzinfo=UTC))
        return
    if once:
        click.echo(f"{do_what_is_due(parts)} pieces of work done")
        return
    pause = threading.Event()
    while not pause.wait(1.0):
        do_what_is_due(parts)


def _look_back(parts: Parts, since: datetime) -> None:
    looked = list(look_back(parts, since))
    for each in looked:
        if each.refunds:
            click.echo(f"{each.transfer.reference}: refunds found in Saleor: {each.refunds}")
    silent = [each.transfer.reference for each in looked if each.refunds is None]
    click.echo(f"{len(looked)} payments looked at")
    if silent:
        raise click.ClickException(f"Saleor did not answer for: {', '.join(silent)}")


OPERATOR = "operator"
_SHOWN = {
    Verdict.HELD: "Saleor shows the charge",
    Verdict.SHORT: "Saleor does not show all of the charge: it is asked to add up anew, look again in a few seconds",
    Verdict.UNANSWERED: "Saleor could not be asked whether it shows the charge",
}
_LISTED = ("id", "reference", "state", "roubles", "environment", "facts", "refused", "created")


def _found(parts: Parts, reference: str, saleor: str | None) -> Transfer:
    installation = chosen_installation(parts, saleor)
    with parts.database.read() as tx:
        found = stored_transfers.find(tx, installation.id, reference)
    if found is None:
        raise click.ClickException(
            f"there is no transfer {reference}: say the whole reference, `transfers list` shows it"
        )
    return found


def _row(transfer: Transfer) -> dict[str, Any]:
    return {
        "id": transfer.id,
        "reference": transfer.reference,
        "state": transfer.state.value,
        "roubles": roubles_text(transfer.amount),
        "environment": transfer.environment.value if transfer.environment else None,
        "provider says": transfer.provider_status,
        "paymentId": transfer.payment_id,
        "phone": f"…{transfer.phone_last4}" if transfer.phone_last4 else None,
        "source": transfer.source_id,
        "channel": transfer.channel,
        "facts": _facts(transfer),
        "refused": transfer.refusal.code if transfer.refusal else None,
        "created": transfer.created_at,
        "asked": transfer.checked_at,
    }


def _facts(transfer: Transfer) -> list[str]:
    facts = ("claimed", "superseded", "abandoned", "never_opened", "stale")
    return [fact for fact in facts if getattr(transfer, f"{fact}_at") is not None]


def _report_row(report: pages.ListedReport) -> dict[str, Any]:
    return {
        "id": report.id,
        "reference": report.reference,
        "type": report.report.type,
        "pspReference": report.report.psp_reference,
        "roubles": roubles_text(report.report.amount),
        "state": report.state,
        "attempts": report.attempts,
        "due": report.due_at,
        "delivered": report.delivered_at,
        "last error": report.last_error,
    }
