"""Knows which faults the provider can be asked to show, and which of them the next call meets.

Must not know transfers or HTTP servers. A fault may be limited to a method, an order and the next so many calls. A call
that is held waits until its fault is released, or until all faults are cleared.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from saleor_kupikupi_sandbox.kupikupi_wire import METHODS

NOTIFICATION: Final = "notification"
FORM: Final = "form"

_NOTIFIED: Final = frozenset({NOTIFICATION})

# Each fault, and where it can happen. The first six take `after=true`: they strike once the call has been carried out.
# Details: `latency`, `drip` and `notification_late` take seconds; the bodies a text, `redirect` a location, `huge` a
# size; `refuse` a code and a message; `rewrite` and `omit` the fields of the answer; what falsifies a field, a value.
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "latency": METHODS,
    "held": METHODS,
    "error_500": METHODS,
    "html": METHODS,
    "body": METHODS,
    "redirect": METHODS,
    "drop_before": METHODS,
    "drop_after": METHODS,
    "drip": METHODS,
    "huge": METHODS,
    "refuse": METHODS,
    "rewrite": METHODS,
    "omit": METHODS,
    "wrong_order": frozenset({"init", "checkout"}),
    "wrong_amount": frozenset({"init"}),
    "bad_url": frozenset({"init"}),
    "unknown_order": frozenset({"checkout"}),
    "unknown_status": frozenset({"checkout", NOTIFICATION}),
    "notification_lost": _NOTIFIED,
    "notification_late": _NOTIFIED,
    "notification_doubled": _NOTIFIED,
    "notification_other_uid": _NOTIFIED,
    "notification_ok_lost": _NOTIFIED,
    # A stranger claims CONFIRMED: before `init` is answered, or when the form is opened.
    "notification_forged": frozenset({"init", FORM}),
}


@dataclass
class Fault:
    """One fault; `times` is what is left of it, None for ever."""

    kind: str
    method: str | None = None
    times: int | None = None
    order_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"no fault is called {self.kind!r}; there are {', '.join(KINDS)}")
        if self.method is not None and self.method not in KINDS[self.kind]:
            raise ValueError(f"{self.kind} can happen to {', '.join(sorted(KINDS[self.kind]))}, not to {self.method!r}")
        self._released = threading.Event()

    def release(self) -> None:
        """Lets the calls go that this fault holds, and those that it would hold."""
        self._released.set()

    def wait(self, stopping: threading.Event) -> None:
        """Waits until it is released, or until the provider stops."""
        while not self._released.wait(0.005) and not stopping.is_set():
            pass

    def text(self, name: str, default: str) -> str:
        """Reads a detail as text."""
        return str(self.detail.get(name, default))

    def number(self, name: str, default: float) -> float:
        """Reads a detail as a number."""
        return float(self.text(name, str(default)))

    def meets(self, method: str, order_id: str | None) -> bool:
        """Tells whether this call is one that the fault waits for."""
        wanted = KINDS[self.kind] if self.method is None else {self.method}
        return method in wanted and self.order_id in {None, order_id}


Met = Mapping[str, Fault]
NONE: Final[Met] = {}


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._holding: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Asks for one more fault."""
        with self._lock:
            self._faults.append(fault)
            if fault.kind == "held":
                self._holding.append(fault)

    def clear(self) -> None:
        """Ends all faults."""
        with self._lock:
            for each in self._holding:
                each.release()
            self._faults, self._holding = [], []

    def listed(self) -> list[Fault]:
        """Lists what is still to come."""
        return list(self._faults)

    def take(self, method: str, order_id: str | None) -> Met:
        """Uses up the faults that this call meets: of each kind the one asked for first."""
        if not self._faults:
            return NONE
        met: dict[str, Fault] = {}
        with self._lock:
            for fault in self._faults:
                if fault.kind not in met and fault.meets(method, order_id):
                    met[fault.kind] = fault
                    fault.times = None if fault.times is None else fault.times - 1
            self._faults = [fault for fault in self._faults if fault.times is None or fault.times > 0]
        return met
