"""One set of provider credentials and the choices a merchant makes about it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi.domain.transfer import Environment

BASE_URLS = {
    Environment.PRODUCTION: "https://payapi.kupi-kupi.shop/api/v1/transfer/",
    Environment.TEST: "https://devpayapi.kupi-kupi.shop/api/v1/transfer/",
}

SHORT_SECRET = 8  # characters; the end of such a one would be too much of it


class WireFormat(StrEnum):
    """The two spellings of the provider's protocol; they differ in two names and in nothing else."""

    DOCUMENTED = "documented"
    PHP_CLIENT = "php-client"


class WireFormatChoice(StrEnum):
    """What the merchant asks for; `auto` is settled once, when credentials are saved or tested."""

    AUTO = "auto"
    DOCUMENTED = "documented"
    PHP_CLIENT = "php-client"


class Ack(StrEnum):
    """The form of the `OK` that a notification is answered with."""

    PLAIN = "plain"
    JSON = "json"


class BalanceCheck(StrEnum):
    """For whom the storefront may learn whether the points suffice."""

    CUSTOMERS = "customers"
    EVERYONE = "everyone"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A merchant's choices for one contract with the provider; `environment` is the one in use."""

    id: int
    installation_id: int
    name: str
    environment: Environment
    wire_format_choice: WireFormatChoice = WireFormatChoice.AUTO
    ack: Ack = Ack.PLAIN
    guard: bool = True
    balance_check: BalanceCheck = BalanceCheck.CUSTOMERS
    show_balance: bool = False
    accept_code: bool = False
    trust_test_notification: bool = False
    place_orders: bool = True
    refunds: RefundsMode = RefundsMode.MANUAL
    return_urls: tuple[str, ...] = ()
    cabinet_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What one environment of a connection is called with.

    A row of these is never changed: a transfer keeps the row of its `init`, so a new secret, address or wire format
    makes a new row and retires the old one.
    """

    id: int
    connection_id: int
    environment: Environment
    platform_uid: str
    secret: str = field(repr=False)
    base_url: str
    wire_format: WireFormat
    settled: bool
    retired_at: datetime | None = None

    @property
    def secret_end(self) -> str:
        """Is what may be shown of the secret: its last four characters, nothing of one that is short."""
        return self.secret[-4:] if len(self.secret) > SHORT_SECRET else ""
