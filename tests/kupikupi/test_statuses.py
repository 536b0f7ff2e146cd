import pytest

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.kupikupi.statuses import state_of


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("NEW", State.OPEN),
        ("FORM_SHOWED", State.OPEN),
        ("CONFIRMED", State.CONFIRMED),
        ("REJECTED", State.REJECTED),
        ("CANCELED", State.CANCELED),
    ],
)
def test_the_statuses_of_the_manual_have_a_state(status: str, state: State) -> None:
    assert state_of(status) is state


@pytest.mark.parametrize("status", ["", "ON_HOLD", "confirmed", "CONFIRMED ", "0"])
def test_any_other_status_settles_nothing(status: str) -> None:
    assert state_of(status) is None
