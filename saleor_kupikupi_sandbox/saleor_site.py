"""Knows what one Saleor is: its version and schema, its address, its signing key, its clock.

Must not know its shop, its apps or what they say to each other.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

from saleor_kupikupi_sandbox.saleor_schema import VERSIONS, schema_of
from saleor_kupikupi_sandbox.saleor_signing import SigningKey


class Site:
    """One Saleor; version, address and key may change while it runs."""

    def __init__(self, version: str, clock: Callable[[], float], key: SigningKey | None) -> None:
        self._clock = clock
        self.url = ""
        self.key = key or SigningKey()
        self.become(version)

    def become(self, version: str) -> None:
        """Makes this Saleor one of another version: 3.21, 3.22 or 3.23."""
        self.full_version = VERSIONS[version]
        self.version = version
        self.schema = schema_of(version)

    @property
    def api_url(self) -> str:
        """Is the GraphQL address that apps know this Saleor by."""
        return f"{self.url}/graphql/"

    @property
    def domain(self) -> str:
        """Is host and port, as the `Saleor-Domain` header says them."""
        return urlsplit(self.url).netloc

    def now(self) -> datetime:
        """Tells the time, in UTC."""
        return datetime.fromtimestamp(self._clock(), UTC)
