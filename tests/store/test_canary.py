"""The word that tells whether SECRET_KEY is this database's own."""

import pytest
from sqlalchemy import select

from saleor_kupikupi.store import canary
from saleor_kupikupi.store.canary import WrongKeys
from saleor_kupikupi.store.database import Database
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.side_tables import key_canary
from tests.store.shop import Shop

OLD, NEW, FOREIGN = (f"{name} secret key, that is long enough" for name in ("the old", "the new", "a foreign"))


def opens(database: Database, *keys: str) -> bool:
    with database.read() as tx:
        return canary.opens(tx, Vault(keys))


def words(database: Database) -> list[str]:
    with database.read() as tx:
        return list(tx.execute(select(key_canary.c.sealed)).scalars())


def test_the_keys_that_sealed_it_open_it_and_no_others(database: Database) -> None:
    canary.ensure(database, Vault([OLD]))
    assert opens(database, OLD)
    assert opens(database, NEW, OLD)
    assert not opens(database, NEW)


def test_foreign_keys_are_refused_and_change_nothing(database: Database) -> None:
    canary.ensure(database, Vault([OLD]))
    before = words(database)
    with pytest.raises(WrongKeys, match="none of its keys opens this database"):
        canary.ensure(database, Vault([FOREIGN]))
    assert words(database) == before


def test_it_is_sealed_once(database: Database) -> None:
    for keys in ([OLD], [NEW, OLD]):
        canary.ensure(database, Vault(keys))
    assert len(words(database)) == 1
    assert opens(database, OLD)


def test_an_empty_database_without_it_takes_any_keys(database: Database) -> None:
    assert opens(database, FOREIGN)


def test_a_database_of_before_it_is_told_by_what_is_sealed_there(shop: Shop) -> None:
    with pytest.raises(WrongKeys):
        canary.ensure(shop.database, Vault([FOREIGN]))
    assert words(shop.database) == []
    canary.ensure(shop.database, shop.vault)
    assert len(words(shop.database)) == 1
    assert not opens(shop.database, FOREIGN)
