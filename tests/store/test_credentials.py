from dataclasses import replace
from datetime import timedelta

from saleor_kupikupi.domain.transfer import Environment, State
from saleor_kupikupi.store import credentials, transfers
from tests.store.shop import NOW, Shop, draft_credentials

LATER = NOW + timedelta(hours=1)


def _replace(shop: Shop) -> None:
    with shop.database.write() as tx:
        credentials.replace_current(tx, shop.vault, draft_credentials(shop.connection, secret="newer"), LATER)


def test_the_secret_is_stored_sealed(shop: Shop) -> None:
    with shop.database.read() as tx:
        assert credentials.current(tx, shop.vault, shop.connection.id, Environment.PRODUCTION) == shop.credentials
        stored = tx.exec_driver_sql("SELECT * FROM credentials").all()
    assert shop.credentials.secret not in repr(stored)


def test_the_environments_stand_side_by_side(shop: Shop) -> None:
    with shop.database.write() as tx:
        assert credentials.current(tx, shop.vault, shop.connection.id, Environment.TEST) is None
        draft = draft_credentials(shop.connection, environment=Environment.TEST, secret="for tests")
        test = credentials.replace_current(tx, shop.vault, draft, NOW)
        assert credentials.current(tx, shop.vault, shop.connection.id, Environment.TEST) == test
        assert credentials.current(tx, shop.vault, shop.connection.id, Environment.PRODUCTION) == shop.credentials


def test_new_credentials_retire_the_former_ones_which_can_still_be_used(shop: Shop) -> None:
    _replace(shop)
    with shop.database.read() as tx:
        current = credentials.current(tx, shop.vault, shop.connection.id, Environment.PRODUCTION)
        former = credentials.by_id(tx, shop.vault, shop.credentials.id)
    assert current is not None
    assert (current.secret, current.retired_at) == ("newer", None)
    assert former == replace(shop.credentials, retired_at=LATER)


def test_a_retired_secret_is_kept_while_a_transfer_needs_it_and_then_forgotten(shop: Shop) -> None:
    transfer = shop.new()
    _replace(shop)
    with shop.database.write() as tx:
        assert credentials.forget_retired(tx, LATER + timedelta(days=1)) == 0
        assert transfers.save(tx, transfer, replace(transfer, state=State.CANCELED))
        assert credentials.forget_retired(tx, LATER + timedelta(days=1)) == 1
        assert credentials.by_id(tx, shop.vault, shop.credentials.id) is None
        assert credentials.current(tx, shop.vault, shop.connection.id, Environment.PRODUCTION) is not None


def test_a_secret_retired_a_moment_ago_is_not_forgotten_yet(shop: Shop) -> None:
    _replace(shop)
    with shop.database.write() as tx:
        assert credentials.forget_retired(tx, LATER + timedelta(minutes=4)) == 0
        assert credentials.forget_retired(tx, LATER + timedelta(minutes=5)) == 1
