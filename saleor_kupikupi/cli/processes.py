"""The processes of `serve`: the web server's own, and one for the background work, all gone when the first is gone."""

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog

log = structlog.get_logger()

_PR_SET_PDEATHSIG = 1
_TOO_SOON = 5.0  # seconds between two deaths of the background process: it would only die again
_AT_LEAST = 1.0  # seconds that stopping waits, however long ago it was told
_STOPPING = (signal.SIGTERM, signal.SIGINT)


def end_with_parent(parent: int) -> None:
    """Makes this process a child that ends when its parent says so or is killed: no half of the app lives on."""
    for each in _STOPPING:
        signal.signal(each, signal.SIG_DFL)  # until it knows better: what the parent does on it was inherited
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it was killed before the kernel knew
            os.kill(os.getpid(), signal.SIGTERM)


def hear_signal(act: Callable[[], object]) -> None:
    """Acts once on SIGTERM or SIGINT, on a thread of its own.

    A handler could run in the middle of itself, since a terminal and systemd signal every process and the parent does
    so too, and would then wait for its own lock. To be called before other threads are made.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)

    def hear() -> None:
        signal.sigwait(_STOPPING)
        act()

    threading.Thread(target=hear, name="signals", daemon=True).start()


def stop_on_signal() -> threading.Event:
    """Gives an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    hear_signal(stop.set)
    return stop


def handle_term() -> None:
    """Does what the process does on SIGTERM."""
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        handler(signal.SIGTERM, None)
    else:  # it has only just begun
        os._exit(1)


def also_on_signal(act: Callable[[], None]) -> None:
    """Does one thing more when SIGTERM or SIGINT comes, before what is done already."""
    for each in _STOPPING:
        signal.signal(each, _both(act, signal.getsignal(each)))


def _both(act: Callable[[], None], before: object) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        act()
        if callable(before):
            before(number, frame)

    return handle


class Background:
    """The process of the background work: started before the web server's, started again when it dies."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._processes = multiprocessing.get_context("fork")
        self._told_at: float | None = None
        self.failed = False

    def start(self) -> None:
        """Starts it; the parent must not have made threads or connections yet."""
        gc.freeze()  # pages that are never written stay shared
        self._begin()
        # It ends with its parent's *thread*, so the one that starts it anew must live as long as the parent.
        self._watcher = threading.Thread(target=self._watch, name="background", daemon=True)
        self._watcher.start()

    def tell_to_stop(self) -> None:
        """Lets it finish what it holds and take nothing more; may be called from a signal's handler."""
        if self._told_at is None:
            self._told_at = time.monotonic()
        self._process.terminate()

    def stop(self, seconds: float) -> None:
        """Waits until it has finished, for some seconds since it was told, then kills it."""
        self.tell_to_stop()
        told_at = self._told_at or time.monotonic()
        self._watcher.join(max(_AT_LEAST, told_at + seconds - time.monotonic()))
        if self._watcher.is_alive():
            log.error("the background process did not stop in time")
            self._process.kill()
            self._watcher.join()

    def _is_told(self) -> bool:
        return self._told_at is not None

    def _begin(self) -> None:
        self._process = self._processes.Process(target=self._run, args=(os.getpid(),), name="worker")
        self._process.start()

    def _run(self, parent: int) -> None:
        end_with_parent(parent)
        self._work()

    def _watch(self) -> None:
        died_at = -_TOO_SOON
        while True:
            self._process.join()
            if self._is_told():
                return
            log.error("the background process died", exit_code=self._process.exitcode)
            if time.monotonic() - died_at < _TOO_SOON:
                self.failed = True
                self._told_at = time.monotonic()
                os.kill(os.getpid(), signal.SIGTERM)
                return
            died_at = time.monotonic()
            self._begin()
            if self._is_told():  # meanwhile, so that only the dead one heard it
                self._process.terminate()
