"""Whose turn it is to write: a lock that is handed on in the order of asking. It knows threads, and no database."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """A lock for threads of one process; `threading.Lock` promises no order, and under load somebody starves."""

    def __init__(self) -> None:
        self._inner = Lock()
        self._taken = False
        self._queue: deque[Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits for its turn, and passes it on to whoever has waited longest."""
        with self._inner:
            gate = self._gate() if self._taken else None
            self._taken = True
        if gate is not None:
            gate.acquire()
        try:
            yield
        finally:
            self._pass_on()

    def _gate(self) -> Lock:
        gate = Lock()
        gate.acquire()
        self._queue.append(gate)
        return gate

    def _pass_on(self) -> None:
        with self._inner:
            if self._queue:
                self._queue.popleft().release()
            else:
                self._taken = False
