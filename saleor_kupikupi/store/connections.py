"""Connections to the provider, the channels mapped to them and the addresses that notifications come to."""

import secrets
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite
from sqlalchemy.exc import IntegrityError

from saleor_kupikupi.domain.connection import Ack, BalanceCheck, Connection, WireFormatChoice
from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.tables import (
    UNDECIDED,
    channels,
    connections,
    credentials,
    notification_addresses,
    transfers,
)

_LARGEST_KEY = 2**63
_NAMES = tuple(field.name for field in fields(Connection))
_its = connections.c
_where = notification_addresses.c
_CONNECTION = tuple(_its[name] for name in _NAMES)
_ALIVE = _its.removed_at.is_(None)

_BY_ID = select(*_CONNECTION).where(_its.id == bindparam("id"))
_BY_NAME = select(*_CONNECTION).where(
    _its.installation_id == bindparam("installation_id"), _its.name == bindparam("name"), _ALIVE
)
_OF_ONE = _BY_ID.where(_its.installation_id == bindparam("installation_id"), _ALIVE)
_LISTED = select(*_CONNECTION).where(_ALIVE).order_by(_its.id)
_LISTED_OF_ONE = _LISTED.where(_its.installation_id == bindparam("installation_id"))
_BY_CHANNEL = (
    select(*_CONNECTION)
    .join(channels, channels.c.connection_id == _its.id)
    .where(channels.c.installation_id == bindparam("installation_id"), channels.c.slug == bindparam("slug"))
)
_BY_KEY = (
    select(*_CONNECTION, _where.environment.label("addressed"))
    .join(notification_addresses, _where.connection_id == _its.id)
    .where(_where.key_hmac == bindparam("key_hmac"))
)
_KEY = select(_where.key_sealed).where(
    _where.connection_id == bindparam("id"), _where.environment == bindparam("environment")
)
_CHANNELS = select(channels.c.slug).where(channels.c.connection_id == bindparam("id")).order_by(channels.c.slug)
_ADD = (
    insert(connections)
    .on_conflict_do_nothing(index_elements=[_its.installation_id, _its.name], index_where=_ALIVE)
    .returning(_its.id)
)
_CHANGE = update(connections).where(_its.id == bindparam("this"))
_UNDECIDED = select(func.count()).select_from(transfers).where(transfers.c.connection_id == bindparam("id"), UNDECIDED)
_RETIRE = update(credentials).where(credentials.c.connection_id == bindparam("of"), credentials.c.retired_at.is_(None))
_UNMAP = delete(channels).where(
    channels.c.installation_id == bindparam("installation_id"), channels.c.slug == bindparam("slug")
)
_UNMAP_ALL = delete(channels).where(channels.c.connection_id == bindparam("id"))
_UNADDRESS = delete(notification_addresses).where(_where.connection_id == bindparam("id"))
_NEW_CHANNEL = insert(channels)
_MAP = _NEW_CHANNEL.on_conflict_do_update(
    index_elements=[channels.c.installation_id, channels.c.slug],
    set_={"connection_id": _NEW_CHANNEL.excluded.connection_id},
)
_ADDRESS = insert(notification_addresses)


class NameTaken(AppError):
    """The installation has a connection of this name."""


class StillInUse(AppError):
    """Transfers of this connection are undecided, and only its credentials can follow them."""

    def __init__(self, undecided: int) -> None:
        super().__init__(f"{undecided} of its transfers are undecided and are still followed")
        self.undecided = undecided


def add(tx: Tx, vault: Vault, draft: Connection) -> Connection:
    """Writes down a new connection, whatever id the draft bears, with a notification address for each environment.

    Raises NameTaken.
    """
    values = {name: value for name, value in _values(draft).items() if name != "id"}
    connection_id = tx.execute(_ADD, values).scalar_one_or_none()
    if connection_id is None:
        raise NameTaken("there is a connection of this name")
    tx.execute(_ADDRESS, [_address(vault, connection_id, environment) for environment in Environment])
    return replace(draft, id=connection_id)


def by_id(tx: Tx, connection_id: int) -> Connection | None:
    """Finds a connection, a removed one too, for transfers still name it."""
    return _found(tx.execute(_BY_ID, {"id": connection_id}).first())


def by_name(tx: Tx, installation_id: int, name: str) -> Connection | None:
    """Finds a connection by the name that people use."""
    return _found(tx.execute(_BY_NAME, {"installation_id": installation_id, "name": name}).first())


def of_installation(tx: Tx, installation_id: int, connection_id: int) -> Connection | None:
    """Finds a connection that is in use, among those of one installation alone."""
    if connection_id >= _LARGEST_KEY:
        return None
    return _found(tx.execute(_OF_ONE, {"id": connection_id, "installation_id": installation_id}).first())


def listed(tx: Tx, installation_id: int | None = None) -> list[Connection]:
    """Lists the connections of one installation or of all, the first one first."""
    if installation_id is None:
        return [_connection(row) for row in tx.execute(_LISTED)]
    return [_connection(row) for row in tx.execute(_LISTED_OF_ONE, {"installation_id": installation_id})]


def change(tx: Tx, connection: Connection) -> None:
    """Writes a connection's name and choices as they now are; its installation stays.

    Raises NameTaken, upon which the transaction is over.
    """
    choices = {name: value for name, value in _values(connection).items() if name not in ("id", "installation_id")}
    try:
        tx.execute(_CHANGE, {"this": connection.id, **choices})
    except IntegrityError:
        raise NameTaken("there is a connection of this name") from None


def remove(tx: Tx, connection_id: int, at: datetime) -> None:
    """Takes a connection out of use: its channels, addresses and name are free, its transfers stay readable.

    Raises StillInUse while a transfer of it is undecided.
    """
    undecided = tx.execute(_UNDECIDED, {"id": connection_id}).scalar_one()
    if undecided:
        raise StillInUse(undecided)
    tx.execute(_UNMAP_ALL, {"id": connection_id})
    tx.execute(_UNADDRESS, {"id": connection_id})
    tx.execute(_RETIRE, {"of": connection_id, "retired_at": at})
    tx.execute(_CHANGE, {"this": connection_id, "removed_at": at})


def map_channel(tx: Tx, installation_id: int, slug: str | None, connection_id: int) -> None:
    """Lets a channel, or with None every channel that has no mapping of its own, pay through this connection."""
    tx.execute(_MAP, {"installation_id": installation_id, "slug": slug or "", "connection_id": connection_id})


def unmap_channel(tx: Tx, installation_id: int, slug: str | None) -> bool:
    """Ends a channel's mapping and tells whether there was one."""
    return tx.execute(_UNMAP, {"installation_id": installation_id, "slug": slug or ""}).rowcount == 1


def for_channel(tx: Tx, installation_id: int, slug: str) -> Connection | None:
    """Finds the connection that a channel pays through: its own, else the default."""
    for mapped in (slug, ""):
        row = tx.execute(_BY_CHANNEL, {"installation_id": installation_id, "slug": mapped}).first()
        if row is not None:
            return _connection(row)
    return None


def channels_of(tx: Tx, connection_id: int) -> list[str | None]:
    """Lists the channels mapped to a connection; None stands for the default."""
    return [row.slug or None for row in tx.execute(_CHANNELS, {"id": connection_id})]


def notification_key(tx: Tx, vault: Vault, connection_id: int, environment: Environment) -> str:
    """Opens the key that the notification address of an environment ends with."""
    sealed = tx.execute(_KEY, {"id": connection_id, "environment": environment}).scalar_one()
    return vault.unseal(sealed, "notification key")


def by_notification_key(tx: Tx, vault: Vault, key: str) -> tuple[Connection, Environment] | None:
    """Finds whom a notification to this key is for."""
    for fingerprint in vault.fingerprints(key, "notification key"):
        row = tx.execute(_BY_KEY, {"key_hmac": fingerprint}).first()
        if row is not None:
            return _connection(row), Environment(row.addressed)
    return None


def _values(connection: Connection) -> dict[str, Any]:
    values = {name: getattr(connection, name) for name in _NAMES}
    return values | {"return_urls": "\n".join(connection.return_urls)}


def _address(vault: Vault, connection_id: int, environment: Environment) -> dict[str, Any]:
    key = secrets.token_urlsafe(32)
    return {
        "connection_id": connection_id,
        "environment": environment,
        "key_sealed": vault.seal(key, "notification key"),
        "key_hmac": vault.fingerprint(key, "notification key"),
    }


def _found(row: Row[*tuple[Any, ...]] | None) -> Connection | None:
    return None if row is None else _connection(row)


def _connection(row: Row[*tuple[Any, ...]]) -> Connection:
    return Connection(
        id=row.id,
        installation_id=row.installation_id,
        name=row.name,
        environment=Environment(row.environment),
        wire_format_choice=WireFormatChoice(row.wire_format_choice),
        ack=Ack(row.ack),
        guard=row.guard,
        balance_check=BalanceCheck(row.balance_check),
        show_balance=row.show_balance,
        accept_code=row.accept_code,
        trust_test_notification=row.trust_test_notification,
        place_orders=row.place_orders,
        refunds=RefundsMode(row.refunds),
        return_urls=tuple(row.return_urls.split()),
        cabinet_url=row.cabinet_url,
    )
