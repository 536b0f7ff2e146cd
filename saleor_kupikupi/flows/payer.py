"""With what, and for whom, the provider is asked about a transfer."""

from dataclasses import dataclass

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


def payer_of(parts: Parts, transfer: Transfer) -> Payer | None:
    """Gives the payer, or None where the phone is not known, as of an adopted transfer."""
    used = credentials_of(parts, transfer)
    with parts.database.read() as tx:
        phone = transfers.phone_of(tx, parts.vault, transfer.id)
    return Payer(phone, used) if phone and used else None
