"""The background work: takes what is due, under a lease, and runs each piece on one of its threads.

Any number of workers may run beside each other: the database hands each piece to one of them. A worker that is killed
costs the time of its leases, nothing else.
"""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Event

import structlog

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.reconcile import Work, take_work

log = structlog.get_logger()

POLL = 0.25  # seconds between two looks at an idle database
_TROUBLE_PAUSE = 2.0


class Worker:
    """Runs until it is told to stop, then finishes what it holds."""

    def __init__(self, parts: Parts, threads: int) -> None:
        self._parts = parts
        self._threads = threads
        self._running: set[Future[None]] = set()

    def run(self, stop: Event) -> None:
        """Works until `stop` is set; a database that is away for a while is waited for."""
        log.info("worker started", threads=self._threads)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="work") as pool:
            while not stop.is_set():
                stop.wait(self._round(pool))
        log.info("worker stopped")

    def _round(self, pool: ThreadPoolExecutor) -> float:
        """Starts what there is room for and tells how many seconds to wait before the next look."""
        self._running = {each for each in self._running if not each.done()}
        room = self._threads - len(self._running)
        if room <= 0:
            wait(self._running, timeout=POLL, return_when="FIRST_COMPLETED")
            return 0.0
        try:
            work = take_work(self._parts, limit=max(1, room // 2))
        except Exception:
            log.exception("no work could be taken")
            return _TROUBLE_PAUSE
        self._running |= {pool.submit(_do, piece) for piece in work}
        return 0.0 if work else POLL


def _do(piece: Work) -> None:
    try:
        piece()
    except Exception:
        # The lease runs out and the piece is due again: nothing is lost, but somebody should know.
        log.exception("a piece of work failed")
