"""How many threads of a lane one connection may take, so that a provider that hangs leaves some for the others."""

from collections import Counter
from collections.abc import Callable
from threading import Lock


class Shares:
    """Counts the work in hand by connection; at most `most` pieces are one connection's at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = Lock()
        self._in_hand: Counter[int | None] = Counter()

    def full(self) -> list[int]:
        """Lists the connections that have their share."""
        with self._lock:
            return [id_ for id_, count in self._in_hand.items() if id_ is not None and count >= self._most]

    def counted(self, connection_id: int | None, piece: Callable[[], object]) -> Callable[[], object]:
        """Counts a piece of work from now until it was run, whatever becomes of it."""
        with self._lock:
            self._in_hand[connection_id] += 1

        def run() -> object:
            try:
                return piece()
            finally:
                with self._lock:
                    self._in_hand[connection_id] -= 1

        return run
