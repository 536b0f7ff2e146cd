"""Whether Saleor holds what it was told."""

from typing import Any

import pytest

from saleor_kupikupi.domain.holdings import Holdings, Shortfall, shortfall
from saleor_kupikupi.domain.reports import OwedReport, ReportType

CHARGE = OwedReport(ReportType.CHARGE_SUCCESS, "R", 1_000, "")
REFUND = OwedReport(ReportType.REFUND_SUCCESS, "R:refund:1", 300, "")
NOTE = OwedReport(ReportType.INFO, "R:refund:1", 0, "")
EVENTS = frozenset({("CHARGE_SUCCESS", "R"), ("REFUND_SUCCESS", "R:refund:1"), ("INFO", "R:refund:1")})


def holdings(charged: int, refunded: int = 0, pending: int = 0, **more: Any) -> Holdings:
    known = {"events": EVENTS, "charge_status": "FULL"} | more
    return Holdings(charged=charged, refunded=refunded, refund_pending=pending, **known)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (holdings(1_000), [CHARGE]),
        (holdings(1_200), [CHARGE]),
        (holdings(700, 300), [CHARGE, REFUND, NOTE]),
        (holdings(500, 300, 200), [CHARGE, REFUND]),
        (holdings(0, 1_000, charge_status="NONE"), [CHARGE]),
        (holdings(1_000, charge_status=None), [CHARGE]),
        (holdings(0, charge_status="NONE"), []),
    ],
)
def test_what_saleor_was_told_may_be_held_as_charged_returned_or_being_returned(
    held: Holdings, told: list[OwedReport]
) -> None:
    assert shortfall(held, told) is None


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (holdings(0), [CHARGE]),
        (holdings(999), [CHARGE]),
        (holdings(1_000, 0), [CHARGE, REFUND]),
        (holdings(600, 300), [CHARGE, REFUND]),
        (holdings(1_000, charge_status="NONE"), [CHARGE]),
    ],
)
def test_a_sum_that_is_too_small_and_a_charge_that_pays_for_nothing_are_to_be_added_up_anew(
    held: Holdings, told: list[OwedReport]
) -> None:
    assert shortfall(held, told) is Shortfall.SUMS


def test_an_event_that_is_gone_is_to_be_reported_again() -> None:
    gone = holdings(1_000, events=EVENTS - {("REFUND_SUCCESS", "R:refund:1")})
    assert shortfall(gone, [CHARGE]) is None
    assert shortfall(gone, [CHARGE, REFUND]) is Shortfall.EVENTS


def test_a_note_that_is_gone_is_nothing() -> None:
    assert shortfall(holdings(1_000, events=EVENTS - {("INFO", "R:refund:1")}), [CHARGE, NOTE]) is None


def test_a_transaction_that_is_gone_cannot_be_mended() -> None:
    assert shortfall(None, [CHARGE]) is Shortfall.TRANSACTION
