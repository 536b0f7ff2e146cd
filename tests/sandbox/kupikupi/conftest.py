"""Each test gets a provider, a shop that it notifies, and a clock that stands still."""

from collections.abc import Iterator
from typing import Any

import pytest

from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from saleor_kupikupi_sandbox.serving import serve
from tests.sandbox.kupikupi.stage import BUYER, FAIL, SECRET, SUCCESS, UID, Clock, Make, Shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    shop.served = serve(shop.app())
    yield shop
    shop.served.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(shop: Shop, clock: Clock) -> Iterator[Make]:
    made: list[Kupikupi] = []

    def _make(**settings: Any) -> Kupikupi:
        environment = settings.pop("environment", "test")
        platform = Platform(UID, SECRET, environment, SUCCESS, FAIL, shop.url)
        settings = {"notification_delays": (0.0,), "clock": clock, **settings}
        provider = Kupikupi([platform], {str(BUYER): 1_000}, **settings)
        made.append(provider)
        provider.start()
        return provider

    yield _make
    for provider in made:
        provider.stop()


@pytest.fixture
def provider(make: Make) -> Kupikupi:
    return make()
