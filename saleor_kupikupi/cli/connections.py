"""Connections to Kupi-Kupi: credentials, choices, channels."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from saleor_kupikupi.cli.connection_options import CHOICES, SECRETS, options, typed
from saleor_kupikupi.cli.connection_row import row_of
from saleor_kupikupi.cli.desk import as_json, chosen_installation, of_saleor, open_desk, show, show_one
from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.money import roubles_text
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows import configure, connect, map_channels
from saleor_kupikupi.flows.connect import Setup
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.register import notification_urls
from saleor_kupikupi.store import connections as stored


@click.group()
def connections() -> None:
    """Set up how channels pay through Kupi-Kupi."""


@connections.command("add")
@click.argument("name")
@click.option("--test", "test", is_flag=True, help="The secret is the DevSecretKey of the test environment.")
@options(SECRETS, CHOICES)
@of_saleor
def add(name: str, test: bool, saleor: str | None, **given: Any) -> None:
    """Add a connection, with the secret key asked for or read from --secret-file.

    Without --platform-uid it only gets its notification addresses, which Kupi-Kupi wants before it gives out keys.
    """
    _, parts = open_desk()
    installation = chosen_installation(parts, saleor)
    environment = Environment(given.pop("environment") or (Environment.TEST if test else Environment.PRODUCTION))
    with parts.database.read() as tx:
        if stored.by_name(tx, installation.id, name) is not None:
            raise click.ClickException(f"connection {name} is there already: change it with `connections set {name}`")
    uid = given["platform_uid"]
    if uid is None and (given["secret_file"] or given["base_url"]):
        raise click.UsageError("a secret or an address needs --platform-uid too")
    secret = "" if uid is None else _secret(given)
    _check_choices(environment, given)
    if uid is not None:
        configure.check_credentials(uid, secret, given["base_url"])
    blank = connect.blank_setup(installation.id)
    form = typed(replace(connect.filled_form(blank), name=name), environment, given, secret)
    saved = connect.save(parts, blank, form, by_operator=True)
    click.echo(f"connection {name} added")
    _telladdress_of(parts, saved.connection)
    if not saved.anew:
        click.echo(f"Register these addresses, then: connections set {name} --platform-uid UID --new-secret")
    for each in saved.anew:
        _try(parts, saved.connection, each, configure.TEST_PHONE)


@connections.command("set")
@click.argument("name")
@click.option("--new-secret", is_flag=True, help="Ask for a new secret key; open transfers keep the old one.")
@options(SECRETS, CHOICES)
@of_saleor
def change(name: str, new_secret: bool, saleor: str | None, **given: Any) -> None:
    """Change a connection: its choices, its environment in use, or the secret of that environment."""
    _, parts = open_desk()
    setup = _setup_of(parts, saleor, name)
    environment = Environment(given.pop("environment") or setup.connection.environment)
    _check_choices(environment, given)
    moved = environment is not setup.connection.environment
    first = environment not in setup.keys and (moved or given["platform_uid"])
    asked = bool(first or new_secret or given["secret_file"])
    secret = _secret(given) if asked else ""
    if asked:
        configure.check_credentials(given["platform_uid"] or connect.filled_form(setup).platform_uid, secret)
    form = typed(connect.filled_form(setup), environment, given, secret)
    saved = connect.save(parts, setup, form, by_operator=True)
    click.echo(f"connection {name} changed; running processes follow within seconds")
    for each in saved.anew or ((environment,) if asked else ()):
        _try(parts, saved.connection, each, configure.TEST_PHONE)
    if moved:
        _telladdress_of(parts, saved.connection)


@connections.command("list")
@as_json
@of_saleor
def show_all(as_json: bool, saleor: str | None) -> None:
    """List the connections with their channels."""
    _, parts = open_desk()
    installation = chosen_installation(parts, saleor)
    rows = [row_of(parts, each) for each in connect.setups(parts, installation.id)]
    show(rows, as_json, ("name", "environment", "channels", "platform uid", "secret", "wire format"))


@connections.command("show")
@click.argument("name")
@as_json
@of_saleor
def show_connection(name: str, as_json: bool, saleor: str | None) -> None:
    """Show one connection with its choices and the addresses to give to Kupi-Kupi's support."""
    _, parts = open_desk()
    row = row_of(parts, _setup_of(parts, saleor, name))
    if as_json:
        show([row], as_json)
    else:
        show_one(row)


@connections.command("test")
@click.argument("name")
@click.option("--environment", type=click.Choice([each.value for each in Environment]))
@click.option("--phone", default=configure.TEST_PHONE, show_default=True, help="Whose balance is asked for.")
@of_saleor
def try_it(name: str, environment: str | None, phone: str, saleor: str | None) -> None:
    """Ask Kupi-Kupi for a balance with the saved credentials, and settle the wire format."""
    _, parts = open_desk()
    connection = _named(parts, saleor, name)
    if not _try(parts, connection, Environment(environment or connection.environment), phone):
        sys.exit(1)


@connections.command("map")
@click.argument("name")
@click.option("--channel", "channels", multiple=True, metavar="SLUG", help="A channel's slug; may be repeated.")
@click.option("--default", "default", is_flag=True, help="Every channel without a connection of its own.")
@click.option("--remove", "remove", is_flag=True, help="Take the mapping away instead.")
@click.option("--force", "force", is_flag=True, help="Map channels that Saleor does not have, or not in roubles.")
@of_saleor
def map_(name: str, channels: tuple[str, ...], default: bool, remove: bool, force: bool, saleor: str | None) -> None:
    """Let channels pay through a connection; Saleor is asked whether it has them, in roubles."""
    _, parts = open_desk()
    connection = _named(parts, saleor, name)
    slugs: list[str | None] = [*channels, *([None] if default else [])]
    if not slugs:
        raise click.UsageError("say --channel SLUG or --default")
    if channels and not (remove or force):
        _check_channels(parts, chosen_installation(parts, saleor), channels)
    with parts.database.write() as tx:
        foreign = remove and not set(slugs) <= set(stored.channels_of(tx, connection.id))
        for slug in [] if foreign else slugs:
            if remove:
                stored.unmap_channel(tx, connection.installation_id, slug)
            else:
                stored.map_channel(tx, connection.installation_id, slug, connection.id)
    if foreign:
        raise click.ClickException(f"not all of these pay through {name}: `connections list` shows them")
    listed = ", ".join(slug or "every other channel" for slug in slugs)
    click.echo(f"{listed}: {'no longer pays' if remove else 'pays'} through {name}")
    if not remove and connection.environment is Environment.TEST:
        click.echo(f"WARNING: {name} is on the test environment: orders there are paid with no real points", err=True)


@connections.command("remove")
@click.argument("name")
@of_saleor
def remove(name: str, saleor: str | None) -> None:
    """Remove a connection that has no open transfers; its history stays."""
    _, parts = open_desk()
    connection = _named(parts, saleor, name)
    connect.remove(parts, connection)
    click.echo(f"connection {name} removed")


def _setup_of(parts: Parts, saleor: str | None, name: str) -> Setup:
    installation = chosen_installation(parts, saleor)
    for each in connect.setups(parts, installation.id):
        if each.connection.name == name:
            return each
    raise click.ClickException(f"there is no connection {name}: `connections list` shows them")


def _named(parts: Parts, saleor: str | None, name: str) -> Connection:
    return _setup_of(parts, saleor, name).connection


def _check_channels(parts: Parts, installation: Installation, slugs: Sequence[str]) -> None:
    found = map_channels.look(parts, installation, parts.deadline(parts.limits.worker_call))
    if found.trouble:
        raise click.ClickException(f"{installation.api_url} {_TROUBLES[found.trouble]}; --force maps without asking it")
    wrong = {slug: reason for slug in slugs if (reason := found.obstacle(slug))}
    if wrong:
        reasons = [
            f"there is no channel {slug}" if why == "no_channel" else f"{slug} is in {why}, and points are roubles"
            for slug, why in wrong.items()
        ]
        payable = ", ".join(sorted(line.slug for line in found.payable)) or "none"
        raise click.ClickException(
            f"nothing was mapped: {'; '.join(reasons)}. Channels in roubles: {payable}. --force maps all the same"
        )


_TROUBLES = {
    "denied": "does not list its channels, for the app is switched off or uninstalled there",
    "unreachable": "does not answer, so nobody can tell which channels it has",
}


def _secret(given: dict[str, Any]) -> str:
    if given["secret_file"]:
        return str(given["secret_file"].read()).strip()
    return str(click.prompt("Secret key", hide_input=True, confirmation_prompt=False))


def _check_choices(environment: Environment, given: dict[str, Any]) -> None:
    if given["trust_test_notification"] and environment is not Environment.TEST:
        raise click.UsageError("--trust-test-notification is for the test environment alone")
    if given["show_balance"]:
        click.echo("WARNING: billing phones are unverified, anybody can read the points of anybody's number", err=True)


def _try(parts: Parts, connection: Connection, environment: Environment, phone: str) -> bool:
    tested = configure.try_connection(parts, connection, environment, phone)
    for wire_format, words in tested.words.items():
        click.echo(f"{wire_format}: {words}", err=True)
    if tested.accepted is None:
        click.echo(
            f"Kupi-Kupi accepted neither; {tested.kept} is kept. Check the secret and run `connections test`.", err=True
        )
        return False
    click.echo(
        f"Kupi-Kupi accepts the key ({tested.accepted}); the phone has {roubles_text(tested.balance or 0)} points"
    )
    return True


def _telladdress_of(parts: Parts, connection: Connection) -> None:
    urls = notification_urls(parts, connection)
    for each in sorted(urls, key=lambda each: each is not connection.environment):  # the one in use first
        click.echo(f"NotificationURL for the {each} site: {urls[each]}")
    if connection.environment is Environment.TEST:
        click.echo("WARNING: this is the test environment, no real points move", err=True)
