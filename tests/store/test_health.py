from dataclasses import replace
from datetime import timedelta

from saleor_kupikupi.domain.health import Health, accepted, refused, unanswered
from saleor_kupikupi.domain.transfer import Environment, State
from saleor_kupikupi.store import health, installations, orders, problems, transfers
from tests.store.shop import NOW, Shop

LATER = NOW + timedelta(minutes=1)


def test_what_several_processes_notice_is_put_together(shop: Shop) -> None:
    key = (shop.connection.id, Environment.PRODUCTION)
    for news in (unanswered(Health(), NOW), accepted(Health(), NOW), refused(Health(), LATER, "No. (1)")):
        with shop.database.write() as tx:
            health.add(tx, *key, news)
    with shop.database.read() as tx:
        assert health.of(tx, shop.installation.id) == {key: Health(NOW, LATER, None, LATER, "No. (1)")}
        assert health.of(tx, shop.installation.id + 1) == {}


def test_a_confirmation_says_when_it_was_and_has_its_order_looked_for(shop: Shop) -> None:
    opened = shop.new(state=State.OPEN, claimed_at=NOW)
    with shop.database.write() as tx:
        assert transfers.save(tx, opened, replace(opened, state=State.CONFIRMED, checked_at=LATER))
        assert orders.due(tx, shop.installation.id, LATER, 10) == []
        (paid,) = orders.due(tx, shop.installation.id, LATER + timedelta(minutes=1), 10)
        assert (paid.transfer.id, paid.confirmed_at) == (opened.id, LATER)
        assert health.last_times(tx, shop.connection.id) == health.LastTimes(NOW, LATER)
        assert orders.lacking(tx, shop.installation.id, LATER + orders.AFTER) == [("default-channel", 1)]
        orders.placed(tx, opened.id, "T3JkZXI6MQ==", "7")
        assert orders.lacking(tx, shop.installation.id, LATER + orders.AFTER) == []
    assert shop.now(opened).order_number == "7"


def test_an_installation_is_given_to_one_at_a_time(shop: Shop) -> None:
    with shop.database.write() as tx:
        assert installations.may_look_after(tx, shop.installation.id, NOW, LATER)
        assert not installations.may_look_after(tx, shop.installation.id, NOW, LATER)
        assert installations.may_look_after(tx, shop.installation.id, LATER, LATER)


def test_a_problem_whose_text_has_changed_meanwhile_is_not_taken_for_told(shop: Shop) -> None:
    with shop.database.write() as tx:
        problems.say(tx, shop.installation.id, "stale_transfers", "One.", NOW)
        (read,) = problems.current(tx, shop.installation.id)
        problems.say(tx, shop.installation.id, "stale_transfers", "Two.", LATER)
        problems.told(tx, shop.installation.id, read, LATER)
        (current,) = problems.current(tx, shop.installation.id)
        assert (current.message, current.since, current.told_at) == ("Two.", NOW, None)
        problems.told(tx, shop.installation.id, current, LATER)
        problems.end(tx, shop.installation.id, "stale_transfers", LATER)
        assert problems.still_told(tx, shop.installation.id) == ["stale_transfers"]
        problems.untold(tx, shop.installation.id, "stale_transfers")
        assert problems.still_told(tx, shop.installation.id) == []
        assert problems.was_said(tx, shop.installation.id, "stale_transfers")
