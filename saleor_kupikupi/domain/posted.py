"""A form of the Dashboard page as it was posted: told from every other by a key that was drawn with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PostedForm:
    """The `key` that one drawing of a form carries, and a digest of where it was posted to and what it `said`."""

    key: str
    said: str
