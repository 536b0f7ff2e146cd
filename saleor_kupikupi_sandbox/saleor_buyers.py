"""Knows what of a buyer reaches a checkout: who it is, and phones as Saleor spells them.

Must not know what is bought.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Buyer:
    """Who buys. No phone leaves the addresses' phones empty; `address` False leaves the addresses out."""

    phone: str | None = "+79000000001"
    shipping_phone: str | None = None
    email: str = "buyer@example.com"
    user: str | None = None
    language: str = "RU"
    address: bool = True

    @property
    def phones(self) -> tuple[str, str]:
        """Gives the phones of the billing and the shipping address."""
        billing = normal_phone(self.phone or "")
        return billing, billing if self.shipping_phone is None else normal_phone(self.shipping_phone)


def normal_phone(phone: str) -> str:
    """Spells a Russian mobile as Saleor stores it (8900…, 900… and 7900… become +7900…), anything else as given."""
    digits = re.sub(r"[\s()+-]", "", phone)
    if re.fullmatch(r"[78]?9\d{9}", digits):
        return f"+7{digits[-10:]}"
    return phone
