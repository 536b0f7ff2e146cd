from dataclasses import replace
from datetime import timedelta

from saleor_kupikupi.store import installations, upgrades
from tests.store.shop import NOW, Shop

LEASE = 20.0
REGISTERED = NOW + installations.WEBHOOKS_SETTLE


def taken(shop: Shop, minutes: float, copy: str | None = None) -> int | None:
    """Takes what is due some minutes after a fresh install is looked at for the first time."""
    now, copy = REGISTERED + timedelta(minutes=minutes), copy or shop.installation.app_identifier
    with shop.database.read() as tx:
        due = upgrades.something_due(tx, copy, now)
    with shop.database.write() as tx:
        found = upgrades.take_due(tx, shop.vault, copy, now, LEASE)
    assert due is (found is not None)
    return found.id if found else None


def test_an_installation_is_taken_once_until_the_lease_is_over(shop: Shop) -> None:
    assert taken(shop, -1) is None
    assert taken(shop, 0) == shop.installation.id
    assert taken(shop, 0) is None
    assert taken(shop, 1) == shop.installation.id


def test_another_copy_of_the_app_and_an_uninstalled_one_are_left_alone(shop: Shop) -> None:
    assert taken(shop, 0, "another copy of the app") is None
    with shop.database.write() as tx:
        installations.uninstalled(tx, shop.installation.id, shop.installation.app_id, NOW)
    assert taken(shop, 0) is None


def test_one_that_was_registered_before_there_was_a_due_time_is_due(shop: Shop) -> None:
    with shop.database.write() as tx:
        tx.exec_driver_sql("UPDATE installations SET webhooks_due_at = NULL")
    assert taken(shop, -1) == shop.installation.id


def test_what_is_due_soon_is_not_put_forward(shop: Shop) -> None:
    another = replace(shop.installation, api_url="https://another.example/graphql/")
    with shop.database.write() as tx:
        other = installations.register(tx, shop.vault, another, '{"keys":[]}', NOW)
        upgrades.due_at(tx, shop.installation.id, REGISTERED + timedelta(days=1))
        upgrades.due_at(tx, other.id, REGISTERED + timedelta(days=1))
        upgrades.hasten(tx, REGISTERED, other.id)
    assert taken(shop, 0) == other.id
    assert taken(shop, 0) is None
    with shop.database.write() as tx:
        upgrades.hasten(tx, REGISTERED)
    assert taken(shop, 0) == shop.installation.id
    assert taken(shop, 0) is None
