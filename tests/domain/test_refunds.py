"""How much of a charge can still go back."""

from typing import Any

import pytest

from saleor_kupikupi.domain.refunds import RefundNotPossible, RefundTask, TaskState, check_refund, refundable
from saleor_kupikupi.domain.transfer import State
from tests.domain.makings import NOON, transfer

CHARGED = transfer(state=State.CONFIRMED, amount=1000)


def task(**changes: Any) -> RefundTask:
    plain: dict[str, Any] = {
        "id": 1,
        "transfer_id": 1,
        "psp_reference": "R:refund:1",
        "request_event_id": None,
        "asked_at": NOON,
    }
    return RefundTask(**plain | {"asked": 400, "state": TaskState.OPEN} | changes)


@pytest.mark.parametrize(
    ("tasks", "left"),
    [
        ([], 1000),
        ([task()], 600),
        ([task(), task()], 200),
        ([task(state=TaskState.RETURNED, returned=300)], 700),
        ([task(state=TaskState.IMPOSSIBLE, returned=0)], 1000),
        ([task(state=TaskState.RECORDED, returned=400), task(asked=600)], 0),
        ([task(asked=900), task(asked=900)], 0),
    ],
)
def test_what_is_returned_or_asked_for_is_spent(tasks: list[RefundTask], left: int) -> None:
    assert refundable(CHARGED, tasks) == left


@pytest.mark.parametrize("state", [state for state in State if state is not State.CONFIRMED])
def test_only_a_charge_can_go_back(state: State) -> None:
    assert refundable(transfer(state=state), []) == 0
    with pytest.raises(RefundNotPossible, match="not_charged"):
        check_refund(transfer(state=state), [], 1)


@pytest.mark.parametrize(("amount", "why"), [(0, "no_amount"), (-5, "no_amount"), (601, "too_much")])
def test_an_impossible_amount_is_refused(amount: int, why: str) -> None:
    with pytest.raises(RefundNotPossible, match=why):
        check_refund(CHARGED, [task()], amount)
    check_refund(CHARGED, [task()], 600)


@pytest.mark.parametrize("amount", [0, 1])
def test_where_all_is_returned_or_asked_for_nothing_is_left(amount: int) -> None:
    with pytest.raises(RefundNotPossible, match="nothing_left"):
        check_refund(CHARGED, [task(asked=1000)], amount)
