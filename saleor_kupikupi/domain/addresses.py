"""Addresses of web pages that merchants and storefronts name: which are usable, and which lead to an allowed place.

An address is read more strictly than a browser reads it, so that the two can never understand one differently.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

LONGEST = 512
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})

_PORTS = {"https": 443, "http": 80}
_CHARACTER = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_ADDRESS = re.compile(
    rf"(https?)://([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::([0-9]{{1,5}}))?((?:/{_CHARACTER}*)*)(\?(?:[/?]|{_CHARACTER})*)?",
    re.IGNORECASE | re.ASCII,
)


class Flaw(StrEnum):
    """Why an address cannot be used."""

    TOO_LONG = f"is longer than {LONGEST} characters"
    NOT_LATIN = "has letters that an address must encode, as a browser does when it is copied from there"
    UNREADABLE = "is no whole address such as https://shop.example.com/paid"
    NOT_HTTPS = "must begin with https://; http works for this machine only"


class UnusableAddress(ValueError):
    """The address cannot be used; `flaw` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class Address:
    """A page's address; `path` is its segments, without an empty last one."""

    scheme: str
    host: str
    port: int
    path: tuple[str, ...] = ()
    query: str = ""

    @property
    def is_public(self) -> bool:
        """Whether it is https and leads to the internet, as far as its name tells."""
        return self.scheme == "https" and "." in self.host and self.host not in LOCAL_HOSTS


def read_address(text: str) -> Address:
    """Reads an absolute https address, or an http one of this very machine; raises UnusableAddress.

    Not readable are: an account, a fragment, a backslash, a blank, letters that are not encoded, and a path in which
    a server could find another one: empty segments, dots, encoded slashes.
    """
    if len(text) > LONGEST:
        raise UnusableAddress(Flaw.TOO_LONG)
    if not text.isascii():
        raise UnusableAddress(Flaw.NOT_LATIN)
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise UnusableAddress(Flaw.UNREADABLE)
    scheme, host = found[1].lower(), found[2].lower()
    port = int(found[3]) if found[3] else _PORTS[scheme]
    path = tuple(found[4].removesuffix("/").split("/")[1:])
    if port > 65535 or any(map(_ambiguous, path)):
        raise UnusableAddress(Flaw.UNREADABLE)
    if scheme == "http" and host not in LOCAL_HOSTS:
        raise UnusableAddress(Flaw.NOT_HTTPS)
    return Address(scheme, host, port, path, found[5] or "")


def is_allowed(url: object, allowed: Sequence[str]) -> bool:
    """Tells whether a value is an address below one of the allowed ones.

    Scheme, host and port are the same, and the allowed path is the beginning of its path, by whole segments: /pay
    allows /pay and /pay/done, but not /payday. Its query is free.
    """
    try:
        wanted = read_address(url) if isinstance(url, str) else None
    except UnusableAddress:
        return False
    return wanted is not None and any(_leads_to(wanted, read_address(each)) for each in allowed)


def is_local(url: str) -> bool:
    """Tells whether an address is an http one of this very machine."""
    try:
        return read_address(url).scheme == "http"
    except UnusableAddress:
        return False


def _leads_to(wanted: Address, allowed: Address) -> bool:
    same_site = (wanted.scheme, wanted.host, wanted.port) == (allowed.scheme, allowed.host, allowed.port)
    return same_site and wanted.path[: len(allowed.path)] == allowed.path


def _ambiguous(segment: str) -> bool:
    meant = unquote(segment)
    return meant in ("", ".", "..") or any(each in "/\\" or not each.isprintable() for each in meant)
