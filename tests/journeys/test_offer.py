"""Whether points are offered for a basket, and what the provider is asked before anything is begun."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from saleor_kupikupi.domain.connection import BalanceCheck
from saleor_kupikupi.flows.parts import Limits
from tests.world import APP_ID, RICH, RICH_DIGITS, World
from tests.world import world as made_world

ASK = {"checkBalance": True}
CUSTOMER = "customer@example.com"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """One that waits for a balance longer than a storefront should, for a machine may be busy."""
    with made_world(database_url, limits=Limits(balance=12.0)) as made:
        yield made


@pytest.fixture
def small_world(database_url: str) -> Iterator[World]:
    with made_world(database_url, limits=Limits(balance=0.2)) as made:
        yield made


def customers_checkout(world: World, total: str = "500", **more: Any) -> str:
    return world.saleor.create_checkout(total=total, phone=RICH, user=CUSTOMER, **more).id


def test_points_are_offered_without_asking_anybody(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH, user=CUSTOMER)
    assert world.offer(checkout.id) == {
        "available": True,
        "reason": None,
        "message": "",
        "label": "Оплатить баллами Купи-Купи",
        "environment": "test",
        "pointsSufficient": None,
    }
    assert world.provider.calls() == []


def test_an_order_is_offered_points_too(world: World) -> None:
    order = world.saleor.create_order(total="500", phone=RICH, user=CUSTOMER)
    assert world.offer(order.id, ASK)["pointsSufficient"] is True


def test_points_are_not_offered_in_dollars(world: World) -> None:
    world.saleor.channel("usd", currency="USD")
    checkout = world.saleor.create_checkout("usd", total="10", phone=RICH)
    offered = world.offer(checkout.id)
    assert (offered["available"], offered["reason"], offered["environment"]) == (False, "currency", None)


@pytest.mark.parametrize("amount", ["0", "0.001", "100000000"])
def test_points_are_not_offered_for_an_impossible_amount(world: World, amount: str) -> None:
    checkout = world.saleor.create_checkout(phone=RICH)
    offered = world.offer(checkout.id, amount=amount)
    assert (offered["available"], offered["reason"]) == (False, "amount")


def test_points_are_not_offered_where_no_connection_is_mapped(world: World) -> None:
    world.unmap()
    offered = world.offer(world.saleor.create_checkout(phone=RICH).id)
    assert (offered["available"], offered["reason"], offered["environment"]) == (False, "not_configured", None)


@pytest.mark.parametrize("phone", ["", "+375291234567", "+77012345678", "+74951234567"])
def test_points_are_not_offered_without_a_phone_that_can_have_points(world: World, phone: str) -> None:
    offered = world.offer(world.saleor.create_checkout(phone=phone).id)
    assert (offered["available"], offered["reason"], offered["environment"]) == (False, "phone_missing", "test")


@pytest.mark.parametrize(("language", "beginning"), [("RU", "Укажите"), ("EN", "Enter"), ("DE", "Enter")])
def test_the_shopper_reads_the_reason_in_the_language_of_the_checkout(
    world: World, language: str, beginning: str
) -> None:
    offered = world.offer(world.saleor.create_checkout(phone="", language=language).id)
    assert offered["message"].startswith(beginning)


@pytest.mark.parametrize(("balance", "suffices"), [("499.99", False), ("500", True), ("500.01", True)])
def test_the_balance_is_compared_with_the_total_when_the_storefront_asks(
    world: World, balance: str, suffices: bool
) -> None:
    world.provider.set_balance(RICH_DIGITS, balance)
    offered = world.offer(customers_checkout(world), ASK)
    assert (offered["available"], offered["pointsSufficient"]) == (suffices, suffices)
    assert offered["reason"] == (None if suffices else "insufficient_points")
    assert world.sent("balance") == [{"phone": int(RICH_DIGITS)}]
    assert "points" not in offered


@pytest.mark.parametrize("data", [None, [], "checkBalance", {"checkBalance": False}, {"checkBalance": "true"}])
def test_the_provider_is_not_asked_unless_the_storefront_asks(world: World, data: object) -> None:
    assert world.offer(customers_checkout(world), data)["pointsSufficient"] is None
    assert world.provider.calls() == []


def test_the_amount_that_a_storefront_names_is_not_what_the_balance_is_compared_with(world: World) -> None:
    world.provider.set_balance(RICH_DIGITS, 400)
    assert world.offer(customers_checkout(world), ASK, amount="1")["pointsSufficient"] is False
    assert world.offer(customers_checkout(world, "300"), ASK, amount="90000")["pointsSufficient"] is True


def test_only_the_billing_phone_of_the_checkout_is_asked_about(world: World) -> None:
    other = "+79167654321"
    world.provider.set_balance(other[1:], 0)
    checkout = customers_checkout(world, shipping_phone=other)
    assert world.offer(checkout, {**ASK, "phone": other})["pointsSufficient"] is True
    no_billing = world.saleor.create_checkout(total="500", phone="", shipping_phone=RICH, user=CUSTOMER).id
    offered = world.offer(no_billing, ASK)
    assert (offered["available"], offered["pointsSufficient"]) == (True, None)
    assert world.sent("balance") == [{"phone": int(RICH_DIGITS)}]


def test_a_balance_is_remembered_for_half_a_minute(world: World) -> None:
    checkout = customers_checkout(world)
    world.offer(checkout, ASK)
    world.clock.forward(seconds=25)
    world.offer(checkout, ASK)
    assert len(world.provider.calls("balance")) == 1
    world.clock.forward(seconds=10)
    world.provider.set_balance(RICH_DIGITS, 1)
    assert world.offer(checkout, ASK)["pointsSufficient"] is False
    assert len(world.provider.calls("balance")) == 2


def test_nobody_finds_a_balance_by_trying_many_totals(world: World) -> None:
    checkout = customers_checkout(world, "100")
    for total in ("100", "200", "300", "400", "500"):
        world.saleor.change_total(checkout, total)
        assert world.offer(checkout, ASK)["pointsSufficient"] is True
    world.saleor.change_total(checkout, "600")
    world.other_process()
    offered = world.offer(checkout, ASK)
    assert (offered["available"], offered["pointsSufficient"]) == (True, None)
    world.saleor.change_total(checkout, "300")
    assert world.offer(checkout, ASK)["pointsSufficient"] is True
    world.clock.forward(minutes=61)
    world.saleor.change_total(checkout, "600")
    assert world.offer(checkout, ASK)["pointsSufficient"] is True


def test_the_totals_of_one_phone_are_counted_over_all_its_checkouts(world: World) -> None:
    answers = [world.offer(customers_checkout(world, str(total)), ASK) for total in range(100, 106)]
    assert [answer["pointsSufficient"] for answer in answers] == [True] * 5 + [None]


@pytest.mark.parametrize("fault", ["drop_before", "error_500", "html", "refuse"])
def test_points_are_offered_all_the_same_when_the_balance_cannot_be_had(world: World, fault: str) -> None:
    world.provider.fault(fault, "balance")
    offered = world.offer(customers_checkout(world), ASK)
    assert (offered["available"], offered["reason"], offered["pointsSufficient"]) == (True, None, None)


def test_a_storefront_does_not_wait_for_a_slow_balance(small_world: World) -> None:
    small_world.provider.fault("latency", "balance", seconds=5)
    began = time.monotonic()
    offered = small_world.offer(customers_checkout(small_world), ASK)
    assert time.monotonic() - began < 2
    assert (offered["available"], offered["pointsSufficient"]) == (True, None)


@pytest.mark.parametrize(
    ("setting", "user", "known"),
    [
        (BalanceCheck.CUSTOMERS, CUSTOMER, True),
        (BalanceCheck.CUSTOMERS, None, None),
        (BalanceCheck.EVERYONE, None, True),
        (BalanceCheck.OFF, CUSTOMER, None),
    ],
)
def test_the_connection_says_for_whom_the_balance_is_asked(
    world: World, setting: BalanceCheck, user: str | None, known: bool | None
) -> None:
    world.choose(balance_check=setting)
    checkout = world.saleor.create_checkout(total="500", phone=RICH, user=user)
    assert world.offer(checkout.id, ASK)["pointsSufficient"] is known
    assert len(world.provider.calls("balance")) == (1 if known else 0)


def test_the_number_is_shown_where_the_merchant_wants_it(world: World) -> None:
    world.choose(show_balance=True)
    world.provider.set_balance(RICH_DIGITS, "700.50")
    assert world.offer(customers_checkout(world), ASK)["points"] == "700.50"
    assert "points" not in world.offer(customers_checkout(world))


def test_an_offer_begins_nothing(world: World) -> None:
    checkout = customers_checkout(world)
    entry = world.saleor.gateway_initialize(checkout, APP_ID, data=ASK)
    assert entry["errors"] == []
    assert world.saleor.transactions(checkout) == []
    assert world.provider.transfers() == []
    assert world.work() == 0
