"""What every command needs: the parts, the installation that is meant, and a way to show things."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import click

from saleor_kupikupi import logs
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.settings import Settings, read_settings

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
of_saleor = click.option("--saleor", metavar="URL", help="The Saleor API URL, where more than one installed the app.")


def open_desk() -> tuple[Settings, Parts]:
    """Reads the settings and opens the database; its tables must be there."""
    from saleor_kupikupi.app import check_keys, make_parts

    settings = read_settings()
    logs.configure("warning" if settings.log_level in ("debug", "info") else settings.log_level, "text", sys.stderr)
    parts = make_parts(settings)
    click.get_current_context().call_on_close(parts.database.dispose)
    if not parts.database.schema_is_current():
        raise click.ClickException(
            "the database has no current tables. Is DATABASE_URL the running app's? Then `saleor-kupikupi migrate`"
        )
    check_keys(settings, parts.database)
    return settings, parts


def chosen_installation(parts: Parts, saleor: str | None) -> Installation:
    """Finds the installation that a command is about."""
    from saleor_kupikupi.store import installations

    with parts.database.read() as tx:
        known = [each.installation for each in installations.listed(tx)]
        urls = [each.api_url for each in known if each.app_identifier == parts.app_identifier]
        if saleor is None and len(urls) != 1:
            listed = "".join(f"\n  {url}" for url in urls)
            raise click.ClickException(
                f"say which Saleor with --saleor URL:{listed}" if urls else "no Saleor has installed this app yet"
            )
        found = installations.find(tx, parts.vault, saleor or urls[0], parts.app_identifier)
    if found is None:
        raise click.ClickException(f"{saleor} has not installed this app")
    return found


def show(rows: Sequence[Mapping[str, Any]], as_json: bool, columns: Sequence[str] | None = None) -> None:
    """Prints rows whole as JSON, or as a table of some of their columns."""
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2, default=_written))
        return
    from tabulate import tabulate

    if not rows:
        click.echo("nothing to show", err=True)
        return
    shown = [{name: _cell(row[name]) for name in columns or row} for row in rows]
    click.echo(tabulate(shown, headers="keys", disable_numparse=True))


def show_one(row: Mapping[str, Any]) -> None:
    """Prints everything of one row, a line each."""
    from tabulate import tabulate

    click.echo(tabulate([(name, _cell(value)) for name, value in row.items()], tablefmt="plain", disable_numparse=True))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return _written(value)


def _written(value: Any) -> str:
    return value.isoformat(timespec="seconds") if isinstance(value, datetime) else str(value)
