import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace

import pytest

from saleor_kupikupi.domain.connection import Credentials
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import HeldBack
from saleor_kupikupi.kupikupi.client import Balance, Declined, KupikupiClient
from saleor_kupikupi.outbound import Outbound
from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from tests.clock import eventually
from tests.kupikupi.makings import PHONE, SECRET, UID, credentials

PLACES = 2
PLENTY = Balance(10_000_000)


@pytest.fixture
def provider() -> Iterator[Kupikupi]:
    with running() as made:
        yield made


@pytest.fixture
def client() -> Iterator[KupikupiClient]:
    outbound = Outbound("kupikupi")
    yield KupikupiClient(outbound, PLACES)
    outbound.close()


@contextmanager
def running() -> Iterator[Kupikupi]:
    made = Kupikupi([Platform(UID, SECRET, "test")], balances={PHONE: 100_000})
    made.start()
    yield made
    made.stop()


def ask(client: KupikupiClient, whom: Credentials) -> Balance | Declined:
    return client.balance(whom, PHONE, Deadline.after(10, time.monotonic))


def test_a_host_that_hangs_takes_its_places_and_no_more(client: KupikupiClient, provider: Kupikupi) -> None:
    ours = credentials(provider.base_url)
    thinking = provider.fault("held", "balance", PLACES)
    with ThreadPoolExecutor(PLACES) as threads:
        waiting = [threads.submit(ask, client, ours) for _ in range(PLACES)]
        assert eventually(lambda: len(provider.calls("balance")) == PLACES)
        for _ in range(5):
            with pytest.raises(HeldBack, match="2 calls to it are under way"):
                ask(client, ours)
        assert len(provider.calls("balance")) == PLACES
        thinking.release()
        assert [each.result() for each in waiting] == [PLENTY] * PLACES
    assert ask(client, ours) == PLENTY


def test_other_hosts_have_places_of_their_own(client: KupikupiClient, provider: Kupikupi) -> None:
    with ExitStack() as stack:
        other = stack.enter_context(running())
        thinking = provider.fault("held", "balance", PLACES)
        threads = stack.enter_context(ThreadPoolExecutor(PLACES))
        stack.callback(thinking.release)
        for _ in range(PLACES):
            threads.submit(ask, client, credentials(provider.base_url))
        assert eventually(lambda: len(provider.calls("balance")) == PLACES)
        assert ask(client, credentials(other.base_url)) == PLENTY


def test_a_call_that_fails_gives_its_place_back(client: KupikupiClient, provider: Kupikupi) -> None:
    nobody = replace(credentials(provider.base_url), base_url="http://127.0.0.1:9/")
    for _ in range(PLACES + 1):
        with pytest.raises(Exception, match="refused") as caught:
            ask(client, nobody)
        assert not isinstance(caught.value, HeldBack)


def test_a_rush_on_a_host_that_answers_waits_for_places_and_gets_them(
    client: KupikupiClient, provider: Kupikupi
) -> None:
    provider.fault("latency", "balance", seconds=0.02)
    ours = credentials(provider.base_url)
    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(lambda _: ask(client, ours), range(12)))
    assert answers == [PLENTY] * 12
