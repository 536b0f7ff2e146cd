"""The first screen: what is to be done next, and how things are."""

from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Visit


def add(screens: Screens) -> None:
    """Makes the routes / and everything that no screen answers."""
    screens.get("/", show)
    screens.get("/<path:route>", nothing)


def show(visit: Visit) -> Shown:
    """Shows the first screen."""
    return Shown("start.html", {"app_id": visit.parts.app_identifier})


def nothing(_: Visit, route: str) -> Shown:
    """Says that there is no such screen, with the tabs to go on."""
    return Shown("nothing.html", {"route": route}, status=404)
