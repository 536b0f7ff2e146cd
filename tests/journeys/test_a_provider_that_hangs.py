"""Half of a process's threads wait for a provider that hangs; what comes on top of them is refused at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.kupikupi.client import KupikupiClient
from saleor_kupikupi.outbound import Outbound
from saleor_kupikupi.store import health
from tests.clock import eventually
from tests.world import RICH, World


@pytest.fixture
def narrow(world: World) -> Iterator[World]:
    """Is a world whose app makes one call to the provider at a time."""
    outbound = Outbound("kupikupi")
    world.other_process(kupikupi=KupikupiClient(outbound, 1))
    yield world
    outbound.close()


@contextmanager
def hanging(world: World) -> Iterator[None]:
    """Lets one buyer wait for the provider."""
    thinking = world.provider.fault("held", "init", times=1)
    before = len(world.provider.calls("init"))
    with ThreadPoolExecutor(1) as storefront:
        waiting = storefront.submit(world.pay, world.saleor.create_checkout(total="10", phone=RICH).id)
        assert eventually(lambda: len(world.provider.calls("init")) > before)
        yield
        assert not waiting.done()
        thinking.release()
        assert waiting.result().event.type == "CHARGE_ACTION_REQUIRED"


def test_a_further_payment_is_refused_and_may_be_begun_anew(narrow: World) -> None:
    checkout = narrow.saleor.create_checkout(total="10", phone=RICH)
    with hanging(narrow):
        refused = narrow.pay(checkout.id)
        assert (refused.event.type, refused.problems) == ("CHARGE_FAILURE", ["provider_unavailable"])
        assert len(narrow.provider.calls("init")) == 1
    narrow.paid(narrow.pay(checkout.id))


def test_a_buyer_who_returns_is_asked_to_wait_and_loses_nothing(narrow: World) -> None:
    opened = narrow.pay(narrow.saleor.create_checkout(total="10", phone=RICH).id)
    narrow.clock.forward(seconds=10)
    with hanging(narrow):
        back = narrow.process(opened)
        assert (back.event.type, back.data) == ("CHARGE_ACTION_REQUIRED", opened.data)
        assert narrow.transfer(opened).state is State.OPEN
        assert not narrow.provider.calls("checkout")
    narrow.paid(opened)


def test_that_it_was_not_asked_is_not_held_against_the_provider(narrow: World) -> None:
    opened = narrow.pay(narrow.saleor.create_checkout(total="10", phone=RICH).id)
    narrow.clock.forward(seconds=10)
    with hanging(narrow):
        narrow.process(opened)
    assert not narrow.parts.memory.health.take()
    with narrow.parts.database.read() as tx:
        assert not health.of(tx, narrow.connection.installation_id)


def test_a_notification_is_acknowledged_meanwhile(narrow: World) -> None:
    opened = narrow.pay(narrow.saleor.create_checkout(total="10", phone=RICH).id)
    with hanging(narrow):
        narrow.type_code(opened)
        assert eventually(lambda: narrow.transfer(opened).claimed_at is not None)
    narrow.work()
    assert narrow.charged(opened) == "10.00"
