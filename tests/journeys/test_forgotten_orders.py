"""Saleor 3.21 forgets to complete some paid checkouts; the app places their orders where the merchant wants it."""

from collections.abc import Iterator

import pytest

from saleor_kupikupi.domain.holdings import Holdings
from saleor_kupikupi.flows.place_order import place_forgotten_order
from saleor_kupikupi.store import installations
from saleor_kupikupi.store.verifications import Verification
from tests.journeys.test_verification import told_payment, wait
from tests.world import RICH, Session, World
from tests.world import world as made_world


def orders(world: World, payment: Session) -> list[str]:
    return [
        order.charge_status for order in world.saleor.orders if order.checkout_id == payment.transaction.checkout_id
    ]


def test_a_paid_checkout_that_an_old_saleor_forgot_becomes_an_order(each_world: World) -> None:
    payment = told_payment(each_world)
    wait(each_world, seconds=3)
    assert orders(each_world, payment) == []
    wait(each_world, seconds=30)
    forgets = each_world.saleor.version == "3.21"
    assert orders(each_world, payment) == (["FULL"] if forgets else [])
    assert ("ORDER_PLACED" in each_world.story(payment)) is forgets
    wait(each_world, minutes=5)
    assert (each_world.transfer(payment).order_number is not None) is forgets


@pytest.fixture
def old_world(database_url: str) -> Iterator[World]:
    with made_world(database_url, version="3.21") as made:
        yield made


def test_no_order_is_placed_where_the_merchant_does_not_want_it(old_world: World) -> None:
    old_world.choose(place_orders=False)
    payment = told_payment(old_world)
    wait(old_world, minutes=1)
    assert orders(old_world, payment) == []


def test_no_order_is_placed_of_a_checkout_that_is_paid_in_part(old_world: World) -> None:
    checkout = old_world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = old_world.pay(checkout.id, amount="500")
    old_world.paid(payment)
    wait(old_world, minutes=1)
    assert orders(old_world, payment) == []


def test_an_order_that_saleor_refuses_to_place_is_tried_again_later(old_world: World) -> None:
    checkout = old_world.saleor.create_checkout(total="1234.50", phone=RICH, email="")
    payment = old_world.pay(checkout.id)
    old_world.paid(payment)
    wait(old_world, minutes=1)
    assert orders(old_world, payment) == []
    assert "ORDER_PLACED" not in old_world.story(payment)


def test_an_order_of_its_own_is_left_alone(old_world: World) -> None:
    payment = old_world.pay(old_world.saleor.create_order(total="1234.50", phone=RICH).id)
    old_world.paid(payment)
    wait(old_world, minutes=1)
    assert "ORDER_PLACED" not in old_world.story(payment)


def test_a_saleor_that_goes_away_meanwhile_is_asked_to_place_the_order_again(old_world: World) -> None:
    payment = told_payment(old_world)
    wait(old_world, seconds=3)
    old_world.clock.forward(seconds=30)
    with old_world.parts.database.read() as tx:
        installation = installations.by_id(tx, old_world.parts.vault, old_world.connection.installation_id)
    assert installation is not None
    transfer = old_world.transfer(payment)
    paid = Holdings(charged=1, refunded=0, refund_pending=0, events=frozenset(), charge_status="FULL")
    told = Verification(transfer_id=transfer.id, told_at=transfer.created_at)
    old_world.saleor.down()
    place_forgotten_order(old_world.parts, installation, transfer, told, paid, old_world.parts.deadline(2))
    assert "ORDER_PLACED" not in old_world.story(payment)
    old_world.saleor.clear()
    old_world.work()
    assert orders(old_world, payment) == ["FULL"]
