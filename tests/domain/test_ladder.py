"""When a transfer is looked at again, and when a report is tried again."""

from datetime import datetime, timedelta

import pytest

from saleor_kupikupi.domain.ladder import next_check, next_delivery, next_order_look
from saleor_kupikupi.domain.transfer import Transfer
from tests.domain.makings import NOON, transfer


def waits(of: Transfer, begun: datetime, number: int) -> list[float]:
    """Lists the waits between the first looks, each of which is made in time."""
    found, now = [], begun - timedelta(milliseconds=1)
    for _ in range(number):
        due_at = next_check(of, now)
        assert due_at is not None
        found.append((due_at - max(now, begun)).total_seconds())
        now = due_at
    return found


def test_a_claim_is_followed_quickly_and_then_like_any_open_transfer() -> None:
    claimed_at = NOON + timedelta(minutes=5)
    claimed = transfer(claimed_at=claimed_at)
    assert waits(claimed, claimed_at, 15) == [0, 0.5, 1, 2, 5, 10, 15, 30, 15, 30, 60, 120, 300, 600, 900]


def test_an_open_transfer_is_followed_ever_more_slowly() -> None:
    assert waits(transfer(), NOON, 7) == [15, 30, 60, 120, 300, 600, 900]


def test_looks_in_between_move_no_look() -> None:
    assert {next_check(transfer(), NOON + timedelta(seconds=each)) for each in range(45, 105)} == {
        NOON + timedelta(seconds=105)
    }


@pytest.mark.parametrize(
    ("age", "wait"),
    [
        (timedelta(hours=1), timedelta(minutes=15)),
        (timedelta(hours=23), timedelta(minutes=15)),
        (timedelta(days=1), timedelta(hours=1)),
        (timedelta(days=6), timedelta(hours=1)),
        (timedelta(days=7), timedelta(days=1)),
        (timedelta(days=29), timedelta(days=1)),
    ],
)
def test_below_the_last_look_the_age_decides(age: timedelta, wait: timedelta) -> None:
    assert next_check(transfer(), NOON + age) == NOON + age + wait


def test_after_thirty_days_nobody_asks_by_himself() -> None:
    assert next_check(transfer(), NOON + timedelta(days=30)) is None
    assert next_check(transfer(claimed_at=NOON), NOON + timedelta(days=30)) is None


def test_a_claim_is_followed_whatever_the_age() -> None:
    old = NOON + timedelta(days=90)
    assert next_check(transfer(claimed_at=old), old + timedelta(seconds=2)) == old + timedelta(seconds=3.5)


def test_a_report_is_tried_after_5_seconds_then_twice_as_long_up_to_an_hour() -> None:
    delays = []
    for attempts in range(1, 14):
        due_at = next_delivery(NOON, attempts, NOON)
        assert due_at is not None
        delays.append((due_at - NOON).total_seconds())
    assert delays == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]


def test_a_report_is_given_up_after_thirty_days() -> None:
    assert next_delivery(NOON, 700, NOON + timedelta(days=29, hours=23)) is not None
    assert next_delivery(NOON, 700, NOON + timedelta(days=30)) is None


@pytest.mark.parametrize(
    ("age", "at"), [(0, 1), (1, 10), (9, 10), (10, 60), (60, 360), (400, 1440), (1440, None), (9000, None)]
)
def test_the_order_of_a_payment_is_looked_for_five_times_in_a_day(age: int, at: int | None) -> None:
    wanted = None if at is None else NOON + timedelta(minutes=at)
    assert next_order_look(NOON, NOON + timedelta(minutes=age)) == wanted
