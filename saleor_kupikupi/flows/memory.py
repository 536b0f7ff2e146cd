"""What one process remembers for a while, so that a webhook does not ask the database for what seldom changes.

Nothing here is a truth: each entry is dropped after its time, and read anew when a webhook contradicts it.
"""

from collections.abc import Callable, Hashable
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from cachetools import TTLCache

from saleor_kupikupi.domain.connection import Connection, Credentials
from saleor_kupikupi.domain.health import Health
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.transfer import Environment
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

    def keys(self) -> list[K]:
        """Lists what is remembered."""
        with self._lock:
            return list(self._entries)

    def drop(self, key: K) -> None:
        """Forgets the entry."""
        with self._lock:
            self._entries.pop(key, None)


class Notebook(Generic[K, V]):
    """What happened since the last time somebody took the notes, shared by the threads of a process."""

    def __init__(self, blank: V) -> None:
        self._blank = blank
        self._notes: dict[K, V] = {}
        self._lock = Lock()

    def note(self, key: K, change: Callable[[V], V]) -> None:
        """Adds to the note of a key."""
        with self._lock:
            self._notes[key] = change(self._notes.get(key, self._blank))

    def take(self) -> dict[K, V]:
        """Gives all notes, and begins anew."""
        with self._lock:
            taken, self._notes = self._notes, {}
        return taken


class Memory:
    """The things a process remembers; the spans are in seconds."""

    def __init__(
        self,
        *,
        settings_live: float,
        keys_live: float,
        balance_live: float,
        sealed_live: float,
        monotonic: Callable[[], float],
    ) -> None:
        self.installations: Remembered[str, Installation] = Remembered(512, settings_live, monotonic)
        self.choices: Remembered[tuple[int, str], tuple[Connection, Credentials] | None] = Remembered(
            4096, settings_live, monotonic
        )
        self.keys: Remembered[int, tuple[Keys, datetime]] = Remembered(512, keys_live, monotonic)
        self.balances: Remembered[tuple[int, str], int] = Remembered(4096, balance_live, monotonic)
        self.sealed_installations: Remembered[int, bool] = Remembered(4096, sealed_live, monotonic)
        self.sealed_connections: Remembered[int, bool] = Remembered(4096, sealed_live, monotonic)
        self.health: Notebook[tuple[int, Environment], Health] = Notebook(Health())
