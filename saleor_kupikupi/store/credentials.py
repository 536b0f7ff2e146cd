"""What the provider is called with. A row is never changed, but a retired one loses its secret when nobody needs it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, exists, insert, select, update

from saleor_kupikupi.domain.connection import Credentials, WireFormat
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.tables import UNDECIDED, credentials, transfers

FORGET_AFTER = timedelta(minutes=5)
"""A transfer that is just being written down may name credentials retired a moment ago."""

_its = credentials.c
_BY_ID = select(credentials).where(_its.id == bindparam("id"), _its.secret_sealed.is_not(None))
_CURRENT = select(credentials).where(
    _its.connection_id == bindparam("connection_id"),
    _its.environment == bindparam("environment"),
    _its.retired_at.is_(None),
)
_RETIRE = update(credentials).where(
    _its.connection_id == bindparam("of"), _its.environment == bindparam("where"), _its.retired_at.is_(None)
)
_ADD = insert(credentials).returning(_its.id)
_FORGET = (
    update(credentials)
    .where(
        _its.retired_at <= bindparam("before"),
        _its.secret_sealed.is_not(None),
        ~exists().where(
            transfers.c.connection_id == _its.connection_id, transfers.c.credentials_id == _its.id, UNDECIDED
        ),
    )
    .values(secret_sealed=None)
)


def replace_current(tx: Tx, vault: Vault, draft: Credentials, at: datetime) -> Credentials:
    """Writes down new credentials, whatever id the draft bears, and retires those they follow."""
    tx.execute(_RETIRE, {"of": draft.connection_id, "where": draft.environment, "retired_at": at})
    values = {
        "connection_id": draft.connection_id,
        "environment": draft.environment,
        "platform_uid": draft.platform_uid,
        "secret_sealed": vault.seal(draft.secret, "secret"),
        "base_url": draft.base_url,
        "wire_format": draft.wire_format,
        "settled": draft.settled,
        "saved_at": at,
        "retired_at": None,
    }
    return replace(draft, id=tx.execute(_ADD, values).scalar_one(), retired_at=None)


def current(tx: Tx, vault: Vault, connection_id: int, environment: Environment) -> Credentials | None:
    """Finds what a new transfer of this environment is made with."""
    row = tx.execute(_CURRENT, {"connection_id": connection_id, "environment": environment}).first()
    return None if row is None else _credentials(row, vault)


def by_id(tx: Tx, vault: Vault, credentials_id: int) -> Credentials | None:
    """Finds what a transfer was made with; None where the secret has been forgotten."""
    row = tx.execute(_BY_ID, {"id": credentials_id}).first()
    return None if row is None else _credentials(row, vault)


def forget_retired(tx: Tx, now: datetime) -> int:
    """Forgets the secrets of retired credentials that no undecided transfer needs; tells how many."""
    return tx.execute(_FORGET, {"before": now - FORGET_AFTER}).rowcount


def _credentials(row: Row[*tuple[Any, ...]], vault: Vault) -> Credentials:
    return Credentials(
        id=row.id,
        connection_id=row.connection_id,
        environment=Environment(row.environment),
        platform_uid=row.platform_uid,
        secret=vault.unseal(row.secret_sealed, "secret"),
        base_url=row.base_url,
        wire_format=WireFormat(row.wire_format),
        settled=row.settled,
        retired_at=row.retired_at,
    )
