"""With what, and for whom, the provider is asked about a transfer."""

from dataclasses import dataclass, replace

from saleor_kupikupi.domain.connection import Credentials
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import credentials, transfers


@dataclass(frozen=True, slots=True)
class Payer:
    """Whose points a transfer moves; `phone` has 11 digits."""

    phone: str
    credentials: Credentials


def credentials_of(parts: Parts, transfer: Transfer) -> Credentials | None:
    """Gives what the transfer was opened with, or what its connection has now where that was forgotten.

    None for a transfer that never reached the provider, and for one whose connection is gone.
    """
    if transfer.credentials_id is None or transfer.connection_id is None or transfer.environment is None:
        return None
    with parts.database.read() as tx:
        own = credentials.by_id(tx, parts.vault, transfer.credentials_id)
        return own or credentials.current(tx, parts.vault, transfer.connection_id, transfer.environment)


def renewed(parts: Parts, used: Credentials) -> Credentials | None:
    """Gives the secret that the connection has now, where it is another; address and wire format stay those of `used`.

    A secret that was revoked leaves no other way to follow what was opened with it.
    """
    with parts.database.read() as tx:
        now = credentials.current(tx, parts.vault, used.connection_id, used.environment)
    if now is None or (now.platform_uid, now.secret) == (used.platform_uid, used.secret):
        return None
    return replace(now, base_url=used.base_url, wire_format=used.wire_format)


def payer_of(parts: Parts, transfer: Transfer) -> Payer | None:
    """Gives the payer, or None where the phone is not known, as of an adopted transfer."""
    used = credentials_of(parts, transfer)
    with parts.database.read() as tx:
        phone = transfers.phone_of(tx, parts.vault, transfer.id)
    return Payer(phone, used) if phone and used else None
