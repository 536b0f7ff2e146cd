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
_TOO_SOON = 5.0  # seconds: a background process that dies younger than this would die again


def end_with_parent() -> None:
    """Lets the kernel end this process when its parent is killed, so that no half of the app lives on."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def stop_on_signal() -> threading.Event:
    """Gives an event that SIGTERM and SIGINT set."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stop.set())
    return stop


class Background:
    """The process of the background work: started before the web server's, started again when it dies."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work = work
        self._stopping = False

    def start(self) -> None:
        """Starts it; the parent must not have made threads or connections yet."""
        gc.freeze()  # pages that are never written stay shared
        self._begin()
        signal.signal(signal.SIGCHLD, self._child_died)

    def stop(self, seconds: float) -> None:
        """Lets it finish what it holds, for some seconds."""
        self._stopping = True
        self._process.terminate()
        self._process.join(seconds)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()

    def _begin(self) -> None:
        self._started = time.monotonic()
        self._process = multiprocessing.Process(target=self._run, name="worker")
        self._process.start()

    def _run(self) -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        end_with_parent()
        self._work()

    def _child_died(self, _signal: int, _frame: FrameType | None) -> None:
        if self._stopping or self._process.is_alive():
            return
        log.error("the background process died", exit_code=self._process.exitcode)
        if time.monotonic() - self._started < _TOO_SOON:
            self._stopping = True
            os.kill(os.getpid(), signal.SIGTERM)
        else:
            self._begin()
