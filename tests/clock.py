"""Time in tests: a clock that can be put forward, and waiting for what happens on another thread."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """The world's time: real seconds, until a test stops it, plus what a test added."""

    def __init__(self) -> None:
        self.ahead = timedelta()
        self._stopped_at: datetime | None = None

    def now(self) -> datetime:
        """Tells the time."""
        real = datetime.now(UTC)  # noqa: TID251 - the clock that everybody here takes as an argument
        return (self._stopped_at or real) + self.ahead

    def stop(self) -> None:
        """Stands still from now on, so that a wait can be told to the millisecond."""
        self._stopped_at = datetime.now(UTC)  # noqa: TID251 - as above

    def seconds(self) -> float:
        """Tells the time as the sandbox counts it."""
        return self.now().timestamp()

    def forward(self, **span: float) -> None:
        """Lets time pass at once."""
        self.ahead += timedelta(**span)


def eventually(fact: Callable[[], object], within: float = 5.0) -> bool:
    """Waits for a fact, for real seconds, and tells whether it came true."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if fact():
            return True
        time.sleep(0.005)
    return bool(fact())
