"""What a transaction's checkout or order still owes, as Saleor tells it. It must not know what follows from that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.domain.money import UnusableAmount, kopecks_of
from saleor_kupikupi.domain.transfer import SourceKind
from saleor_kupikupi.saleor.reading import at, maybe_number, maybe_text


@dataclass(frozen=True, slots=True)
class Debt:
    """What is owed, of what it costs in all; each is None where it cannot be told.

    `source` is None where nothing is left to be paid for.
    """

    found: bool
    source: SourceKind | None = None
    owed_kopecks: int | None = None
    canceled: bool = False
    total_kopecks: int | None = None


def read_debt(data: Mapping[str, Any]) -> Debt:
    """Reads the answer to the query `debt`; raises ContractBroken when it is none.

    A transaction that Saleor does not have, and one whose checkout is gone without an order, are not found.
    """
    if "transaction" not in data:
        raise ContractBroken("saleor", "the answer lacks the transaction")
    order, checkout = at(data, "transaction", "order"), at(data, "transaction", "checkout")
    if order is not None:
        canceled = maybe_text(order, "status") in ("CANCELED", "EXPIRED")
        return Debt(True, SourceKind.ORDER, _owed(order, "total"), canceled, _total(order, "total"))
    if checkout is not None:
        return Debt(
            True, SourceKind.CHECKOUT, _owed(checkout, "totalPrice"), total_kopecks=_total(checkout, "totalPrice")
        )
    return Debt(found=False)


def _owed(payable: object, total: str) -> int | None:
    match maybe_text(payable, "chargeStatus"):
        case "FULL" | "OVERCHARGED":
            return 0
        case "NONE":
            return _total(payable, total)
        case "PARTIAL":
            return _kopecks(payable, "totalBalance", "amount")  # paid less total: below zero while money is owed
        case _:
            return None


def _total(payable: object, total: str) -> int | None:
    return _kopecks(payable, total, "gross", "amount")


def _kopecks(payable: object, *path: str) -> int | None:
    amount = maybe_number(payable, *path)
    try:
        return None if amount is None else kopecks_of(abs(amount)) if amount else 0
    except UnusableAmount:
        return None
