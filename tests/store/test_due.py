from dataclasses import replace
from datetime import timedelta

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.store import claims, due, transfers
from saleor_kupikupi.store.due import Lane
from tests.store.shop import NOW, Shop

LEASE = 60


def _after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_only_what_is_due_is_taken_the_longest_due_first(shop: Shop) -> None:
    second, first = shop.new(due_at=NOW - _after(1)), shop.new(due_at=NOW - _after(2))
    shop.new(due_at=NOW + _after(0.001))
    shop.new(due_at=None)
    third = shop.new(due_at=NOW)
    with shop.database.write() as tx:
        assert due.take_due(tx, "worker", NOW, LEASE, 2) == [first, second]
        assert due.take_due(tx, "worker", NOW, LEASE, 2) == [third]
        assert due.take_due(tx, "worker", NOW, LEASE, 2) == []


def test_what_one_worker_took_no_other_gets_until_the_lease_is_over(shop: Shop) -> None:
    transfer = shop.new(due_at=NOW)
    with shop.database.write() as tx:
        assert due.something_due(tx, NOW)
        assert due.take_due(tx, "one", NOW, LEASE, 10) == [transfer]
        assert not due.something_due(tx, NOW)
        assert due.take_due(tx, "two", NOW + _after(LEASE - 1), LEASE, 10) == []
        assert due.something_due(tx, NOW + _after(LEASE))
        assert due.take_due(tx, "two", NOW + _after(LEASE), LEASE, 10) == [transfer]


def test_a_leased_transfer_is_free_again_once_its_owner_gives_it_back(shop: Shop) -> None:
    transfer = shop.new(due_at=NOW)
    with shop.database.write() as tx:
        assert due.take(tx, transfer.id, "webhook", NOW, LEASE)
        assert not due.take(tx, transfer.id, "another", NOW, LEASE)
        assert due.take_due(tx, "worker", NOW, LEASE, 10) == []
        due.release(tx, transfer.id, "another")
        assert not due.take(tx, transfer.id, "another", NOW, LEASE)
        due.release(tx, transfer.id, "webhook")
        assert due.take(tx, transfer.id, "another", NOW, LEASE)
        assert due.take(tx, transfer.id, "third", NOW + _after(LEASE), LEASE)


def test_a_transfer_looked_at_in_vain_is_due_at_its_next_time(shop: Shop) -> None:
    transfer = shop.new(due_at=NOW)
    with shop.database.write() as tx:
        due.take_due(tx, "worker", NOW, LEASE, 10)
        assert due.reschedule(tx, transfer, "worker", due_at=NOW + _after(15))
        assert due.take_due(tx, "worker", NOW + _after(14), LEASE, 10) == []
        assert due.take_due(tx, "worker", NOW + _after(15), LEASE, 10) == [transfer]


def test_a_stale_transfer_is_due_no_more_and_stays_stale(shop: Shop) -> None:
    transfer = shop.new(due_at=NOW)
    with shop.database.write() as tx:
        due.reschedule(tx, transfer, "worker", due_at=None, stale_at=NOW)
        assert not due.something_due(tx, NOW + _after(1e6))
        stale = replace(transfer, stale_at=NOW)
        due.reschedule(tx, stale, "worker", due_at=None)
    assert shop.now(transfer) == stale


def test_a_claim_that_came_during_a_look_keeps_its_own_time(shop: Shop) -> None:
    transfer = shop.new(due_at=NOW)
    with shop.database.write() as tx:
        due.take_due(tx, "worker", NOW, LEASE, 10)
        claims.claim(tx, transfer, "CONFIRMED", NOW, NOW)
        assert not due.reschedule(tx, transfer, "worker", due_at=NOW + _after(900))
        (taken,) = due.take_due(tx, "worker", NOW, LEASE, 10)
    assert taken.claimed_at == NOW


def test_a_decided_transfer_is_looked_at_once_more_when_asked(shop: Shop) -> None:
    transfer = shop.new(state=State.REJECTED)
    with shop.database.write() as tx:
        assert due.take_due(tx, "worker", NOW, LEASE, 10) == []
        due.ask_again(tx, transfer.id, NOW)
        assert due.take_due(tx, "worker", NOW, LEASE, 10) == [transfer]
        transfers.save(tx, transfer, replace(transfer, checked_at=NOW))
        due.release(tx, transfer.id, "worker")
        assert due.take_due(tx, "worker", NOW, LEASE, 10) == []


def test_a_lease_can_be_seen_while_it_lasts(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        assert not due.is_leased(tx, transfer.id, NOW)
        due.take(tx, transfer.id, "webhook", NOW, LEASE)
        assert due.is_leased(tx, transfer.id, NOW + _after(LEASE - 1))
        assert not due.is_leased(tx, transfer.id, NOW + _after(LEASE))


def test_claimed_transfers_are_taken_apart_from_the_others(shop: Shop) -> None:
    unclaimed, claimed = shop.new(due_at=NOW - _after(9)), replace(shop.new(due_at=None), claimed_at=NOW)
    with shop.database.write() as tx:
        transfers.save(tx, replace(claimed, claimed_at=None), claimed, due_at=NOW)
        assert due.something_due(tx, NOW, Lane.CLAIMED)
        assert due.take_due(tx, "worker", NOW, LEASE, 9, Lane.CLAIMED) == [claimed]
        assert not due.something_due(tx, NOW, Lane.CLAIMED)
        assert due.take_due(tx, "worker", NOW, LEASE, 9, Lane.UNCLAIMED) == [unclaimed]
        assert not due.something_due(tx, NOW, Lane.UNCLAIMED)


def test_connections_that_have_their_share_are_passed_over(shop: Shop) -> None:
    transfer = shop.new(due_at=NOW)
    with shop.database.write() as tx:
        assert not due.something_due(tx, NOW, but_for=[shop.connection.id])
        assert due.take_due(tx, "worker", NOW, LEASE, 9, but_for=[shop.connection.id]) == []
        assert due.take_due(tx, "worker", NOW, LEASE, 9, but_for=[shop.connection.id + 1]) == [transfer]
