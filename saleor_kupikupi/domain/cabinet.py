"""The address of the provider's cabinet, where the merchant's people see a payment and return its points.

The provider publishes no such address, so it is the merchant's to type; what a payment is called there stands in it as
`{paymentId}` or `{orderId}`.
"""

import re
from urllib.parse import quote, urlsplit

from saleor_kupikupi.domain.transfer import Transfer

LONGEST = 200  # Saleor keeps no more of a link
PLACES = ("{paymentId}", "{orderId}")

_LONGEST_PAYMENT_ID = 43
_LONGEST_REFERENCE = 36


class UnusableCabinet(ValueError):
    """The address cannot be a link; the text is a word for why: `not_https`, `place`, `too_long`."""


def check_cabinet(url: str) -> None:
    """Makes sure that an address, empty for none, can be a link of every payment; raises UnusableCabinet."""
    if not url:
        return
    filled = _filled(url, "9" * _LONGEST_PAYMENT_ID, "9" * _LONGEST_REFERENCE)
    if re.search(r"[{}]", filled):
        raise UnusableCabinet("place")
    if not _is_https(filled):
        raise UnusableCabinet("not_https")
    if len(filled) > LONGEST:
        raise UnusableCabinet("too_long")


def cabinet_link(url: str, transfer: Transfer) -> str:
    """Fills an address in for a payment; empty where there is none, or the provider's id that it needs is not known."""
    if "{paymentId}" in url and not transfer.payment_id:
        return ""
    link = _filled(url, transfer.payment_id or "", transfer.reference)
    return link if len(link) <= LONGEST and _is_https(link) else ""


def _filled(url: str, payment_id: str, reference: str) -> str:
    return url.replace("{paymentId}", quote(payment_id, safe="")).replace("{orderId}", quote(reference, safe=""))


def _is_https(url: str) -> bool:
    if re.search(r"[\s\\\"<>]", url) or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
    except ValueError:
        return False
