"""JSON from Saleor, field by field. It must not know what the fields mean.

Read by hand rather than by models: numbers have to stay decimal from the text on, where parsers for models go through
binary floats, and the gateway's webhook comes with every look at a checkout.
"""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

from saleor_kupikupi.domain.errors import MalformedMessage

LONGEST = 512  # no id, name, slug or phone of Saleor's is longer
LONGEST_WORDS = 4000

_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=Decimal)


def decoded(document: str) -> Any:
    """Reads JSON with its numbers as `int` or Decimal; raises ValueError when it is none."""
    try:
        return _DECODER.decode(document)
    except (ArithmeticError, RecursionError):
        raise ValueError("the JSON is beyond all measure") from None


def at(body: object, *path: str) -> object:
    """Follows a path of names; None where it breaks off."""
    for name in path:
        if not isinstance(body, dict):
            return None
        body = body.get(name)
    return body


def maybe_text(body: object, *path: str) -> str | None:
    """Reads a text; None where it is absent, blank, no text, or longer than any of Saleor's names."""
    value = at(body, *path)
    return value if isinstance(value, str) and len(value) <= LONGEST and value.strip() else None


def optional_text(body: object, *path: str) -> str | None:
    """Reads a text that may be absent; raises MalformedMessage for one that is longer than any of Saleor's names."""
    value = at(body, *path)
    if isinstance(value, str) and len(value) > LONGEST:
        raise unusable(*path)
    return maybe_text(body, *path)


def words(body: object, *path: str, longest: int = LONGEST_WORDS) -> str:
    """Reads what people wrote, cut where it is too long; empty where it is absent, blank or no text."""
    value = at(body, *path)
    return "" if not isinstance(value, str) or value[:longest].isspace() else value[:longest]


def text(body: object, *path: str) -> str:
    """Reads a text that has to be there; raises MalformedMessage."""
    value = maybe_text(body, *path)
    if value is None:
        raise unusable(*path)
    return value


def maybe_number(body: object, *path: str) -> Decimal | None:
    """Reads a number; None where it is absent or no finite number."""
    value = at(body, *path)
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return Decimal(value) if type(value) is int else None


def number(body: object, *path: str) -> Decimal:
    """Reads a number that has to be there; raises MalformedMessage."""
    value = maybe_number(body, *path)
    if value is None:
        raise unusable(*path)
    return value


def moment(body: object, *path: str) -> datetime:
    """Reads a moment with its offset that has to be there; raises MalformedMessage."""
    try:
        found = datetime.fromisoformat(text(body, *path))
    except ValueError:
        raise unusable(*path) from None
    if found.tzinfo is None:
        raise unusable(*path)
    return found


def unusable(*path: str) -> MalformedMessage:
    """Makes the error that names a field which cannot be used."""
    return MalformedMessage("CANT_BE_PARSED", f"{'.'.join(path)} is missing or unusable")
