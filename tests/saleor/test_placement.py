from datetime import UTC, datetime
from typing import Any

import pytest

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.saleor.placement import Breaker, PlacedOrder, Placement, read_breaker, read_placement


@pytest.mark.parametrize(
    ("transaction", "placement"),
    [
        (None, Placement(None, overcharged=False)),
        ({"checkout": None, "order": None}, Placement(None, overcharged=False)),
        ({"checkout": {"chargeStatus": "FULL"}, "order": None}, Placement(None, overcharged=False)),
        ({"checkout": {"chargeStatus": "OVERCHARGED"}, "order": None}, Placement(None, overcharged=True)),
        (
            {"checkout": None, "order": {"id": "T3JkZXI6MQ==", "number": "7", "chargeStatus": "OVERCHARGED"}},
            Placement(PlacedOrder("T3JkZXI6MQ==", "7"), overcharged=True),
        ),
        ({"checkout": None, "order": {"id": "T3JkZXI6MQ==", "number": None}}, Placement(None, overcharged=False)),
    ],
)
def test_what_became_of_a_payment_is_read(transaction: Any, placement: Placement) -> None:
    assert read_placement({"transaction": transaction}) == placement


def test_an_answer_without_the_transaction_is_none() -> None:
    with pytest.raises(ContractBroken):
        read_placement({})


@pytest.mark.parametrize(
    ("changed", "at"),
    [("2026-11-24T08:00:00+00:00", datetime(2026, 11, 24, 8, tzinfo=UTC)), (None, None), ("yesterday", None)],
)
def test_the_breaker_may_never_have_changed(changed: str | None, at: datetime | None) -> None:
    assert read_breaker({"app": {"breakerState": "OPEN", "breakerLastStateChange": changed}}) == Breaker("OPEN", at)


def test_an_answer_without_the_breakers_state_is_none() -> None:
    with pytest.raises(ContractBroken):
        read_breaker({"app": None})
