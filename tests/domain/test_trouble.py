from datetime import timedelta

import pytest

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.domain.trouble import LATE_AFTER, UNKNOWN_AFTER, Trouble, own_troubles, report_trouble
from tests.domain.makings import NOON as NOW
from tests.domain.makings import transfer

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize("fact", ["superseded_at", "abandoned_at", "never_opened_at"])
def test_a_confirmed_transfer_that_was_withdrawn_may_be_a_second_payment(fact: str) -> None:
    assert own_troubles(transfer(state=State.CONFIRMED, **{fact: NOW}), NOW) == (Trouble.DOUBLE,)
    assert own_troubles(transfer(state=State.CONFIRMED), NOW) == ()
    assert own_troubles(transfer(state=State.CANCELED, **{fact: NOW}), NOW) == ()


def test_an_outcome_is_unknown_when_init_stays_unanswered_for_a_while() -> None:
    sent = transfer(state=State.REQUESTED, created_at=NOW)
    assert own_troubles(sent, NOW + UNKNOWN_AFTER - MOMENT) == ()
    assert own_troubles(sent, NOW + UNKNOWN_AFTER) == (Trouble.UNKNOWN,)
    assert own_troubles(transfer(state=State.REQUESTED, never_opened_at=NOW), NOW + UNKNOWN_AFTER) == ()


def test_a_stale_transfer_is_in_trouble_until_it_is_decided() -> None:
    assert own_troubles(transfer(state=State.OPEN, stale_at=NOW), NOW) == (Trouble.STALE,)
    assert own_troubles(transfer(state=State.REJECTED, stale_at=NOW), NOW) == ()


def test_a_report_is_in_trouble_when_it_is_dead_or_owed_for_long() -> None:
    assert report_trouble("dead", NOW, NOW) is Trouble.DEAD
    assert report_trouble("owed", NOW, NOW + LATE_AFTER) is Trouble.LATE
    assert report_trouble("owed", NOW, NOW + LATE_AFTER - MOMENT) is None
    assert report_trouble("delivered", NOW, NOW + LATE_AFTER) is None
