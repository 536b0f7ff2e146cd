"""Reads what staff typed to find a transfer, as they would copy it from Saleor, from the provider or from a buyer.

A whole phone number becomes its last four digits here: it goes no further, and is shown to nobody again.
"""

import re
from base64 import b64decode
from urllib.parse import unquote, urlsplit

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.kupikupi.phones import UnusablePhone, phone_of
from saleor_kupikupi.store.pages import Wanted, transfers_page

LONGEST = 200
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w-])[+\d(][\d\s().\-\u2010-\u2015\u2212]*\d(?![\w-])")
_SHORTEST_PHONE = 10
_LONGEST_PHONE = 15


def sought(parts: Parts, installation_id: int, typed: str) -> str:
    """Gives what to search for; empty where nothing was typed.

    Digits of a phone's length are a phone, unless a transfer is known by exactly them.
    """
    text = _tidy(typed)
    end = _end_of_phone(text)
    if end is None:
        return text
    with parts.database.read() as tx:
        known = transfers_page(tx, Wanted(installation_id=installation_id, search=text), limit=1)
    return text if known else end


def _tidy(typed: str) -> str:
    text = "".join(each for each in typed[:LONGEST] if each.isprintable()).strip()
    if text.startswith(("http://", "https://")):
        text = urlsplit(text).path.rstrip("/").rpartition("/")[2]
    text = unquote(text).lstrip("#№").strip()
    inside = _UUID.match(_decoded(text).removeprefix("TransactionItem:"))
    return inside[0].lower() if inside else text


def _decoded(text: str) -> str:
    """Opens Saleor's global id of a transaction; anything else stays as it is, a UUID and what follows it too."""
    try:
        inside = b64decode(text, validate=True).decode()
    except ValueError:
        return text
    return inside if inside.startswith("TransactionItem:") else text


def _end_of_phone(text: str) -> str | None:
    try:
        return phone_of(text)[-4:]
    except UnusablePhone:
        for found in _NUMBER.findall(text):
            digits = "".join(each for each in found if each.isdigit())
            if _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE:
                return digits[-4:]
    return None
