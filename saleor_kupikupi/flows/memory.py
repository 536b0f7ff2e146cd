"""What one process remembers for a while, so that a webhook does not ask the database for what seldom changes.

Nothing here is a truth: each entry is dropped after its time, and read anew when a webhook contradicts it.
"""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

from cachetools import TTLCache

from saleor_kupikupi.domain.connection import Connection, Credentials
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.saleor.signature import Keys

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """A bounded memory of `seconds`, shared by the threads of a process."""

    def __init__(self, size: int, seconds: float, monotonic: Callable[[], float]) -> None:
        self._entries: TTLCache[K, V] = TTLCache(size, seconds, monotonic)
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        """Recalls the entry, or None."""
        with self._lock:
            return self._entries.get(key)

    def put(self, key: K, value: V) -> V:
        """Remembers the entry and gives it back."""
        with self._lock:
            self._entries[key] = value
        return value

    def drop(self, key: K) -> None:
        """Forgets the entry."""
        with self._lock:
            self._entries.pop(key, None)


class Memory:
    """The things a process remembers; the spans are in seconds."""

    def __init__(
        self, *, settings_live: float, keys_live: float, balance_live: float, monotonic: Callable[[], float]
    ) -> None:
        self.installations: Remembered[str, Installation] = Remembered(512, settings_live, monotonic)
        self.choices: Remembered[tuple[int, str], tuple[Connection, Credentials] | None] = Remembered(
            4096, settings_live, monotonic
        )
        self.keys: Remembered[int, Keys] = Remembered(512, keys_live, monotonic)
        self.balances: Remembered[tuple[int, str], int] = Remembered(4096, balance_live, monotonic)
