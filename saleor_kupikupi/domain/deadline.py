"""How long one piece of work may still take. It knows clocks, not what is being timed."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on a monotonic clock, in seconds, after which nobody waits for the answer any more."""

    expires_at: float
    monotonic: Callable[[], float]

    @classmethod
    def after(cls, seconds: float, monotonic: Callable[[], float]) -> "Deadline":
        """Makes the deadline that lies `seconds` from now."""
        return cls(monotonic() + seconds, monotonic)

    def remaining(self) -> float:
        """Tells the seconds left, never below zero."""
        return max(0.0, self.expires_at - self.monotonic())

    def sooner(self, seconds: float) -> "Deadline":
        """Gives the nearer of this deadline and one that lies `seconds` from now."""
        return Deadline(min(self.expires_at, self.monotonic() + seconds), self.monotonic)
