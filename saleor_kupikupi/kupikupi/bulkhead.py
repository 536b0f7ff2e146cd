"""So many calls to one of the provider's hosts and no more: whoever hangs there leaves threads for everybody else.

While the host answers, a call that finds no place free waits a moment for one, as in a rush of buyers. Once a call has
been under way for longer than an answer takes, nobody waits any more.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition
from time import monotonic
from urllib.parse import urlsplit

from saleor_kupikupi.domain.errors import HeldBack

PATIENCE = 0.5  # seconds that a call waits for a place
HANGS_AFTER = 1.0  # seconds that a call may last before its host is taken to hang


class Bulkhead:
    """The places for calls of this process; a call that gets none is refused."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._begun: defaultdict[str, list[float]] = defaultdict(list)
        self._freed = Condition()

    @contextmanager
    def place(self, counterpart: str, url: str) -> Iterator[None]:
        """Hold a place with the host of an address; raises HeldBack where none gets free in time."""
        host = urlsplit(url).netloc
        with self._freed:
            if not self._wait(self._begun[host]):
                raise HeldBack(counterpart, f"{self._places} calls to it are under way, more are not begun")
            begun = monotonic()
            self._begun[host].append(begun)
        try:
            yield
        finally:
            with self._freed:
                self._begun[host].remove(begun)
                self._freed.notify_all()

    def _wait(self, begun: list[float]) -> bool:
        """Wait for a free place while the calls under way are young; False where none gets free."""
        ends = monotonic() + PATIENCE
        while len(begun) >= self._places:
            left = min(ends, min(begun) + HANGS_AFTER) - monotonic()
            if left <= 0:
                return False
            self._freed.wait(left)
        return True
