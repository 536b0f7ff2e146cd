"""What Saleor is owed for each end of a transfer."""

from datetime import timedelta
from typing import Any

import pytest

from saleor_kupikupi.domain.reports import owed_after
from saleor_kupikupi.domain.transfer import Environment, State
from tests.domain.makings import NOON, transfer

R = transfer().reference


def owed(*cancels: str, **changes: Any) -> list[tuple[str, str, int]]:
    return [
        (each.type.value, each.psp_reference, each.amount) for each in owed_after(transfer(**changes), cancels, "en")
    ]


def test_a_confirmed_transfer_is_a_charge_under_the_reference_itself() -> None:
    assert owed(state=State.CONFIRMED) == [("CHARGE_SUCCESS", R, 123_450)]


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"state": State.REJECTED}, f"{R}:rejected"),
        ({"state": State.CANCELED}, f"{R}:canceled"),
        ({"never_opened_at": NOON}, f"{R}:never-opened"),
    ],
)
def test_a_failure_has_a_name_of_its_own(changes: dict[str, Any], name: str) -> None:
    assert owed(**changes) == [("CHARGE_FAILURE", name, 123_450)]
    assert owed(f"{R}:cancel", f"{R}:cancel:2", **changes) == [
        ("CANCEL_SUCCESS", f"{R}:cancel", 0),
        ("CANCEL_SUCCESS", f"{R}:cancel:2", 0),
    ]


def test_a_cancel_that_came_too_late_failed_and_the_charge_stands() -> None:
    types = [each[:2] for each in owed(f"{R}:cancel", state=State.CONFIRMED)]
    assert types == [("CHARGE_SUCCESS", R), ("CANCEL_FAILURE", f"{R}:cancel")]


@pytest.mark.parametrize("state", [State.REQUESTED, State.OPEN])
def test_nothing_is_owed_while_nothing_is_decided(state: State) -> None:
    assert owed(f"{R}:cancel", state=state, claimed_at=NOON, checked_at=NOON + timedelta(1)) == []


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("state", [State.CONFIRMED, State.REJECTED, State.CANCELED])
def test_everything_from_the_test_environment_says_so(state: State, language: str) -> None:
    real = owed_after(transfer(state=state), (), language)
    test = owed_after(transfer(state=state, environment=Environment.TEST), (), language)
    assert all(each.message.startswith("TEST") for each in test)
    assert not any("TEST" in each.message for each in real)
