"""Which Saleors may install the app, and which servers merchants may name as the provider's."""

import re
from urllib.parse import urlsplit

from saleor_kupikupi.domain.addresses import is_allowed, is_local
from saleor_kupikupi.domain.connection import BASE_URLS


class AllowList:
    """Which Saleors may install the app."""

    def __init__(self, urls: tuple[str, ...], pattern: str) -> None:
        self._urls = urls
        self._pattern = re.compile(pattern.strip("/")) if pattern else None

    def refusal(self, api_url: str) -> str | None:
        """Says why a Saleor API URL may not install, or gives None where it may."""
        if not self._urls and self._pattern is None:
            return "no Saleor may install this app yet: set ALLOWED_SALEOR_URLS to the API URL of your Saleor"
        parts = _split(api_url)
        if parts is None:
            return "Saleor-Api-Url is not the address of a GraphQL API, such as https://shop.example.com/graphql/"
        if any(_matches(api_url, url) for url in self._urls):
            return None
        # An attacker chooses the path: only scheme, host and port are put before the operator's expression.
        if self._pattern is not None and self._pattern.search(f"{parts}/graphql/"):
            return None
        return f"{api_url} may not install this app: add it to ALLOWED_SALEOR_URLS"


class ProviderList:
    """Which addresses a merchant may give for the provider: the app calls them, and reaches what merchants cannot."""

    def __init__(self, urls: tuple[str, ...], base_url: str) -> None:
        hosts = (urlsplit(each) for each in BASE_URLS.values())
        self._urls = (*(f"{each.scheme}://{each.netloc}/" for each in hosts), *urls)
        self._at_home = is_local(base_url)

    def allows(self, url: str) -> bool:
        """Tells whether a base address may be given."""
        return is_allowed(url, self._urls) or (self._at_home and is_local(url))


def _split(api_url: str) -> str | None:
    try:
        parts = urlsplit(api_url)
        port = parts.port
    except ValueError:
        return None
    plain = re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+/(?:[A-Za-z0-9._~\-]+/)*", api_url)
    if not plain or not parts.hostname or len(api_url) > 200:
        return None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def _matches(api_url: str, allowed: str) -> bool:
    if "*" not in allowed:
        return api_url == allowed
    return re.fullmatch("[^/]*".join(map(re.escape, allowed.split("*"))), api_url) is not None
