"""Whose points: turns a phone number as people write it into the eleven digits that the provider knows a buyer by.

Points belong to a Russian mobile number. It knows numbers, not where they were typed.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from phonenumbers import (
    NumberParseException,
    PhoneMetadata,
    PhoneNumberType,
    number_type,
    parse,
    region_code_for_number,
)

_RUSSIA: Any = PhoneMetadata.metadata_for_region("RU")
# Most come like this, and need not be parsed. The numbers are the library's, which parsing compares with as well.
_PLAIN = re.compile(rf"\+?(7(?:{_RUSSIA.mobile.national_number_pattern}))", re.ASCII)
_LONGEST = 64  # with the invisible marks around it
_USUAL = re.compile(r"\+?[\d(][\d\s().\-/\u2010-\u2015\u2212]{8,30}")


class PhoneMissing(ValueError):
    """Nobody gave a phone number."""


class UnusablePhone(ValueError):
    """What was given is not a Russian mobile number."""


def phone_of(text: str | int) -> str:
    """Reads a number in any usual spelling into 11 digits that begin with 79.

    Raises UnusablePhone for anything else: another country's number (Kazakhstan shares the +7), a landline, an
    extension, letters.
    """
    if isinstance(text, str) and len(text) > _LONGEST:  # to bring a long text to plain forms takes minutes
        raise UnusablePhone("the phone cannot be read")
    plain = _PLAIN.fullmatch(text) if isinstance(text, str) else None
    if plain is not None:
        return plain[1]
    try:
        number = parse(_tidy(text), "RU")
    except NumberParseException:
        raise UnusablePhone("the phone cannot be read") from None
    if region_code_for_number(number) != "RU" or number_type(number) != PhoneNumberType.MOBILE:
        raise UnusablePhone("the phone is not a Russian mobile number")
    return f"{number.country_code}{number.national_number}"


def chosen_phone(data: object, billing: str | None, shipping: str | None) -> str:
    """Reads the buyer's own word in `data["phone"]`, else the billing address's phone, else the shipping address's.

    The first that is given counts: where it is unusable, UnusablePhone is raised and the next is not tried, for it may
    be somebody else's. Raises PhoneMissing where none is given.
    """
    typed = data.get("phone") if isinstance(data, Mapping) else None
    for given in (typed, billing, shipping):
        if given is None or (isinstance(given, str) and len(given) <= _LONGEST and not given.strip()):
            continue
        if not isinstance(given, str | int):
            raise UnusablePhone("the phone is neither text nor a number")
        return phone_of(given)
    raise PhoneMissing("no phone number is given")


def masked(phone: str) -> str:
    """Hides a number for a log line, all but its last two digits."""
    return "*" * (len(phone) - 2) + phone[-2:]


def _tidy(text: str | int) -> str:
    """Brings full-width forms to plain ones and drops the invisible marks that copied numbers carry."""
    if isinstance(text, int):
        return _tidy(f"{text:d}" if 0 < text < 10**12 else "")
    plain = "".join(each for each in unicodedata.normalize("NFKC", text) if unicodedata.category(each) != "Cf").strip()
    if not _USUAL.fullmatch(plain):
        raise UnusablePhone("the phone cannot be read")
    return plain
