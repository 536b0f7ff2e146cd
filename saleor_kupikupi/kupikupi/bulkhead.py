"""So many calls to one of the provider's hosts and no more: whoever hangs there leaves threads for everybody else."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from urllib.parse import urlsplit

from saleor_kupikupi.domain.errors import HeldBack


class Bulkhead:
    """The places for calls of this process; a call that finds none free is refused at once."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._taken: Counter[str] = Counter()
        self._lock = Lock()

    @contextmanager
    def place(self, counterpart: str, url: str) -> Iterator[None]:
        """Holds a place with the host of an address; raises HeldBack where none is free."""
        host = urlsplit(url).netloc
        with self._lock:
            if self._taken[host] >= self._places:
                raise HeldBack(counterpart, f"{self._places} calls to it are under way, more are not begun")
            self._taken[host] += 1
        try:
            yield
        finally:
            with self._lock:
                self._taken[host] -= 1
