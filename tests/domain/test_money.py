"""Roubles become whole kopecks exactly, or not at all."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.domain.money import (
    MAX_KOPECKS,
    UnusableAmount,
    kopecks_of,
    kopecks_typed,
    roubles_of,
    roubles_text,
)


@given(st.integers(1, MAX_KOPECKS))
def test_every_amount_within_the_limits_survives_the_way_there_and_back(kopecks: int) -> None:
    assert kopecks_of(roubles_of(kopecks)) == kopecks
    assert Decimal(roubles_text(kopecks)) == roubles_of(kopecks)


@pytest.mark.parametrize(
    ("roubles", "kopecks"), [("0.01", 1), ("1234.5", 123_450), ("1234.500", 123_450), ("99999999.99", MAX_KOPECKS)]
)
def test_roubles_become_kopecks(roubles: str, kopecks: int) -> None:
    assert kopecks_of(Decimal(roubles)) == kopecks


@pytest.mark.parametrize(
    "roubles", ["0", "0.0", "0.001", "1.005", "-1", "-0.01", "100000000", "1e400", "-1e400", "NaN", "Infinity", "sNaN"]
)
def test_what_is_no_amount_of_points_is_refused(roubles: str) -> None:
    with pytest.raises(UnusableAmount):
        kopecks_of(Decimal(roubles))


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_any_number_becomes_exact_kopecks_or_is_refused(roubles: Decimal) -> None:
    try:
        kopecks = kopecks_of(roubles)
    except UnusableAmount:
        return
    assert Decimal(kopecks) == roubles * 100
    assert 1 <= kopecks <= MAX_KOPECKS


@pytest.mark.parametrize(
    ("kopecks", "written"), [(0, "0.00"), (5, "0.05"), (123_450, "1234.50"), (-150, "-1.50"), (-5, "-0.05")]
)
def test_kopecks_are_written_with_two_places(kopecks: int, written: str) -> None:
    assert roubles_text(kopecks) == written


@pytest.mark.parametrize(
    ("typed", "kopecks"),
    [
        ("1234.50", 123_450),
        ("1234,5", 123_450),
        (" 1 234,50 ", 123_450),
        ("1\N{NARROW NO-BREAK SPACE}234\N{NO-BREAK SPACE}567", 123_456_700),
        ("1,234.50", 123_450),
        ("1,234,567.8", 123_456_780),
        ("0,01", 1),
    ],
)
def test_an_amount_is_read_as_people_type_it(typed: str, kopecks: int) -> None:
    assert kopecks_typed(typed) == kopecks


@pytest.mark.parametrize(
    "typed", ["", "0", "-1", "1,234", "1.234,50", "12 34", "1e3", "1.005", "٣", "1234.50 ₽", "9" * 33, "999999999999"]
)
def test_what_can_be_read_in_two_ways_or_none_is_no_amount(typed: str) -> None:
    with pytest.raises(UnusableAmount):
        kopecks_typed(typed)
