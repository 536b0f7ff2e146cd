"""The screen that helps: what a storefront's developer needs, and which versions meet here."""

from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Visit


def add(screens: Screens) -> None:
    """Makes the route /help."""
    screens.get("/help", show)


def show(visit: Visit) -> Shown:
    """Shows the storefront's snippet, the versions and where to read on."""
    return Shown("help.html", {"app_id": visit.parts.app_identifier})
