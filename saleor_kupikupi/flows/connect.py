"""A merchant's connections as people see, save, test and remove them, each only by the shop that owns it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import structlog

from saleor_kupikupi.domain.connection import BASE_URLS, Connection, Credentials, WireFormat
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import TEST_PHONE, Tested, checked_base_url, credentials_of, try_connection
from saleor_kupikupi.flows.connection_form import Fault, Form, WrongForm, connection_in, form_of
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import connections, credentials
from saleor_kupikupi.store.connections import NameTaken
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Key:
    """What may be shown of an environment's credentials; `end` is empty where the secret is short."""

    platform_uid: str
    end: str
    base_url: str
    wire_format: WireFormat
    settled: bool


@dataclass(frozen=True, slots=True)
class Setup:
    """A connection with all that belongs to it and may be shown; None among the channels is the default of them."""

    connection: Connection
    keys: Mapping[Environment, Key]
    channels: tuple[str | None, ...] = ()

    @property
    def key_in_use(self) -> Key | None:
        """Is the key of the environment in use, where there is one."""
        return self.keys.get(self.connection.environment)


@dataclass(frozen=True, slots=True)
class Saved:
    """A connection that was saved, and the environments whose credentials are new."""

    connection: Connection
    anew: tuple[Environment, ...]


def setups(parts: Parts, installation_id: int) -> list[Setup]:
    """Lists an installation's connections, the first one first."""
    with parts.database.read() as tx:
        return [_setup(parts, tx, each) for each in connections.listed(tx, installation_id)]


def setup_of(parts: Parts, installation_id: int, connection_id: int) -> Setup | None:
    """Finds one of an installation's connections; None where it is another's, removed, or was never there."""
    with parts.database.read() as tx:
        found = connections.of_installation(tx, installation_id, connection_id)
        return None if found is None else _setup(parts, tx, found)


def blank_setup(installation_id: int) -> Setup:
    """Lays out a connection that nobody has saved yet: on the test environment, without keys."""
    return Setup(Connection(id=0, installation_id=installation_id, name="", environment=Environment.TEST), {})


def filled_form(setup: Setup) -> Form:
    """Fills a form with what is stored; secrets stay where they are."""
    stored: dict[str, Any] = {
        f"{each}_base_url": key.base_url for each, key in setup.keys.items() if key.base_url != BASE_URLS[each]
    }
    stored["platform_uid"] = next((key.platform_uid for key in (setup.key_in_use, *setup.keys.values()) if key), "")
    return replace(form_of(setup.connection), **stored)


def save(parts: Parts, before: Setup, form: Form, *, by_operator: bool = False) -> Saved:
    """Saves what is typed about a connection, a new one where `before` is blank; raises WrongForm and changes nothing.

    Transfers that are open keep the credentials that they were opened with. Only the operator may have the app call
    another address than those that the operator's settings allow.
    """
    connection = connection_in(form, before.connection, before.keys)
    if not by_operator:
        _check_addresses(parts, before, form)
    try:
        with parts.database.write() as tx:
            if connection.id:
                connections.change(tx, connection)
            else:
                connection = connections.add(tx, parts.vault, connection)
            anew = tuple(each for each in Environment if _renew(parts, tx, before.connection, connection, form, each))
    except NameTaken:
        raise WrongForm({"name": Fault.TAKEN}) from None
    log.info("connection saved", connection=connection.id, keys=[each.value for each in anew])
    return Saved(connection, anew)


def _check_addresses(parts: Parts, before: Setup, form: Form) -> None:
    """Refuses addresses that merchants may not have called; what is stored already may stay."""
    stored = {each: key.base_url for each, key in before.keys.items()}
    typed = {each: checked_base_url(form.base_url(each)) for each in Environment if form.base_url(each)}
    wrong = [each for each, url in typed.items() if url != stored.get(each) and not parts.may_be_provider(url)]
    if wrong:
        raise WrongForm({f"{each}_base_url": Fault.NOT_ALLOWED for each in wrong})


def try_anew(parts: Parts, saved: Saved) -> Tested | None:
    """Tries a new key of the test environment, which has a phone that everybody knows; None where there is none."""
    if Environment.TEST not in saved.anew:
        return None
    return try_connection(parts, saved.connection, Environment.TEST, TEST_PHONE)


def remove(parts: Parts, connection: Connection) -> None:
    """Takes a connection out of use; raises StillInUse while transfers of it are undecided."""
    with parts.database.write() as tx:
        connections.remove(tx, connection.id, parts.now())
    log.info("connection removed", connection=connection.id)


def _renew(
    parts: Parts, tx: Tx, before: Connection, connection: Connection, form: Form, environment: Environment
) -> bool:
    """Writes new credentials of one environment where anything about them has changed."""
    stored = credentials.current(tx, parts.vault, connection.id, environment)
    secret = form.secret(environment) or (stored.secret if stored else "")
    if not secret:
        return False
    given = (form.platform_uid.strip(), secret, form.base_url(environment))
    draft = credentials_of(connection, environment, stored, given)
    if stored and before.wire_format_choice is connection.wire_format_choice and _same(stored, draft):
        return False
    credentials.replace_current(tx, parts.vault, draft, parts.now())
    return True


def _same(stored: Credentials, draft: Credentials) -> bool:
    called_with = [(each.platform_uid, each.secret, each.base_url) for each in (stored, draft)]
    return called_with[0] == called_with[1]


def _setup(parts: Parts, tx: Tx, connection: Connection) -> Setup:
    current = {each: credentials.current(tx, parts.vault, connection.id, each) for each in Environment}
    keys = {
        each: Key(found.platform_uid, found.secret_end, found.base_url, found.wire_format, found.settled)
        for each, found in current.items()
        if found
    }
    return Setup(connection, keys, tuple(connections.channels_of(tx, connection.id)))
