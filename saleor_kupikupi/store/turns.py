"""Whose turn it is to write, among the threads of all processes. It knows a lock file, and no database.

SQLite has one writer at a time and lets the others sleep and try again, longer each time: with two busy processes some
wait for a second while the disk is idle. The kernel wakes who waits for a file lock at once, and takes the lock from a
process that dies. But it waits without end, so a thread that nobody else needs does the waiting, one for a process.
"""

import fcntl
import os
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Thread
from time import monotonic


class NoTurn(Exception):
    """Somebody else has been writing for too long."""


class Turns:
    """The turns at one lock file, for every thread of this process."""

    def __init__(self, lock_file: Path) -> None:
        self._lock_file = lock_file
        self._ours = Lock()
        self._state = Lock()
        self._wait: Future[int] | None = None
        self._wanted = False

    @contextmanager
    def turn(self, seconds: float) -> Iterator[None]:
        """Waits until nobody else holds the lock, and holds it for the block; raises NoTurn after some seconds."""
        ends = monotonic() + seconds
        if not self._ours.acquire(timeout=seconds):
            raise NoTurn
        try:
            lock = self._lock_by(ends)
            try:
                yield
            finally:
                os.close(lock)
        finally:
            self._ours.release()

    def _lock_by(self, ends: float) -> int:
        """Gives the locked file, by a moment; one thread at a time asks for it."""
        with self._state:
            wait = self._wait or self._lock_or_wait()
            self._wait, self._wanted = (None if wait.done() else wait), True
        try:
            return wait.result(max(ends - monotonic(), 0))
        except TimeoutError:
            with self._state:
                if wait.done():  # it came at the last moment
                    return wait.result()
                self._wanted = False
            raise NoTurn from None

    def _lock_or_wait(self) -> Future[int]:
        # Opened anew each time: the lock belongs to the open file, and another process's child may hold it open.
        lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        locked: Future[int] = Future()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            locked.set_result(lock)
        except BlockingIOError:
            Thread(target=self._await, args=(lock, locked), name="turn", daemon=True).start()
        return locked

    def _await(self, lock: int, locked: Future[int]) -> None:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with self._state:
            self._wait = None
            if self._wanted:
                locked.set_result(lock)
            else:  # whoever asked has given up
                os.close(lock)
