"""Tolerant reading of single fields: several spellings of one value are accepted, a different value never is.

It knows types and names of fields, not methods. Its errors name the field and never what stood in it.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal

Fields = Mapping[str, object]

TEXT_LIMIT = 64  # no identifier or code of the manual is longer than 43 characters
MESSAGE_LIMIT = 512
_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")


class Unreadable(ValueError):
    """A message, or a field of it that is needed, is not what the manual says."""


def read_object(raw: bytes) -> Fields:
    """Reads a JSON object, whose numbers never pass through binary floats."""
    try:
        fields = json.loads(raw, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError):
        raise Unreadable("the body is not JSON") from None
    if not isinstance(fields, dict):
        raise Unreadable("the body is not a JSON object")
    return fields


def text(fields: Fields, name: str, limit: int = TEXT_LIMIT) -> str:
    """Reads a required text, without blanks around it; an integer counts as its digits, however many."""
    value = fields.get(name)
    written = str(value).strip() if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not 0 < len(written) <= limit or not written.isprintable():
        raise Unreadable(f"{name} is missing, too long or no text")
    return written


def flag(fields: Fields, name: str) -> bool:
    """Reads a required boolean, also as a word or as 0 and 1."""
    value = fields.get(name)
    word = str(value).lower() if isinstance(value, bool | int | str) else ""
    if word not in ("true", "1", "false", "0"):
        raise Unreadable(f"{name} is missing or no boolean")
    return word in ("true", "1")


def decimal(fields: Fields, name: str) -> Decimal:
    """Reads a required number, also from text."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str) or not _NUMBER.fullmatch(f"{value}"):
        raise Unreadable(f"{name} is missing or no number")
    return Decimal(value)


def words(fields: Fields, name: str) -> str:
    """Reads an optional text for people, cleaned and cut so that it can be shown and stored; else nothing."""
    value = fields.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(each if each.isprintable() else " " for each in value).strip()[:MESSAGE_LIMIT]


def _refuse(constant: str) -> object:
    raise ValueError(constant)
