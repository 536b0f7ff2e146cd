"""A browser, the stand-in Dashboard of the test's world, and a merchant's screen on it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from saleor_kupikupi_sandbox.dashboard import Dashboard
from tests.browser.chromium import chromium
from tests.browser.screen import LOOKS, PATIENCE, Look, Screen
from tests.browser.screen import screen as opened_screen
from tests.world import World


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE)
    with chromium() as started:
        yield started


@pytest.fixture
def dashboard(world: World) -> Iterator[Dashboard]:
    """The world's Dashboard; the app may be framed by it."""
    made = Dashboard(world.saleor)
    made.start()
    world.show_in(made.url)
    yield made
    made.stop()


@pytest.fixture
def screen(browser: Browser, dashboard: Dashboard, world: World) -> Iterator[Screen]:
    """A desktop in English, light."""
    with opened_screen(browser, dashboard, world.app, Look()) as made:
        yield made


@pytest.fixture(params=LOOKS, ids=str)
def each_screen(
    browser: Browser, dashboard: Dashboard, world: World, request: pytest.FixtureRequest
) -> Iterator[Screen]:
    """A desktop, light and in English, and a phone, dark and in Russian."""
    with opened_screen(browser, dashboard, world.app, request.param) as made:
        yield made
