"""SECRET_KEY is changed host by host: some processes know the new key and the old, some the old key alone."""

from dataclasses import replace
from typing import Any

import pytest
import requests
from sqlalchemy import select, update
from structlog.typing import EventDict

from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import save_credentials
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.reconcile import reconcile
from saleor_kupikupi.flows.upgrade import take_upgrades
from saleor_kupikupi.store import canary
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.tables import installations
from tests.journeys.letters import letters_of, send
from tests.journeys.payments import alerts, charge_of, confirmed_payment, open_payment, paid_payment
from tests.world import KEY, SECRET, UID, Session, World, remembering

NEW = "the new key of this test world, long enough"


def process(world: World, *keys: str) -> Parts:
    """Makes another process on the same database."""
    memory = remembering(world.parts.limits, world.clock)
    return replace(world.parts, vault=Vault(keys), memory=memory)


def sealed_anew(world: World) -> Parts:
    """Makes a process that knows both keys, and by which the shop's token is sealed with the new one."""
    made = process(world, NEW, KEY)
    with made.database.write() as tx:
        tx.execute(update(installations), {"token_sealed": made.vault.seal(str(world.app.token), "app token")})
    return made


def settled_payment(world: World) -> Session:
    """Makes a payment that Kupi-Kupi has confirmed and Saleor was not told of."""
    payment = confirmed_payment(world)
    world.check(payment)
    return payment


@pytest.fixture
def behind(world: World) -> Parts:
    """A process that knows the old key alone."""
    return process(world, KEY)


@pytest.fixture
def ahead(world: World) -> Parts:
    """A process that knows both, by which the shop's token is sealed with the new key already."""
    return sealed_anew(world)


def row(world: World) -> dict[str, Any]:
    with world.parts.database.read() as tx:
        return dict(tx.execute(select(installations)).mappings().one())


def test_a_report_that_one_process_cannot_send_goes_out_by_the_other(
    world: World, behind: Parts, log: list[EventDict]
) -> None:
    payment = confirmed_payment(world)
    ahead = sealed_anew(world)
    before = row(world)
    assert reconcile(behind) == 1  # the transfer is settled
    assert alerts(log) == ["app token cannot be opened"]
    assert row(world) == before
    reconcile(ahead)
    assert world.charged(payment) == "1234.50"


def test_what_cannot_be_opened_is_tried_again_within_minutes(world: World, behind: Parts) -> None:
    payment = settled_payment(world)
    ahead = sealed_anew(world)
    assert reconcile(behind) == 0
    caught_up = replace(behind, vault=ahead.vault)
    assert reconcile(caught_up) == 0
    world.clock.forward(minutes=5, seconds=1)
    assert reconcile(caught_up)
    assert charge_of(world, payment).state == "delivered"


def test_a_transfer_whose_secret_one_process_cannot_open_is_settled_by_the_other(
    world: World, behind: Parts, log: list[EventDict]
) -> None:
    ahead = process(world, NEW, KEY)
    save_credentials(ahead, world.connection, Environment.TEST, UID, SECRET, world.provider.base_url)
    world.other_process(vault=ahead.vault)
    payment = open_payment(world)
    world.type_code(payment)
    assert reconcile(behind) == 1
    assert reconcile(behind) == 0
    assert alerts(log) == ["secret cannot be opened"]
    reconcile(ahead)
    assert world.charged(payment) == "1234.50"


def test_a_charge_that_one_process_cannot_verify_is_verified_by_the_other(world: World) -> None:
    payment = paid_payment(world)
    ahead, behind = sealed_anew(world), process(world, KEY)
    world.clock.forward(seconds=31)
    asked = len(world.saleor.graphql_calls)
    assert reconcile(behind) == 1
    assert reconcile(behind) == 0
    assert len(world.saleor.graphql_calls) == asked
    assert reconcile(ahead) == 1
    assert len(world.saleor.graphql_calls) > asked
    assert world.charged(payment) == "1234.50"


def test_webhooks_that_one_process_cannot_compare_are_compared_by_the_other(
    world: World, ahead: Parts, behind: Parts
) -> None:
    world.clock.forward(days=1, minutes=1)
    before = row(world)
    assert take_upgrades(behind, 1) == []
    assert row(world) == before
    assert len(take_upgrades(ahead, 1)) == 1


def test_a_webhook_that_cannot_be_answered_for_now_is_to_be_sent_again(world: World) -> None:
    letter = letters_of(world)["transaction_process_session"]
    sealed_anew(world)
    world.other_process(vault=Vault([KEY]))
    assert send(world, letter).status_code == 503


def test_a_process_with_foreign_keys_is_not_ready(world: World) -> None:
    canary.ensure(world.parts.database, world.parts.vault)
    assert requests.get(f"{world.url}/health/ready", timeout=10).status_code == 200
    world.other_process(vault=Vault([NEW]))
    refused = requests.get(f"{world.url}/health/ready", timeout=10)
    assert (refused.status_code, refused.json()["status"]) == (503, "no key in SECRET_KEY opens the database")
