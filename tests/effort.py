"""Counts how much work a piece of code does, so that a test bounds it without a clock."""

import json.decoder
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_JSON = json.decoder.__file__  # reads a whole body once, and calls nothing as it does


class TooMuchWork(Exception):
    """The work went beyond its bound, and was stopped before the next step of it."""


class Effort:
    """What was done: calls of functions, and characters that texts' own methods and the slow readers were given.

    A reader, such as an expression or `unicodedata`, is taken to read the longest text that its caller has at hand.
    """

    def __init__(self, calls: int, characters: int) -> None:
        self._most = calls, characters
        self.calls = 0
        self.characters = 0

    @property
    def is_within(self) -> bool:
        """Whether neither bound was passed."""
        return self.calls <= self._most[0] and self.characters <= self._most[1]

    def note(self, frame: FrameType, event: str, called: Any) -> None:
        """Counts a call, as sys.setprofile tells of it; raises TooMuchWork."""
        if event not in ("call", "c_call") or frame.f_code.co_filename == _JSON:
            return
        self.calls += 1
        owner = getattr(called, "__self__", None) if event == "c_call" else None
        if isinstance(owner, str):
            self.characters += len(owner)
        elif isinstance(owner, re.Pattern) or owner is unicodedata:
            self.characters += max((len(each) for each in frame.f_locals.values() if isinstance(each, str)), default=0)
        if not self.is_within:
            sys.setprofile(None)
            raise TooMuchWork


@contextmanager
def bounded(*, calls: int, characters: int) -> Iterator[Effort]:
    """Counts what this thread does inside the block, and stops what goes beyond the bounds."""
    effort = Effort(calls, characters)
    before = sys.getprofile()
    sys.setprofile(effort.note)
    try:
        yield effort
    finally:
        sys.setprofile(before)
