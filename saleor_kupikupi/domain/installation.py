"""One Saleor that installed this app."""

import re
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Installation:
    """A Saleor, known by its API's URL and the identifier it installed us under.

    `app_id` is the App row's global id, new with each reinstall. `token` is None once the app was uninstalled.
    `version` is Saleor's own, such as 3.22 or 3.22.67, `dashboard_url` where its Dashboard is mounted, without a last
    slash; both are empty while unknown. `keys_fetched_at` is when its keys were last fetched, by whichever process.
    """

    id: int
    api_url: str
    app_identifier: str
    app_id: str
    token: str | None = field(repr=False)
    version: str
    dashboard_url: str = ""
    keys_fetched_at: datetime | None = None

    def at_least(self, major: int, minor: int) -> bool:
        """Whether this Saleor is known to be this version or newer."""
        numbers = re.match(r"([0-9]{1,4})\.([0-9]{1,4})(?![0-9])", self.version)
        return numbers is not None and (int(numbers[1]), int(numbers[2])) >= (major, minor)
