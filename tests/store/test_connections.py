from dataclasses import replace

import pytest

from saleor_kupikupi.domain.connection import Ack, BalanceCheck, WireFormatChoice
from saleor_kupikupi.domain.registration import Site
from saleor_kupikupi.domain.transfer import Environment, State, opened
from saleor_kupikupi.store import connections, credentials, sites, transfers
from saleor_kupikupi.store.connections import NameTaken, StillInUse
from saleor_kupikupi.store.sealing import Vault
from tests.store.shop import NOW, Shop, open_shop


def test_a_connection_is_found_by_id_and_by_name(shop: Shop) -> None:
    here = shop.installation.id
    with shop.database.read() as tx:
        assert connections.by_id(tx, shop.connection.id) == shop.connection
        assert connections.by_name(tx, here, "main") == shop.connection
        assert connections.by_name(tx, here, "other") is None
        assert connections.by_id(tx, shop.connection.id + 1) is None


def test_a_name_is_taken_once_for_each_installation(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    assert other.connection.name == shop.connection.name
    with pytest.raises(NameTaken), shop.database.write() as tx:
        connections.add(tx, shop.vault, shop.connection)


def test_connections_are_listed_for_one_installation_or_for_all(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    with shop.database.read() as tx:
        assert connections.listed(tx) == [shop.connection, other.connection]
        assert connections.listed(tx, other.installation.id) == [other.connection]


def test_the_name_and_every_choice_can_be_changed(shop: Shop) -> None:
    changed = replace(
        shop.connection,
        name="renamed",
        environment=Environment.TEST,
        wire_format_choice=WireFormatChoice.PHP_CLIENT,
        ack=Ack.JSON,
        guard=False,
        balance_check=BalanceCheck.OFF,
        show_balance=True,
        accept_code=True,
        trust_test_notification=True,
    )
    with shop.database.write() as tx:
        connections.change(tx, changed)
    with shop.database.read() as tx:
        assert connections.by_id(tx, shop.connection.id) == changed


def test_a_connection_does_not_get_the_name_of_another(shop: Shop) -> None:
    with shop.database.write() as tx:
        second = connections.add(tx, shop.vault, replace(shop.connection, name="second"))
    with pytest.raises(NameTaken), shop.database.write() as tx:
        connections.change(tx, replace(second, name="main"))
    with shop.database.read() as tx:
        assert connections.by_id(tx, second.id) == second


def test_an_installation_finds_its_own_connections_alone(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    with shop.database.write() as tx:
        here, there = shop.installation.id, other.connection.id
        assert connections.of_installation(tx, here, shop.connection.id) == shop.connection
        assert connections.of_installation(tx, here, there) is None
        assert connections.of_installation(tx, here, 10**30) is None
        connections.remove(tx, shop.connection.id, NOW)
        assert connections.of_installation(tx, here, shop.connection.id) is None


def test_each_environment_keeps_the_addresses_of_its_site(shop: Shop) -> None:
    mine = Site("https://shop.example", "https://shop.example/paid", "https://shop.example/failed")
    with shop.database.write() as tx:
        sites.keep(tx, shop.connection.id, Environment.TEST, mine)
        kept = {each: sites.of(tx, shop.connection.id, each) for each in Environment}
    assert kept == {Environment.TEST: mine, Environment.PRODUCTION: Site()}


def test_a_channel_pays_through_its_own_connection_else_through_the_default(shop: Shop) -> None:
    here = shop.installation.id
    with shop.database.write() as tx:
        second = connections.add(tx, shop.vault, replace(shop.connection, name="second"))
        assert connections.for_channel(tx, here, "ru") is None
        connections.map_channel(tx, here, None, shop.connection.id)
        connections.map_channel(tx, here, "ru", shop.connection.id)
        connections.map_channel(tx, here, "ru", second.id)
        assert connections.for_channel(tx, here, "ru") == second
        assert connections.for_channel(tx, here, "kz") == shop.connection
        assert connections.channels_of(tx, second.id) == ["ru"]
        assert connections.channels_of(tx, shop.connection.id) == [None]
        assert connections.unmap_channel(tx, here, "ru")
        assert not connections.unmap_channel(tx, here, "ru")
        assert connections.for_channel(tx, here, "ru") == shop.connection
        assert connections.unmap_channel(tx, here, None)
        assert connections.for_channel(tx, here, "ru") is None


def test_a_channel_of_another_installation_is_another_channel(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    with shop.database.write() as tx:
        connections.map_channel(tx, shop.installation.id, "ru", shop.connection.id)
        assert connections.for_channel(tx, other.installation.id, "ru") is None


def test_each_environment_has_a_notification_key_of_its_own(shop: Shop) -> None:
    with shop.database.read() as tx:
        keys = {where: connections.notification_key(tx, shop.vault, shop.connection.id, where) for where in Environment}
        for where, key in keys.items():
            assert connections.by_notification_key(tx, shop.vault, key) == (shop.connection, where)
        assert connections.by_notification_key(tx, shop.vault, "guessed") is None
        stored = tx.exec_driver_sql("SELECT * FROM notification_addresses").all()
    assert len(set(keys.values())) == 2
    assert all(len(key) >= 43 and key not in repr(stored) for key in keys.values())


def test_a_notification_key_is_still_found_after_a_rotation(shop: Shop) -> None:
    rotated = Vault(["a new first key that is long enough", "the first secret key, long enough"])
    with shop.database.read() as tx:
        key = connections.notification_key(tx, shop.vault, shop.connection.id, Environment.TEST)
        assert connections.by_notification_key(tx, rotated, key) == (shop.connection, Environment.TEST)
        assert connections.notification_key(tx, rotated, shop.connection.id, Environment.TEST) == key


def test_a_connection_whose_transfers_are_undecided_is_not_removed(shop: Shop) -> None:
    transfer = shop.new()
    with pytest.raises(StillInUse) as raised, shop.database.write() as tx:
        connections.remove(tx, shop.connection.id, NOW)
    assert raised.value.undecided == 1
    with shop.database.write() as tx:
        transfers.save(tx, transfer, replace(opened(transfer, "p", "https://f"), state=State.REJECTED))
        connections.remove(tx, shop.connection.id, NOW)


def test_a_removed_connection_is_out_of_use_and_its_history_stays(shop: Shop) -> None:
    here, there = shop.installation.id, shop.connection.id
    with shop.database.write() as tx:
        key = connections.notification_key(tx, shop.vault, there, Environment.PRODUCTION)
        connections.map_channel(tx, here, None, there)
        connections.remove(tx, there, NOW)
        assert connections.by_name(tx, here, "main") is None
        assert connections.for_channel(tx, here, "ru") is None
        assert connections.by_notification_key(tx, shop.vault, key) is None
        assert credentials.current(tx, shop.vault, there, Environment.PRODUCTION) is None
        assert connections.listed(tx) == []
        assert connections.by_id(tx, there) == shop.connection
        assert connections.add(tx, shop.vault, shop.connection).id != there
