"""Where a shop's Dashboard is, and the address in it that leads to a transfer."""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.installation import Installation

LONGEST_LINK = 200  # Saleor keeps no more of an event's link

_LONGEST = 120
_SEGMENT = r"/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]+"
_ADDRESS = re.compile(rf"(https?://[^/\s]+)((?:{_SEGMENT})*)")


def origins_for(api_url: str, configured: Sequence[str]) -> tuple[str, ...]:
    """Lists the origins of a Saleor's Dashboards: that of its API, and the configured ones."""
    api = urlsplit(api_url)
    return tuple(dict.fromkeys((f"{api.scheme}://{api.netloc}", *configured)))


def is_dashboard(url: str, origins: Sequence[str]) -> bool:
    """Tells whether an address can be a Dashboard's: one of the origins, perhaps with the path it is mounted at."""
    found = _ADDRESS.fullmatch(url) if len(url) <= _LONGEST else None
    return found is not None and found[1] in origins


def transfer_link(installation: Installation, reference: Reference) -> str:
    """Gives the address of a transfer's page in the Dashboard.

    Empty where it is not known where the Dashboard is, and where the address is longer than Saleor keeps.
    """
    if not installation.dashboard_url:
        return ""
    app = quote(installation.app_id, safe="")
    link = f"{installation.dashboard_url}/extensions/app/{app}/transfers/{reference}"
    return link if len(link) <= LONGEST_LINK else ""
