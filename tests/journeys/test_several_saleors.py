"""Several Saleors use one app at once, and nothing of one is seen, moved or believed through another."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import requests
from sqlalchemy import update
from structlog.typing import EventDict

from saleor_kupikupi.store import transfers
from saleor_kupikupi.store.tables import installations
from saleor_kupikupi_sandbox.saleor import Saleor, SigningKey
from tests.journeys.letters import Letter, letters_of, send
from tests.journeys.payments import alerts, claim_of, confirmed_payment, error_of, open_payment
from tests.world import UID, Door, World, install
from tests.world import world as made_world

SIGNATURE = (401, "SIGNATURE_VERIFICATION_FAILED")


@contextmanager
def neighbour_of(world: World, version: str) -> Iterator[World]:
    """Gives a further Saleor that uses the same app, with a connection of its own to the same provider."""
    key = SigningKey()
    saleor = Saleor(version, retry_delays=(0.05,), clock=world.clock.seconds, key=key)
    saleor.start()
    saleor.channel("rub")
    made = World(world.parts, world.settings, world.provider, saleor, world.clock, Door())
    made.key = key
    try:
        install(made)
        yield made
    finally:
        saleor.stop()


@pytest.fixture
def pair(database_url: str) -> Iterator[tuple[World, World]]:
    with (
        made_world(database_url, version="3.21", allowed=("http://127.0.0.1:*/graphql/",)) as one,
        neighbour_of(one, "3.23") as other,
    ):
        yield one, other


def pay(world: World) -> None:
    """Pays one basket of a Saleor, whose own address is notified."""
    world.provider.platform(UID).notification_url = world.notification_url()
    payment = open_payment(world)
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_buyers_of_both_pay_and_each_saleor_books_its_own(pair: tuple[World, World]) -> None:
    for world in (*pair, *pair):
        pay(world)
    assert [len(world.saleor.reports) for world in pair] == [2, 2]
    one, other = (" ".join(call.query for call in world.saleor.graphql_calls) for world in pair)
    assert ("paymentMethodDetails" in one, "paymentMethodDetails" in other) == (False, True)


def test_each_has_its_own_rows(pair: tuple[World, World]) -> None:
    one, other = pair
    payment = open_payment(one)
    assert one.transfer(payment).installation_id == one.connection.installation_id
    with one.parts.database.read() as tx:
        assert transfers.find(tx, other.connection.installation_id, payment.token) is None


def test_a_webhook_signed_by_one_is_not_believed_in_the_name_of_the_other(pair: tuple[World, World]) -> None:
    one, other = pair
    for letter in letters_of(one).values():
        assert error_of(send(one, letter.having(Saleor_Api_Url=other.saleor.api_url))) == SIGNATURE


def test_the_address_of_one_hears_nothing_of_the_others_transfers(pair: tuple[World, World]) -> None:
    one, other = pair
    payment = open_payment(one)
    assert error_of(other.notify(claim_of(payment.token))) == (404, "UNKNOWN_TRANSFER")
    assert one.transfer(payment).claimed_at is None


def test_one_whose_token_cannot_be_opened_does_not_keep_the_others_reports(
    pair: tuple[World, World], log: list[EventDict]
) -> None:
    payments = []
    for world in pair:
        world.provider.platform(UID).notification_url = world.notification_url()
        payments.append(confirmed_payment(world))
    broken, well = pair
    with broken.parts.database.write() as tx:
        sealed = {"token_sealed": broken.parts.vault.seal("of another purpose", "secret")}
        tx.execute(update(installations).where(installations.c.id == broken.connection.installation_id), sealed)
    well.work()
    well.work()
    assert [world.charged(payment) for world, payment in zip(pair, payments, strict=True)] == ["0.00", "1234.50"]
    assert alerts(log) == ["app token cannot be opened"]
    requests.post(
        f"{broken.url}/api/register",
        json={"auth_token": broken.app.token},
        headers={"Saleor-Api-Url": broken.saleor.api_url},
        timeout=10,
    ).raise_for_status()
    broken.work()
    assert broken.charged(payments[0]) == "1234.50"


def test_one_that_is_down_does_not_keep_the_others_reports(pair: tuple[World, World]) -> None:
    one, other = pair
    one.provider.platform(UID).notification_url = one.notification_url()
    first = confirmed_payment(one)
    other.provider.platform(UID).notification_url = other.notification_url()
    second = confirmed_payment(other)
    one.saleor.down(how="500")
    one.work()
    assert (one.charged(first), other.charged(second)) == ("0.00", "1234.50")
    one.saleor.clear()
    one.clock.forward(seconds=6)
    one.work()
    assert one.charged(first) == "1234.50"


def test_a_denial_by_one_suspends_its_own_reports_only(pair: tuple[World, World]) -> None:
    one, other = pair
    one.provider.platform(UID).notification_url = one.notification_url()
    first = confirmed_payment(one)
    one.saleor.deny()
    one.work()
    pay(other)
    assert one.charged(first) == "0.00"
    one.saleor.deny(denied=False)
    one.saleor.uninstall(one.app)
    one.app = one.saleor.install(f"{one.url}/api/manifest")
    one.work()
    assert one.charged(first) == "1234.50"


def test_both_may_know_one_checkout_by_the_same_name(pair: tuple[World, World]) -> None:
    one, other = pair
    payment = open_payment(one)
    headers, body, _, _ = one.saleor.last_webhook("transaction_initialize_session")
    mine = Letter("transaction_initialize_session", headers, body)
    theirs = mine.having(Saleor_Api_Url=other.saleor.api_url).saying(other.key, recipient={"id": other.app.id})
    assert send(other, theirs).json()["result"] == "CHARGE_FAILURE"
    assert other.transfer(payment).state == "REJECTED"
    assert one.transfer(payment).state == "OPEN"
    assert not one.transfer(payment).withdrawn
