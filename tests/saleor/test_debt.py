from typing import Any

import pytest

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.domain.transfer import SourceKind
from saleor_kupikupi.saleor.debt import Debt, read_debt
from saleor_kupikupi.saleor.reading import decoded


def payable(kind: str, charge_status: str | None, total: str = "1234.5", balance: str = "-1000.25", **more: Any) -> Any:
    name = "total" if kind == "order" else "totalPrice"
    return {
        "chargeStatus": charge_status,
        name: {"gross": {"amount": decoded(total)}},
        "totalBalance": {"amount": decoded(balance)},
        **more,
    }


@pytest.mark.parametrize("kind", ["checkout", "order"])
@pytest.mark.parametrize(
    ("charge_status", "owed"),
    [("NONE", 123450), ("PARTIAL", 100025), ("FULL", 0), ("OVERCHARGED", 0), ("SOMETHING_NEW", None), (None, None)],
)
def test_what_is_owed_follows_from_the_charge_status(kind: str, charge_status: str | None, owed: int | None) -> None:
    transaction = {"checkout": None, "order": None, kind: payable(kind, charge_status)}
    assert read_debt({"transaction": transaction}) == Debt(
        True, SourceKind(kind), owed, canceled=False, total_kopecks=123450
    )


@pytest.mark.parametrize(
    ("status", "canceled"), [("CANCELED", True), ("EXPIRED", True), ("UNFULFILLED", False), (None, False)]
)
def test_an_order_may_be_canceled(status: str | None, canceled: bool) -> None:
    debt = read_debt({"transaction": {"checkout": None, "order": payable("order", "NONE", status=status)}})
    assert (debt.source, debt.canceled) == (SourceKind.ORDER, canceled)


def test_an_order_stands_for_the_checkout_it_was_made_from() -> None:
    transaction = {"checkout": payable("checkout", "NONE"), "order": payable("order", "FULL")}
    assert read_debt({"transaction": transaction}) == Debt(True, SourceKind.ORDER, 0, total_kopecks=123450)


@pytest.mark.parametrize("transaction", [None, {}, {"checkout": None, "order": None}])
def test_nothing_is_left_to_be_paid_for(transaction: object) -> None:
    assert read_debt({"transaction": transaction}) == Debt(found=False)


@pytest.mark.parametrize(
    ("total", "owed"),
    [("0.0", 0), ("0", 0), ("99999999.99", 9_999_999_999), ("1e9", None), ("0.001", None), ("null", None)],
)
def test_an_amount_that_cannot_be_in_kopecks_is_not_guessed(total: str, owed: int | None) -> None:
    transaction = {"checkout": payable("checkout", "NONE", total=total), "order": None}
    assert read_debt({"transaction": transaction}).owed_kopecks == owed


def test_an_answer_without_the_transaction_breaks_the_contract() -> None:
    with pytest.raises(ContractBroken):
        read_debt({})
