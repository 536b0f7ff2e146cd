"""Connections to Kupi-Kupi: credentials, choices, channels."""

import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import click

from saleor_kupikupi.cli.connection_row import address_of, row_of
from saleor_kupikupi.cli.desk import as_json, chosen_installation, of_saleor, open_desk, show, show_one
from saleor_kupikupi.domain.connection import Ack, BalanceCheck, Connection, WireFormatChoice
from saleor_kupikupi.domain.money import roubles_text
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows import configure
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.settings import Settings
from saleor_kupikupi.store import connections as stored
from saleor_kupikupi.store import credentials as stored_credentials

Command = TypeVar("Command", bound=Callable[..., Any])

_CHOICES = (
    click.option(
        "--environment", type=click.Choice([each.value for each in Environment]), help="The environment in use."
    ),
    click.option(
        "--wire-format",
        "wire_format_choice",
        type=click.Choice([each.value for each in WireFormatChoice]),
        help="How requests are spelled; `auto` finds it out.",
    ),
    click.option(
        "--ack", type=click.Choice([each.value for each in Ack]), help="The form of the OK to a notification."
    ),
    click.option(
        "--guard/--no-guard", default=None, help="Ask Saleor whether the payment is still owed before the OK."
    ),
    click.option(
        "--balance-check",
        type=click.Choice([each.value for each in BalanceCheck]),
        help="For whom a storefront may learn whether the points suffice.",
    ),
    click.option(
        "--show-balance/--hide-balance",
        default=None,
        help="Tell the storefront the number of points. Billing phones are unverified: anybody can type anybody's.",
    ),
    click.option("--accept-code/--no-accept-code", default=None, help="Let the storefront pass on the buyer's code."),
    click.option(
        "--trust-test-notification/--no-trust-test-notification",
        default=None,
        help="Test environment only: believe the notification where `checkout` knows no order.",
    ),
)
_SECRETS = (
    click.option("--platform-uid", help="The uid that Kupi-Kupi gave the shop; one for both environments."),
    click.option("--base-url", help="The provider's address, where it is not the usual one."),
    click.option(
        "--secret-file", type=click.File(encoding="utf-8"), help="Read the secret key from this file; `-` is stdin."
    ),
)


def _options(*groups: tuple[Callable[[Any], Any], ...]) -> Callable[[Command], Command]:
    def wrap(command: Command) -> Command:
        for option in reversed([option for group in groups for option in group]):
            command = option(command)
        return command

    return wrap


@click.group()
def connections() -> None:
    """Set up how channels pay through Kupi-Kupi."""


@connections.command("add")
@click.argument("name")
@click.option("--test", "test", is_flag=True, help="The secret is the DevSecretKey of the test environment.")
@_options(_SECRETS, _CHOICES)
@of_saleor
def add(name: str, test: bool, saleor: str | None, **given: Any) -> None:
    """Add a connection, with the secret key asked for or read from --secret-file.

    Without --platform-uid it only gets its notification addresses, which Kupi-Kupi wants before it gives out keys.
    """
    settings, parts = open_desk()
    installation = chosen_installation(parts, saleor)
    environment = Environment(given.pop("environment") or (Environment.TEST if test else Environment.PRODUCTION))
    with parts.database.read() as tx:
        if stored.by_name(tx, installation.id, name) is not None:
            raise click.ClickException(f"connection {name} is there already: change it with `connections set {name}`")
    uid = given["platform_uid"]
    if uid is None and (given["secret_file"] or given["base_url"]):
        raise click.UsageError("a secret or an address needs --platform-uid too")
    secret = None if uid is None else _secret(given)
    _check_choices(environment, given)
    if secret is not None:
        configure.check_credentials(uid, secret, given["base_url"])
    with parts.database.write() as tx:
        draft = Connection(id=0, installation_id=installation.id, name=name, environment=environment, **_chosen(given))
        connection = stored.add(tx, parts.vault, draft)
    click.echo(f"connection {name} added")
    _telladdress_of(settings, parts, connection, environment)
    if secret is None:
        click.echo(f"Register these addresses, then: connections set {name} --platform-uid UID --new-secret")
        return
    configure.save_credentials(parts, connection, environment, uid, secret, given["base_url"])
    _try(parts, connection, environment, configure.TEST_PHONE)


@connections.command("set")
@click.argument("name")
@click.option("--new-secret", is_flag=True, help="Ask for a new secret key; open transfers keep the old one.")
@_options(_SECRETS, _CHOICES)
@of_saleor
def change(name: str, new_secret: bool, saleor: str | None, **given: Any) -> None:
    """Change a connection: its choices, its environment in use, or the secret of that environment."""
    settings, parts = open_desk()
    connection = _named(parts, saleor, name)
    environment = Environment(given.pop("environment") or connection.environment)
    _check_choices(environment, given)
    with parts.database.read() as tx:
        known = {each: stored_credentials.current(tx, parts.vault, connection.id, each) for each in Environment}
    before = known[environment]
    changed = replace(connection, environment=environment, **_chosen(given))
    called_with = any(given[each] for each in ("platform_uid", "base_url", "secret_file", "wire_format_choice"))
    moved = before is None and environment is not connection.environment
    if (called_with and (before or given["platform_uid"])) or new_secret or moved:
        anew = before is None or new_secret or bool(given["secret_file"])
        secret = _secret(given) if anew or before is None else before.secret
        # The uid is one for both environments, the address is not.
        uid = given["platform_uid"] or next((each.platform_uid for each in (before, *known.values()) if each), "")
        url = given["base_url"] or (before.base_url if before else None)
        configure.save_credentials(parts, changed, environment, uid, secret, url)
        _try(parts, changed, environment, configure.TEST_PHONE)
    with parts.database.write() as tx:
        stored.change(tx, changed)
    click.echo(f"connection {name} changed; running processes follow within seconds")
    if environment is not connection.environment:
        _telladdress_of(settings, parts, changed, environment)


@connections.command("list")
@as_json
@of_saleor
def show_all(as_json: bool, saleor: str | None) -> None:
    """List the connections with their channels."""
    settings, parts = open_desk()
    installation = chosen_installation(parts, saleor)
    with parts.database.read() as tx:
        known = stored.listed(tx, installation.id)
        rows = [row_of(settings, parts, tx, connection) for connection in known]
    show(rows, as_json, ("name", "environment", "channels", "platform uid", "secret", "wire format"))


@connections.command("show")
@click.argument("name")
@as_json
@of_saleor
def show_connection(name: str, as_json: bool, saleor: str | None) -> None:
    """Show one connection with its choices and the addresses to give to Kupi-Kupi's support."""
    settings, parts = open_desk()
    connection = _named(parts, saleor, name)
    with parts.database.read() as tx:
        row = row_of(settings, parts, tx, connection)
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
@of_saleor
def map_(name: str, channels: tuple[str, ...], default: bool, remove: bool, saleor: str | None) -> None:
    """Let channels pay through a connection."""
    _, parts = open_desk()
    connection = _named(parts, saleor, name)
    slugs: list[str | None] = [*channels, *([None] if default else [])]
    if not slugs:
        raise click.UsageError("say --channel SLUG or --default")
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
    with parts.database.write() as tx:
        stored.remove(tx, connection.id, parts.now())
    click.echo(f"connection {name} removed")


def _named(parts: Parts, saleor: str | None, name: str) -> Connection:
    installation = chosen_installation(parts, saleor)
    with parts.database.read() as tx:
        found = stored.by_name(tx, installation.id, name)
    if found is None:
        raise click.ClickException(f"there is no connection {name}: `connections list` shows them")
    return found


def _secret(given: dict[str, Any]) -> str:
    if given["secret_file"]:
        return str(given["secret_file"].read()).strip()
    return str(click.prompt("Secret key", hide_input=True, confirmation_prompt=False))


def _chosen(given: dict[str, Any]) -> dict[str, Any]:
    types: dict[str, Callable[[Any], Any]] = {
        "wire_format_choice": WireFormatChoice,
        "ack": Ack,
        "balance_check": BalanceCheck,
        "guard": bool,
        "show_balance": bool,
        "accept_code": bool,
        "trust_test_notification": bool,
    }
    return {name: type_(given[name]) for name, type_ in types.items() if given[name] is not None}


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


def _telladdress_of(settings: Settings, parts: Parts, connection: Connection, environment: Environment) -> None:
    with parts.database.read() as tx:
        for each in sorted(Environment, key=lambda each: each is not environment):  # the one in use first
            click.echo(f"NotificationURL for the {each} site: {address_of(settings, parts, tx, connection, each)}")
    if environment is Environment.TEST:
        click.echo("WARNING: this is the test environment, no real points move", err=True)
