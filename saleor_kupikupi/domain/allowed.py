"""Which Saleors may install the app and be called, and which addresses a merchant may give for the provider."""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from saleor_kupikupi.domain.addresses import is_allowed, is_local
from saleor_kupikupi.domain.connection import BASE_URLS

_LONGEST_API_URL = 200
_API_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+/(?:[A-Za-z0-9._~\-]+/)*")
_NAMED = re.compile(r"(https?)://\[?([^/*\[\]]+?)\]?(?::(\d+|\*))?/")
_ANY = 0
_PORTS = {"https": 443, "http": 80}
_TRANSLATED = ip_network("64:ff9b::/96")  # NAT64: the last 32 bits are an IPv4 address


class AllowList:
    """Which Saleors may install the app, and at which addresses they may be called."""

    def __init__(self, urls: Sequence[str], pattern: str) -> None:
        self._urls = urls
        self._pattern = re.compile(_without_slashes(pattern)) if pattern else None
        self._named = {_place(*found.groups()) for found in map(_NAMED.match, urls) if found}

    def refusal(self, api_url: str) -> str | None:
        """Says why a Saleor API URL may not install, or gives None where it may."""
        if not self._urls and self._pattern is None:
            return "no Saleor may install this app yet: set ALLOWED_SALEOR_URLS to the API URL of your Saleor"
        origin = _origin(api_url)
        if origin is None:
            return "Saleor-Api-Url is not the address of a GraphQL API, such as https://shop.example.com/graphql/"
        if any(_matches(api_url, url) for url in self._urls):
            return None
        # An attacker chooses the path: only scheme, host and port are put before the operator's expression.
        if self._pattern is not None and self._pattern.fullmatch(f"{origin}/graphql/"):
            return None
        return f"{api_url} may not install this app: add it to ALLOWED_SALEOR_URLS"

    def may_reach(self, host: str, port: int, address: str) -> bool:
        """Tells whether a Saleor's host may be called at an IP address that its name stands for.

        A host that the operator names without a `*` may be anywhere; everything else has to be public, for strangers
        choose the name and what it stands for.
        """
        return not self._named.isdisjoint({(host.lower(), port), (host.lower(), _ANY)}) or is_public(address)


class ProviderList:
    """Which addresses a merchant may give for the provider: the app calls them, and reaches what merchants cannot."""

    def __init__(self, urls: Sequence[str], base_url: str) -> None:
        hosts = (urlsplit(each) for each in BASE_URLS.values())
        self._urls = (*(f"{each.scheme}://{each.netloc}/" for each in hosts), *urls)
        self._at_home = is_local(base_url)

    def allows(self, url: str) -> bool:
        """Tells whether a base address may be given."""
        return is_allowed(url, self._urls) or (self._at_home and is_local(url))


def is_public(address: str) -> bool:
    """Tells whether an IP address belongs to the internet, also one that is wrapped in IPv6."""
    found = _unwrapped(ip_address(address))
    return found.is_global and not found.is_multicast


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _without_slashes(pattern: str) -> str:
    """Takes an expression out of the slashes that it stands between in JavaScript."""
    return pattern[1:-1] if len(pattern) > 1 and pattern[0] == pattern[-1] == "/" else pattern


def _origin(api_url: str) -> str | None:
    if len(api_url) > _LONGEST_API_URL or not _API_URL.fullmatch(api_url):
        return None
    try:
        parts = urlsplit(api_url)
        port = parts.port
    except ValueError:
        return None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "") if parts.hostname else None


def _place(scheme: str, host: str, port: str | None) -> tuple[str, int]:
    return host.lower(), _ANY if port == "*" else int(port or _PORTS[scheme])


def _matches(api_url: str, allowed: str) -> bool:
    if "*" not in allowed:
        return api_url == allowed
    return re.fullmatch("[^/]*".join(map(re.escape, allowed.split("*"))), api_url) is not None
