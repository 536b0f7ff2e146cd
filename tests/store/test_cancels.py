from datetime import timedelta

from saleor_kupikupi.store import cancels
from tests.store.shop import NOW, Shop


def test_the_first_request_is_answered_under_the_plain_name_and_a_further_one_under_its_own(shop: Shop) -> None:
    transfer = shop.new()
    name = f"{transfer.reference}:cancel"
    with shop.database.write() as tx:
        assert cancels.ask(tx, transfer, "event-1", NOW) == name
        assert cancels.ask(tx, transfer, "event-2", NOW) == f"{name}:event-2"
        assert cancels.waiting(tx, transfer.id) == [name, f"{name}:event-2"]


def test_the_same_request_keeps_its_name(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        first, second = (cancels.ask(tx, transfer, event, NOW) for event in ("event-1", "event-2"))
        assert cancels.ask(tx, transfer, "event-1", NOW) == first
        assert cancels.ask(tx, transfer, "event-2", NOW) == second
        assert len(cancels.waiting(tx, transfer.id)) == 2


def test_requests_without_an_event_are_told_apart(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        names = {cancels.ask(tx, transfer, None, NOW) for _ in range(3)}
    assert names == {f"{transfer.reference}:cancel{suffix}" for suffix in ("", ":2", ":3")}


def test_an_answered_request_waits_no_more_but_is_remembered(shop: Shop) -> None:
    transfer, other = shop.new(), shop.new()
    with shop.database.write() as tx:
        first = cancels.ask(tx, transfer, "event-1", NOW)
        cancels.ask(tx, other, "event-1", NOW)
        cancels.settle(tx, transfer.id, NOW + timedelta(seconds=1))
        assert cancels.waiting(tx, transfer.id) == []
        assert len(cancels.waiting(tx, other.id)) == 1
        assert cancels.ask(tx, transfer, "event-1", NOW) == first
        assert cancels.waiting(tx, transfer.id) == []
