"""Where the Dashboard is: said by the page, believed from staff, kept for the links of events."""

from typing import Any

import pytest
import requests
from structlog.typing import EventDict

from saleor_kupikupi.flows.dashboard import event_link
from saleor_kupikupi.store import installations
from tests.journeys.payments import open_payment
from tests.web.visits import visit
from tests.world import APP_ID, World

PLACE = "https://dashboard.example/dashboard"


@pytest.fixture
def shown(world: World) -> World:
    """A world whose page a Dashboard on a host of its own may show."""
    world.show_in("https://dashboard.example")
    return world


def kept(world: World) -> str:
    with world.parts.database.read() as tx:
        found = installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID)
    assert found is not None
    return found.dashboard_url


def look(world: World, place: str, **claims: Any) -> requests.Response:
    return visit(world, "/help", headers={"X-Dashboard": place}, **claims)


def test_the_page_says_where_it_is_shown_and_that_is_kept_and_followed(shown: World, log: list[EventDict]) -> None:
    assert kept(shown) == ""
    for place in (PLACE, PLACE, f"{shown.saleor.url}/dashboard", PLACE):
        assert look(shown, place).status_code == 200
        assert kept(shown) == place
    assert len([each for each in log if each["event"] == "dashboard known"]) == 3


def test_another_process_that_still_remembers_the_old_place_is_no_trouble(shown: World, log: list[EventDict]) -> None:
    look(shown, PLACE)
    look(shown, PLACE)
    stale = shown.parts.memory.installations.get(shown.saleor.api_url)
    look(shown, f"{shown.saleor.url}/dashboard")
    assert stale is not None
    shown.parts.memory.installations.put(shown.saleor.api_url, stale)
    assert look(shown, f"{shown.saleor.url}/dashboard").status_code == 200
    assert len([each for each in log if each["event"] == "dashboard known"]) == 2


@pytest.mark.parametrize("place", ["", "https://evil.example", "https://dashboard.example/" + "x" * 200, "nonsense"])
def test_a_place_that_may_not_show_the_page_is_passed_over(shown: World, place: str) -> None:
    look(shown, PLACE)
    assert look(shown, place).status_code == 200
    assert kept(shown) == PLACE


def test_only_who_may_change_the_installation_is_believed(shown: World) -> None:
    assert look(shown, PLACE, user_permissions=["MANAGE_ORDERS"]).status_code == 200
    assert look(shown, PLACE, is_staff=False).status_code == 403
    assert kept(shown) == ""


def test_the_place_stays_when_the_app_is_installed_again(shown: World) -> None:
    look(shown, PLACE)
    shown.saleor.uninstall(shown.app)
    shown.saleor.install(f"{shown.url}/api/manifest")
    assert kept(shown) == PLACE


def test_events_lead_to_the_cabinet_or_else_to_the_transfers_page(shown: World) -> None:
    transfer = shown.transfer(open_payment(shown))

    def link() -> str:
        with shown.parts.database.read() as tx:
            found = installations.find(tx, shown.parts.vault, shown.saleor.api_url, APP_ID)
            assert found is not None
            return event_link(tx, found, transfer)

    assert link() == ""
    look(shown, PLACE)
    assert link() == f"{PLACE}/extensions/app/{shown.app.id.replace('=', '%3D')}/transfers/{transfer.reference}"
    shown.choose(cabinet_url="https://cabinet.example/{orderId}")
    assert link() == f"https://cabinet.example/{transfer.reference}"
