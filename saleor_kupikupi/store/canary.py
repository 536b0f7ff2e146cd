"""Whether SECRET_KEY holds the keys of this database: a word sealed in it, which only they open.

Before the word is sealed, the tokens and notification addresses that are there already tell the same.
"""

from collections.abc import Iterator

from sqlalchemy import Row, bindparam, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.store.database import Database, Tx
from saleor_kupikupi.store.sealing import CannotUnseal, Purpose, Vault
from saleor_kupikupi.store.side_tables import key_canary
from saleor_kupikupi.store.tables import installations, notification_addresses

_WORD = "saleor-kupikupi"
_TOLD_BY = 20  # rows of each kind
_CANARY = select(key_canary.c.sealed)
_SEAL = insert(key_canary).values(id=1, sealed=bindparam("word")).on_conflict_do_nothing()
_TOKENS = select(installations.c.token_sealed).where(installations.c.token_sealed.is_not(None)).limit(_TOLD_BY)
_ADDRESSES = select(notification_addresses.c.key_sealed).limit(_TOLD_BY)


class WrongKeys(AppError):
    """The keys that we were given are not those that this database was sealed with."""

    def __init__(self) -> None:
        super().__init__(
            "none of its keys opens this database. Give the key that the database was made with, or check DATABASE_URL;"
            " to rotate, put the new key before the old one"
        )


def opens(tx: Tx, vault: Vault) -> bool:
    """Tells whether the keys are this database's own: a read, which waits for nobody."""
    word = tx.execute(_CANARY).scalar()
    if word is not None:
        return _opened(vault, word, "canary")
    told = [_opened(vault, *each) for each in _sealed_before(tx)]
    return any(told) or not told


def ensure(database: Database, vault: Vault) -> None:
    """Seals the word where there is none yet; raises WrongKeys, upon which nothing is written."""
    with database.read() as tx:
        if not opens(tx, vault):
            raise WrongKeys
        sealed: Row[tuple[str]] | None = tx.execute(_CANARY).first()
    if sealed is not None:
        return
    with database.write() as tx:
        tx.execute(_SEAL, {"word": vault.seal(_WORD, "canary")})
    with database.read() as tx:
        if not opens(tx, vault):  # another process, with other keys, was first
            raise WrongKeys


def _sealed_before(tx: Tx) -> Iterator[tuple[str, Purpose]]:
    for row in tx.execute(_TOKENS):
        yield row.token_sealed, "app token"
    for row in tx.execute(_ADDRESSES):
        yield row.key_sealed, "notification key"


def _opened(vault: Vault, sealed: str, purpose: Purpose) -> bool:
    try:
        vault.unseal(sealed, purpose)
    except CannotUnseal:
        return False
    return True
