"""The background work: takes what is due, under a lease, and does it at once.

Any number of workers may run beside each other: the database hands each piece to one thread of one of them. A worker
that is killed costs the time of its leases, nothing else. Asking the provider and telling Saleor have threads of their
own, so that a Saleor that hangs holds up no payment. So have claimed transfers, verifying charges and comparing
webhooks.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from threading import Event, Lock, Thread
from typing import TypeVar

import structlog

from saleor_kupikupi.flows.look_after import look_after
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.reconcile import Work, take_reports, take_transfers, tidy
from saleor_kupikupi.flows.shares import Shares
from saleor_kupikupi.flows.upgrade import begin, take_upgrades
from saleor_kupikupi.flows.verify import take_verifications
from saleor_kupikupi.store import canary
from saleor_kupikupi.store.database import DatabaseUnavailable
from saleor_kupikupi.store.due import Lane

log = structlog.get_logger()

POLL = 0.25  # seconds between two looks at an idle database
TIDY = 3600.0  # seconds between two rounds of forgetting
LOOK_FOR_VERIFICATIONS = 1.0  # seconds
LOOK_FOR_UPGRADES = 10.0  # seconds; each installation is due once a day, and when its Saleor became another version
BEAT = 1.0  # seconds between two beats
ROUND = 60.0  # seconds between two looks after all installations
_TROUBLE_PAUSE = 2.0

Take = Callable[[Parts, int], list[Work]]
Result = TypeVar("Result")


class Worker:
    """Runs until it is told to stop, then finishes what it holds.

    `beat` is told again and again when transfers and reports were last looked for, of the two the earlier.
    """

    def __init__(self, parts: Parts, threads: int, beat: Callable[[datetime], object]) -> None:
        self._parts = parts
        self._each = max(1, threads // 2)
        self._beat = beat

    def run(self, stop: Event) -> None:
        """Works until `stop` is set; a database that is away, or that our keys do not open, is waited for."""
        self._await_keys(stop)
        lanes = [_Lane(self._parts, take, self._each, stop) for take in (*self._transfers(), take_reports)]
        others = [
            _Lane(self._parts, take_verifications, self._each, stop, LOOK_FOR_VERIFICATIONS),
            _Lane(self._parts, take_upgrades, 1, stop, LOOK_FOR_UPGRADES),
        ]
        _guarded(lambda: begin(self._parts))
        log.info("worker started", threads=3 * self._each)
        timers = [
            _timer(BEAT, lambda: self._beat(min(lane.looked_at for lane in lanes)), stop),
            _timer(TIDY, lambda: tidy(self._parts), stop),
            _timer(ROUND, lambda: look_after(self._parts, stop.is_set), stop),
        ]
        running: list[_Lane | Thread] = [*lanes, *others, *timers]
        for each in running:
            each.start()
        for each in running:
            each.join()
        log.info("worker stopped")

    def _transfers(self) -> list[Take]:
        """Gives claimed transfers threads of their own: a buyer waits for those, and nobody for the others."""
        most = max(1, self._each - max(1, self._each // 4))
        return [partial(take_transfers, lane=lane, shares=Shares(most)) for lane in (Lane.CLAIMED, Lane.UNCLAIMED)]

    def _await_keys(self, stop: Event) -> None:
        while not stop.is_set() and not _guarded(self._keys_fit):
            stop.wait(_TROUBLE_PAUSE)

    def _keys_fit(self) -> bool:
        with self._parts.database.read() as tx:
            fit = canary.opens(tx, self._parts.vault)
        if not fit:
            log.error("SECRET_KEY does not open the database")
        return fit


class _Lane:
    """Threads that take work of one kind, one piece at a time, so that no lease runs out in a queue."""

    def __init__(self, parts: Parts, take: Take, threads: int, stop: Event, poll: float = POLL) -> None:
        self._parts = parts
        self._take = take
        self._stop = stop
        self._poll = poll
        self.looked_at = parts.now()
        self._turn = Lock()
        self._threads = [Thread(target=self._run, name=f"lane-{number}") for number in range(threads)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._turn:  # one idle thread looks for all; the next looks as soon as this one has found something
                work = self._look()
            for piece in work:
                _guarded(piece)

    def _look(self) -> list[Work]:
        """Looks until there is something to do, or until it is time to stop."""
        while not self._stop.is_set():
            work = _guarded(lambda: self._take(self._parts, 1))
            if work is not None:
                self.looked_at = self._parts.now()
            if work:
                return work
            self._stop.wait(_TROUBLE_PAUSE if work is None else self._poll)
        return []


def _timer(seconds: float, work: Callable[[], object], stop: Event) -> Thread:
    def repeat() -> None:
        while not stop.wait(seconds):
            _guarded(work)

    return Thread(target=repeat, name=f"every {seconds:g} s")


def _guarded(piece: Callable[[], Result]) -> Result | None:
    try:
        return piece()
    except DatabaseUnavailable as error:
        log.error("database unavailable", error=str(error))
        return None
    except Exception:
        # The lease runs out and the piece is due again: nothing is lost, but somebody should know.
        log.exception("a piece of work failed")
        return None
