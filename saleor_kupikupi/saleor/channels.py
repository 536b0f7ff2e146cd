"""The channels of a shop, as Saleor lists them. It must not know which of them can be paid in with points."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.saleor.reading import maybe_text


@dataclass(frozen=True, slots=True)
class ShopChannel:
    """One channel of a shop."""

    slug: str
    name: str
    currency: str
    active: bool


def read_channels(data: Mapping[str, Any]) -> tuple[ShopChannel, ...]:
    """Reads the answer to the query `channels`; raises ContractBroken when it is none."""
    listed = data.get("channels")
    if not isinstance(listed, list):
        raise ContractBroken("saleor", "the answer lacks the channels")
    found = (_read(each) for each in listed)
    return tuple(channel for channel in found if channel.slug)


def _read(channel: Any) -> ShopChannel:
    slug = maybe_text(channel, "slug") or ""
    return ShopChannel(
        slug=slug,
        name=maybe_text(channel, "name") or slug,
        currency=maybe_text(channel, "currencyCode") or "",
        active=isinstance(channel, dict) and channel.get("isActive") is not False,
    )
