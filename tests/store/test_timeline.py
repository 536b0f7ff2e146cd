from datetime import timedelta

from saleor_kupikupi.store import timeline
from saleor_kupikupi.store.timeline import Entry
from tests.store.shop import NOW, Shop


def test_the_story_of_a_transfer_is_told_in_the_order_in_which_it_was_written(shop: Shop) -> None:
    transfer, other = shop.new(), shop.new()
    earlier = NOW - timedelta(seconds=1)
    with shop.database.write() as tx:
        timeline.note(tx, transfer.id, NOW, "saleor", "asked for")
        timeline.note(tx, other.id, NOW, "saleor", "asked for")
        timeline.note(tx, transfer.id, earlier, "kupikupi", "declined", "17")
        story = timeline.of(tx, transfer.id)
    assert story == [Entry(NOW, "saleor", "asked for", ""), Entry(earlier, "kupikupi", "declined", "17")]
