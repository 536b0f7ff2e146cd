"""Knows how Saleor adds a transaction's events up, and how a checkout or order is covered by the sums.

Pure. Must not know how an event came to be.
"""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from saleor_kupikupi_sandbox.saleor_records import ZERO, Event, Sums

# Which sum a family's success feeds, which its open request feeds, and from which both are taken.
_FAMILIES = {
    "AUTHORIZATION": ("authorized", "authorize_pending", None),
    "CHARGE": ("charged", "charge_pending", "authorized"),
    "REFUND": ("refunded", "refund_pending", "charged"),
    "CANCEL": ("canceled", "cancel_pending", "authorized"),
}


class _Ledger:
    def __init__(self) -> None:
        self.amounts: dict[str, Decimal] = dict.fromkeys(Sums.__dataclass_fields__, ZERO)

    def add(self, name: str | None, amount: Decimal) -> None:
        if name is not None:
            self.amounts[name] += amount

    def sums(self) -> Sums:
        sums = Sums(**self.amounts)
        # Charging takes from what was authorised; where nothing was, that sum stays at nothing.
        return replace(sums, authorized=max(sums.authorized, ZERO), authorize_pending=max(sums.authorize_pending, ZERO))


def _counts(success: Event, failure: Event | None) -> bool:
    """A success beside a failure of the same reference counts only if it is strictly newer."""
    return failure is None or success.created_at > failure.created_at


def _add_group(ledger: _Ledger, family: str, group: dict[str, Event]) -> None:
    target, pending, taken_from = _FAMILIES[family]
    success, failure, request = group.get("SUCCESS"), group.get("FAILURE"), group.get("REQUEST")
    if (adjustment := group.get("ADJUSTMENT")) is not None:
        ledger.amounts["authorized"] = adjustment.amount
    if request is not None and success is None and failure is None:
        ledger.add(pending, request.amount)
        ledger.add(taken_from, -request.amount)
    if success is not None and _counts(success, failure):
        ledger.add(target, success.amount)
        ledger.add(taken_from, -success.amount)
    if (back := group.get("BACK")) is not None:
        ledger.add("charged", -back.amount)
    if (reverse := group.get("REVERSE")) is not None:
        ledger.add("charged", reverse.amount)
        ledger.add("refunded", -reverse.amount)


def _since_adjustment(events: list[Event]) -> list[Event]:
    """Drops the authorisation events that the newest adjustment overrules."""
    newest = max((at for at, event in enumerate(events) if event.type == "AUTHORIZATION_ADJUSTMENT"), default=0)
    return [e for at, e in enumerate(events) if at >= newest or not e.type.startswith("AUTHORIZATION_")]


def _add_nameless(ledger: _Ledger, event: Event) -> None:
    """Adds an event without a pspReference: each counts alone, and a success takes nothing from elsewhere."""
    if event.type == "AUTHORIZATION_ADJUSTMENT":
        ledger.amounts["authorized"] = event.amount
    elif event.type == "CHARGE_BACK":
        ledger.add("charged", -event.amount)
    elif event.type == "REFUND_REVERSE":
        ledger.add("charged", event.amount)
    elif event.type.endswith("_SUCCESS"):
        ledger.add(_FAMILIES[event.type.removesuffix("_SUCCESS")][0], event.amount)


def add_up(events: Iterable[Event]) -> Sums:
    """Computes a transaction's sums from its included events, grouped by kind and pspReference."""
    ledger = _Ledger()
    groups: dict[tuple[str, str], dict[str, Event]] = {}
    ordered = sorted((event for event in events if event.included), key=lambda event: event.created_at)
    for event in _since_adjustment(ordered):
        family, _, kind = event.type.partition("_")
        if not event.psp_reference:
            _add_nameless(ledger, event)
        elif family in _FAMILIES:
            groups.setdefault((family, event.psp_reference), {})[kind] = event
    for family in _FAMILIES:
        for (of_family, _), group in groups.items():
            if of_family == family:
                _add_group(ledger, family, group)
    return ledger.sums()


def charge_status(total: Decimal, paid: Decimal) -> str:
    """Says how far a total is paid: NONE, PARTIAL, FULL or OVERCHARGED."""
    if paid <= 0:
        return "FULL" if total <= 0 else "NONE"
    if paid < total:
        return "PARTIAL"
    return "FULL" if paid == total else "OVERCHARGED"


def authorize_status(total: Decimal, covered: Decimal) -> str:
    """Says how far a total is covered by what is charged or authorised: NONE, PARTIAL or FULL."""
    if total <= 0 or covered >= total:
        return "FULL"
    return "PARTIAL" if covered > 0 else "NONE"


def checkout_amounts(sums: Iterable[Sums]) -> tuple[Decimal, Decimal]:
    """Adds up what a checkout's transactions have authorised and charged; pending counts as done."""
    authorized = charged = ZERO
    for each in sums:
        authorized += each.authorized + each.authorize_pending
        charged += each.charged + each.charge_pending
    return authorized, charged


def order_amounts(sums: Iterable[Sums]) -> tuple[Decimal, Decimal]:
    """Adds up what an order's transactions have authorised and charged; pending does not count."""
    authorized = charged = ZERO
    for each in sums:
        authorized += each.authorized
        charged += each.charged
    return authorized, charged
