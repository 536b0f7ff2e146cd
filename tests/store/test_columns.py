from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import StatementError

from saleor_kupikupi.store import timeline
from tests.store.shop import NOW, Shop

MOSCOW = timezone(timedelta(hours=3))


def test_a_moment_comes_back_in_utc_to_the_microsecond(shop: Shop) -> None:
    transfer = shop.new(created_at=datetime(2030, 1, 2, 1, 0, 0, 1, tzinfo=MOSCOW))
    found = shop.now(transfer).created_at
    assert found == datetime(2030, 1, 1, 22, 0, 0, 1, tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)


def test_a_moment_without_a_time_zone_is_refused(shop: Shop) -> None:
    with pytest.raises(StatementError, match="without a time zone"):
        shop.new(created_at=NOW.replace(tzinfo=None))


def test_text_from_outside_that_no_database_takes_is_stored_without_it(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        timeline.note(tx, transfer.id, NOW, "kupikupi", "claimed", "a\0b \ud83d c \N{GRINNING FACE}")
        (entry,) = timeline.of(tx, transfer.id)
    assert entry.detail == "ab ? c \N{GRINNING FACE}"
