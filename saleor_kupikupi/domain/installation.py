"""One Saleor that installed this app."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Installation:
    """A Saleor, known by its API's URL and the identifier it installed us under.

    `app_id` is the App row's global id, new with each reinstall. `token` is None once the app was uninstalled.
    `version` is Saleor's own, such as 3.22 or 3.22.67, empty while unknown.
    """

    id: int
    api_url: str
    app_identifier: str
    app_id: str
    token: str | None = field(repr=False)
    version: str

    def at_least(self, major: int, minor: int) -> bool:
        """Whether this Saleor is known to be this version or newer."""
        numbers = self.version.split(".")[:2]
        if len(numbers) < 2 or not all(number.isdigit() for number in numbers):
            return False
        return (int(numbers[0]), int(numbers[1])) >= (major, minor)
