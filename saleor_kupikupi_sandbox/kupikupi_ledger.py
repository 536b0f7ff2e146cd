"""Knows the provider's books: platforms, balances, transfers and when points move.

Must not know HTTP. Every change happens under one lock; time comes from the caller's clock.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Literal

from saleor_kupikupi_sandbox.kupikupi_wire import Refusal, Refused

NEW, FORM_SHOWED = "NEW", "FORM_SHOWED"
CONFIRMED, REJECTED, CANCELED = "CONFIRMED", "REJECTED", "CANCELED"
STATUSES: Final = (NEW, FORM_SHOWED, CONFIRMED, REJECTED, CANCELED)
FINAL: Final = frozenset({CONFIRMED, REJECTED, CANCELED})

# Phones of the test environment: what becomes of their transfers, and their balance in kopecks, which never changes.
TEST_PHONES: Final = {
    "79000000001": (CONFIRMED, 100_000_000),
    "79000000002": (REJECTED, 0),
    "79000000003": (CANCELED, 0),
}


@dataclass(eq=False)
class Platform:
    """A registered shop: what support sends it, and the three addresses it sent to support."""

    uid: str
    secret: str = field(repr=False)
    environment: Literal["test", "production"] = "test"
    success_url: str | None = None
    fail_url: str | None = None
    notification_url: str | None = None


@dataclass(frozen=True)
class Delivery:
    """One notification: what was sent and what came back. `status` is None where nothing came back."""

    sent: Mapping[str, object]
    status: int | None = None
    answer: str = ""
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Tells whether the shop said OK, as plain text or as JSON."""
        return self.status == 200 and self.answer.strip() in {"OK", '"OK"'}

    @property
    def refused(self) -> bool:
        """Tells whether the shop answered, and without OK."""
        return self.status is not None and not self.ok


@dataclass(eq=False)
class Transfer:
    """One transfer of points; `amount` in kopecks. Only the ledger changes it."""

    platform: Platform
    phone: str
    order_id: str
    amount: int
    expires_at: float
    clock: Callable[[], float] = field(repr=False)
    code: str = field(repr=False)
    payment_id: int = field(default_factory=lambda: 2 * 10**19 + secrets.randbelow(8 * 10**19))  # beyond 64 bits
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    recorded: str = NEW
    accepted: bool = False
    notifying: bool = False
    notifications: list[Delivery] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The status now: an open transfer that outlives its form is CANCELED, unless the shop is being told of it."""
        if self.recorded in FINAL or self.notifying or self.clock() < self.expires_at:
            return self.recorded
        return CANCELED

    @property
    def seconds_left(self) -> float:
        """What is left of the form's lifetime."""
        return max(0.0, self.expires_at - self.clock())

    @property
    def is_open(self) -> bool:
        """Tells whether the transfer can still become something."""
        return self.status not in FINAL


class Ledger:
    """The provider's books."""

    def __init__(
        self,
        platforms: Sequence[Platform],
        balances: Mapping[str, int | Decimal],
        clock: Callable[[], float],
        form_lifetime: float,
        codes: Callable[[], str],
        same_form: bool,
    ) -> None:
        self.platforms = list(platforms)
        self.form_lifetime = form_lifetime
        self._opening = {phone: int(Decimal(points) * 100) for phone, points in balances.items()}
        self._clock = clock
        self._codes = codes
        self._same_form = same_form
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forgets every transfer and restores the balances."""
        with self._lock:
            self._kopecks = dict(self._opening)
            self._transfers: dict[tuple[Platform, str], Transfer] = {}
            self._by_form: dict[str, Transfer] = {}
            self._by_phone: dict[str, list[Transfer]] = {}

    def kopecks_of(self, platform: Platform, phone: str) -> int:
        """Answers a balance in kopecks. Raises Refused for a phone that the platform's environment does not know."""
        if platform.environment == "test" and phone in TEST_PHONES:
            return TEST_PHONES[phone][1]
        if phone not in self._kopecks:
            raise Refused(Refusal.UNKNOWN_PHONE)
        return self._kopecks[phone]

    def registered_kopecks(self, phone: str) -> int:
        """Answers a registered phone's balance, else the test phone's. Raises KeyError."""
        return self._kopecks[phone] if phone in self._kopecks else TEST_PHONES[phone][1]

    def is_registered(self, phone: str) -> bool:
        """Tells whether `registered_kopecks` knows the phone."""
        return phone in self._kopecks or phone in TEST_PHONES

    def set_kopecks(self, phone: str, kopecks: int) -> None:
        """Registers a phone, or changes its balance."""
        with self._lock:
            self._kopecks[phone] = kopecks

    def register(self, platform: Platform, phone: str, order_id: str, amount: int) -> Transfer:
        """Opens a transfer. Raises Refused."""
        with self._lock:
            self.kopecks_of(platform, phone)
            earlier = self._transfers.get((platform, order_id))
            if earlier is not None:
                return self._repeated(earlier, phone, amount)
            expires_at = self._clock() + self.form_lifetime
            transfer = Transfer(platform, phone, order_id, amount, expires_at, self._clock, self._codes())
            self._transfers[platform, order_id] = transfer
            self._by_form[transfer.form_key] = transfer
            self._by_phone.setdefault(phone, []).append(transfer)
            return transfer

    def _repeated(self, earlier: Transfer, phone: str, amount: int) -> Transfer:
        if self._same_form and earlier.is_open and (earlier.phone, earlier.amount) == (phone, amount):
            return earlier
        raise Refused(Refusal.REPEATED_ORDER)

    def look_up(self, platform: Platform, order_id: str, amount: int) -> Transfer:
        """Finds the platform's own transfer. Raises Refused where the order or its amount is another."""
        transfer = self._transfers.get((platform, order_id))
        if transfer is None:
            raise Refused(Refusal.UNKNOWN_ORDER)
        if transfer.amount != amount:
            raise Refused(Refusal.WRONG_AMOUNT)
        return transfer

    def pending(self, platform: Platform, phone: str) -> Transfer:
        """Finds the phone's newest open transfer on this platform. Raises Refused."""
        with self._lock:
            for transfer in reversed(self._by_phone.get(phone, [])):
                if transfer.platform is platform and transfer.is_open:
                    return transfer
        raise Refused(Refusal.NOTHING_PENDING)

    def transfers(self) -> list[Transfer]:
        """Lists every transfer, the oldest first."""
        with self._lock:
            return list(self._transfers.values())

    def find(self, order_id: str) -> Transfer:
        """Finds the newest transfer of an order on any platform. Raises KeyError."""
        for transfer in reversed(self.transfers()):
            if transfer.order_id == order_id:
                return transfer
        raise KeyError(order_id)

    def of_form(self, form_key: str) -> Transfer | None:
        """Finds the transfer of a form."""
        return self._by_form.get(form_key)

    def show(self, transfer: Transfer) -> None:
        """Notes that the buyer opened the form."""
        with self._lock:
            if transfer.status == NEW:
                transfer.recorded = FORM_SHOWED

    def type_code(self, transfer: Transfer, code: str) -> str | None:
        """Takes a code and answers the status to announce, or None where that is under way. Raises Refused.

        A success only becomes CONFIRMED when the shop has said OK; a failure is final at once.
        """
        with self._lock:
            if not transfer.is_open:
                raise Refused(Refusal.NOTHING_PENDING)
            if not secrets.compare_digest(code.encode(), transfer.code.encode()):
                raise Refused(Refusal.WRONG_CODE)
            if transfer.notifying:
                return None
            outcome = self._outcome(transfer)
            transfer.recorded = FORM_SHOWED if outcome == CONFIRMED else outcome
            transfer.accepted = transfer.notifying = outcome == CONFIRMED
            return outcome

    def _outcome(self, transfer: Transfer) -> str:
        if transfer.platform.environment == "test" and transfer.phone in TEST_PHONES:
            return TEST_PHONES[transfer.phone][0]
        others = (each for each in self._by_phone[transfer.phone] if each is not transfer)
        promised = sum(each.amount for each in others if each.accepted and each.is_open)
        enough = self._kopecks[transfer.phone] - promised >= transfer.amount
        return CONFIRMED if enough else REJECTED

    def settle(self, transfer: Transfer, *, acknowledged: bool) -> None:
        """Ends one round of notifications."""
        with self._lock:
            if acknowledged:
                self.acknowledge(transfer)
            transfer.notifying = False

    def acknowledge(self, transfer: Transfer) -> None:
        """Takes the shop's OK: the points move if the right code has been typed and the transfer is still open."""
        with self._lock:
            if transfer.accepted and transfer.is_open:
                self.force(transfer, CONFIRMED)

    def force(self, transfer: Transfer, status: str) -> None:
        """Sets a status whatever came before; the points follow it. Raises ValueError for a status of no meaning."""
        if status not in STATUSES:
            raise ValueError(status)
        with self._lock:
            moved = (status == CONFIRMED) - (transfer.recorded == CONFIRMED)
            if transfer.phone in self._kopecks:
                self._kopecks[transfer.phone] -= moved * transfer.amount
            transfer.recorded = status
