from datetime import timedelta

import pytest

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store import verifications
from saleor_kupikupi.store.verifications import Verification
from tests.store.shop import NOW, Shop

LEASE = 20


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@pytest.fixture
def charged(shop: Shop) -> Transfer:
    transfer = shop.new()
    with shop.database.write() as tx:
        verifications.begin(tx, transfer.id, shop.installation.id, NOW, NOW + after(2))
    return transfer


def taken(shop: Shop, seconds: float) -> list[int]:
    with shop.database.write() as tx:
        found = verifications.take_due(tx, NOW + after(seconds), LEASE, 10)
    return [each.transfer_id for each in found]


def test_a_charge_is_looked_at_when_it_is_due_and_by_one_worker(shop: Shop, charged: Transfer) -> None:
    with shop.database.read() as tx:
        assert not verifications.something_due(tx, NOW + after(1.9))
        assert verifications.something_due(tx, NOW + after(2))
    assert taken(shop, 1.9) == []
    assert taken(shop, 2) == [charged.id]
    assert taken(shop, 2 + LEASE - 0.1) == []
    assert taken(shop, 2 + LEASE) == [charged.id]


def test_how_a_look_went_is_kept_until_saleor_is_told_anew(shop: Shop, charged: Transfer) -> None:
    went = Verification(transfer_id=charged.id, told_at=NOW, tries=2, recalculations=5, lost_at=NOW)
    with shop.database.write() as tx:
        verifications.save(tx, went, None)
        assert not verifications.something_due(tx, NOW + after(1e6))
        verifications.begin(tx, charged.id, shop.installation.id, NOW + after(60), NOW + after(62))
        found = verifications.take(tx, charged.id, NOW, LEASE)
    assert found == Verification(
        transfer_id=charged.id, told_at=NOW + after(60), tries=2, recalculations=5, lost_at=NOW
    )


def test_a_look_is_only_ever_brought_forward(shop: Shop, charged: Transfer) -> None:
    with shop.database.write() as tx:
        verifications.look_sooner(tx, charged.id, NOW + after(5))
        assert verifications.something_due(tx, NOW + after(2))
        verifications.look_sooner(tx, charged.id, NOW + after(1))
        assert verifications.something_due(tx, NOW + after(1))


def test_every_charge_of_a_checkout_can_be_looked_at_at_once(shop: Shop, charged: Transfer) -> None:
    other = shop.new(source_key="another checkout")
    with shop.database.write() as tx:
        verifications.begin(tx, other.id, shop.installation.id, NOW, NOW + after(100))
        verifications.save(tx, Verification(transfer_id=charged.id, told_at=NOW, verified_at=NOW), None)
        verifications.hasten(tx, shop.installation.id, charged.source_key, NOW + after(1))
    assert taken(shop, 1) == [charged.id]


def test_what_is_lost_is_listed_for_its_shop(shop: Shop, charged: Transfer) -> None:
    with shop.database.write() as tx:
        assert verifications.lost(tx, shop.installation.id) == []
        verifications.save(tx, Verification(transfer_id=charged.id, told_at=NOW, lost_at=NOW), None)
        assert verifications.lost(tx, shop.installation.id) == [charged]
        assert verifications.lost(tx, shop.installation.id + 1) == []


def test_nothing_is_looked_at_that_saleor_was_not_told(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        assert verifications.take(tx, transfer.id, NOW, LEASE) is None
