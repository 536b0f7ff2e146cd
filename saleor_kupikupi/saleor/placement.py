"""What became of a paid checkout, and how Saleor's circuit breaker stands, as Saleor tells it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from saleor_kupikupi.domain.errors import ContractBroken, MalformedMessage
from saleor_kupikupi.saleor.reading import at, maybe_text, moment


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order, and the number that staff know it by."""

    id: str
    number: str


@dataclass(frozen=True, slots=True)
class Placement:
    """The order that a transaction belongs to, if there is one, and whether more was paid than is owed."""

    order: PlacedOrder | None
    overcharged: bool


@dataclass(frozen=True, slots=True)
class Breaker:
    """Saleor's circuit breaker for this app's webhooks: CLOSED lets them through, OPEN does not, HALF_OPEN tries."""

    state: str
    changed_at: datetime | None


def read_placement(data: Mapping[str, Any]) -> Placement:
    """Reads the answer to the query `placement`; raises ContractBroken when it is none."""
    if "transaction" not in data:
        raise ContractBroken("saleor", "the answer lacks the transaction")
    payable = at(data, "transaction", "order") or at(data, "transaction", "checkout")
    id_, number = maybe_text(data, "transaction", "order", "id"), maybe_text(data, "transaction", "order", "number")
    order = PlacedOrder(id_, number) if id_ and number else None
    return Placement(order, maybe_text(payable, "chargeStatus") == "OVERCHARGED")


def read_breaker(data: Mapping[str, Any]) -> Breaker:
    """Reads the answer to the query `breaker`; raises ContractBroken when it is none."""
    state = maybe_text(data, "app", "breakerState")
    if state is None:
        raise ContractBroken("saleor", "the answer lacks the breaker's state")
    try:
        return Breaker(state, moment(data, "app", "breakerLastStateChange"))
    except MalformedMessage:
        return Breaker(state, None)
