"""Knows how Saleor writes a transaction's row: it reads it, and writes it back a moment later without having locked it.

Whatever others wrote to the same columns in between is lost. An event is a row of its own, written at once under a
lock, and stays. Must not know why something is written.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, fields, replace
from itertools import count
from typing import Final, Literal

from saleor_kupikupi_sandbox.saleor_books import Booked
from saleor_kupikupi_sandbox.saleor_records import Sums, Transaction
from saleor_kupikupi_sandbox.saleor_shop import Judge, Shop
from saleor_kupikupi_sandbox.saleor_sums import add_up

WRITE_PAUSE: Final = 0.03
PATIENCE: Final = 10.0  # seconds; a write that a test holds and forgets goes on after them
_WHOLE_ROW: Final = tuple(each.name for each in fields(Transaction) if each.name != "events")
# Parts of the pause, by turns: of two writes that begin together, now the older comes last and now the newer.
_PARTS: Final = (0.5, 0.0, 0.25)

Kind = Literal["transactionUpdate", "transactionEventReport", "session answer", "action answer"]


@dataclass(frozen=True)
class _Held:
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class Writer:
    """Writes the transactions of one Saleor; `pause` is the longest time in seconds between a reading and its writing.

    `transactionUpdate` always takes all of it, everything else half of it or less. Where there is none, nobody comes
    between.
    """

    def __init__(self, shop: Shop, pause: float) -> None:
        self._shop = shop
        self._pause = pause
        self._closing = threading.Event()
        self._turns = count()
        self._held: dict[Kind, _Held] = {}

    def close(self) -> None:
        """Lets every write that waits go on at once."""
        self._closing.set()
        for held in list(self._held.values()):
            held.released.set()

    @contextmanager
    def hold(self, kind: Kind) -> Iterator[threading.Event]:
        """Keeps writes of a kind between reading and writing until the block ends; the event says that one is there."""
        held = self._held[kind] = _Held()
        try:
            yield held.reached
        finally:
            del self._held[kind]
            held.released.set()

    def book(self, token: str, kind: Kind, judge: Judge, by: str | None = None) -> Booked:
        """Stores the event that the books make of the transaction, then writes the columns that follow from it."""
        with self._turn(kind):
            booked = self._shop.store_event(token, judge, by)
            if booked.columns:
                self._wait(kind)
                self._shop.write(booked.transaction, booked.columns)
            return booked

    def overwrite(self, token: str, change: Callable[[Transaction], Transaction]) -> Transaction:
        """Changes a row as it was read, and writes all of it back; raises IntegrityError."""
        with self._turn("transactionUpdate"):
            changed = change(self._shop.known(token))
            self._wait("transactionUpdate")
            self._shop.write(changed, _WHOLE_ROW)
            return changed

    def lose_charge(self, token: str) -> None:
        """Writes the sums of a row that was read before anything was charged; the events stand."""
        self._shop.write(replace(self._shop.known(token), sums=Sums()), ("sums",))

    def forget(self, token: str, event_types: Collection[str]) -> None:
        """Loses the events of these types, and what they added up to; the whole transaction where none is named."""
        known = self._shop.known(token)
        kept = tuple(event for event in known.events if event.type not in event_types)
        if event_types:
            self._shop.write(replace(known, events=kept, sums=add_up(kept)), ("events", "sums"))
        else:
            self._shop.drop(known.token)

    def _turn(self, kind: Kind) -> AbstractContextManager[object]:
        return nullcontext() if self._pause or kind in self._held else self._shop.lock

    def _wait(self, kind: Kind) -> None:
        held = self._held.get(kind)
        if held is not None:
            held.reached.set()
            held.released.wait(PATIENCE)
            return
        part = 1.0 if kind == "transactionUpdate" else _PARTS[next(self._turns) % len(_PARTS)]
        self._closing.wait(self._pause * part)
