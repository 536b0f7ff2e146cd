from typing import Any

import pytest

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.domain.holdings import HeldRefund, Holdings
from saleor_kupikupi.domain.refunds import TaskState
from saleor_kupikupi.saleor.holdings import read_holdings
from saleor_kupikupi.saleor.reading import decoded


def answer(**changes: Any) -> dict[str, Any]:
    sums = {f"{name}Amount": {"amount": decoded("0.0")} for name in ("charged", "refunded", "refundPending")}
    transaction = {**sums, "events": [], "checkout": None, "order": None} | changes
    return {"transaction": transaction}


def test_sums_are_read_in_kopecks_and_may_be_negative() -> None:
    found = read_holdings(
        answer(
            chargedAmount={"amount": decoded("1234.5")},
            refundedAmount={"amount": decoded("-0.01")},
            refundPendingAmount={"amount": decoded("100")},
        )
    )
    assert found is not None
    assert (found.charged, found.refunded, found.refund_pending) == (123_450, -1, 10_000)


def test_events_the_order_and_its_status_are_read() -> None:
    events = [{"type": "CHARGE_SUCCESS", "pspReference": "R"}, {"type": "CHARGE_REQUEST", "pspReference": ""}, None]
    order = {"id": "T3JkZXI6MQ==", "number": "7", "chargeStatus": "FULL"}
    assert read_holdings(answer(events=events, order=order, checkout={"chargeStatus": "NONE"})) == Holdings(
        charged=0,
        refunded=0,
        refund_pending=0,
        events=frozenset({("CHARGE_SUCCESS", "R"), ("CHARGE_REQUEST", ""), ("", "")}),
        charge_status="FULL",
        order=("T3JkZXI6MQ==", "7"),
    )


def test_a_checkout_has_a_status_and_no_number() -> None:
    found = read_holdings(answer(checkout={"chargeStatus": "PARTIAL"}))
    assert found is not None
    assert (found.charge_status, found.order) == ("PARTIAL", None)


def test_a_transaction_may_be_gone() -> None:
    assert read_holdings({"transaction": None}) is None


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"transaction": {}},
        answer(events=None),
        answer(chargedAmount=None),
        answer(chargedAmount={"amount": "1"}),
        answer(refundedAmount={"amount": decoded("1e400")}),
    ],
)
def test_what_is_no_such_answer_breaks_the_contract(data: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken):
        read_holdings(data)


def event(type_: str, name: str, amount: str, minute: int = 0, **more: Any) -> dict[str, Any]:
    known = {"id": f"{type_} {name}", "createdAt": f"2026-11-24T10:{minute:02}:00+00:00", "message": ""}
    return known | {"type": type_, "pspReference": name, "amount": {"amount": decoded(amount)}} | more


def refunds_in(*events: dict[str, Any]) -> tuple[HeldRefund, ...]:
    found = read_holdings(answer(events=list(events)))
    assert found is not None
    return found.refunds


@pytest.mark.parametrize(
    ("events", "state", "amount"),
    [
        ([event("REFUND_REQUEST", "R:refund:1", "10.5")], TaskState.OPEN, 1050),
        (
            [event("REFUND_REQUEST", "R:refund:1", "10.5", 1), event("REFUND_SUCCESS", "R:refund:1", "9", 2)],
            TaskState.RETURNED,
            900,
        ),
        (
            [event("REFUND_FAILURE", "R:refund:1", "10.5", 2), event("REFUND_REQUEST", "R:refund:1", "10.5", 1)],
            TaskState.IMPOSSIBLE,
            0,
        ),
        (
            [event("REFUND_SUCCESS", "R:refund:1", "9", 2), event("REFUND_REVERSE", "R:refund:1", "9", 3)],
            TaskState.IMPOSSIBLE,
            0,
        ),
    ],
)
def test_the_events_of_one_name_are_one_refund(events: list[dict[str, Any]], state: TaskState, amount: int) -> None:
    (found,) = refunds_in(*events)
    assert (found.psp_reference, found.state, found.amount) == ("R:refund:1", state, amount)
    asked = any(each["type"] == "REFUND_REQUEST" for each in events)
    assert found.request_event_id == ("REFUND_REQUEST R:refund:1" if asked else None)


def test_a_request_that_has_no_name_yet_and_what_is_no_refund_are_left_out() -> None:
    assert refunds_in(event("REFUND_REQUEST", "", "10"), event("CHARGE_SUCCESS", "R", "10")) == ()


@pytest.mark.parametrize("wrong", [{"createdAt": "yesterday"}, {"amount": None}])
def test_a_refund_that_cannot_be_read_is_no_answer(wrong: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken):
        refunds_in(event("REFUND_SUCCESS", "R:refund:1", "10") | wrong)
