"""Time in tests: a clock that can be put forward, and waiting for what happens on another thread."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """The world's time: real seconds plus what a test added."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Tells the time."""
        return datetime.now(UTC) + self.ahead  # noqa: TID251 - the clock that everybody here takes as an argument

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
