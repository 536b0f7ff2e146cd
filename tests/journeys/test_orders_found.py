"""The order that a paid checkout became is found, and a checkout that became none is noticed."""

from collections.abc import Iterator

import pytest
from structlog.typing import EventDict

from saleor_kupikupi.flows.look_after import look_after
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.store import orders
from tests.journeys.payments import open_payment, paid_payment
from tests.journeys.rounds import look_again, questions
from tests.world import RICH, Session, World
from tests.world import world as made_world


def order_of(world: World, payment: Session) -> tuple[str | None, str | None]:
    row = world.transfer(payment)
    return row.order_id, row.order_number


def lacking(world: World) -> list[tuple[str, int]]:
    with world.parts.database.read() as tx:
        return orders.lacking(tx, world.connection.installation_id, world.clock.now())


def test_the_order_of_a_paid_checkout_is_found_within_minutes_and_asked_for_no_more(each_world: World) -> None:
    world = each_world
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.paid(payment)
    order = world.saleor.checkout_complete(checkout.id)
    look_again(world, minutes=2)
    assert order_of(world, payment) == (order.id, order.number)

    for _ in range(3):
        look_again(world, hours=8)
    assert questions(world, "Placement") == 1
    assert lacking(world) == []


def test_a_paid_order_has_its_number_too(world: World) -> None:
    order = world.saleor.create_order(total="1234.50", phone=RICH)
    payment = world.pay(order.id)
    world.paid(payment)
    look_again(world, minutes=2)
    assert order_of(world, payment) == (order.id, order.number)


def test_a_checkout_that_becomes_no_order_is_asked_about_five_times_in_a_day(world: World) -> None:
    payment = paid_payment(world)
    for minutes in (2, 5, 5, 30, 30, 240, 100, 800, 400, 1440, 1440):
        look_again(world, minutes=minutes)
    assert questions(world, "Placement") == 5
    assert order_of(world, payment) == (None, None)


def test_an_unpaid_checkout_is_not_asked_about(world: World) -> None:
    open_payment(world)
    look_again(world, minutes=5)
    assert questions(world, "Placement") == 0


def test_paid_checkouts_without_an_order_are_counted_by_channel_after_an_hour(world: World) -> None:
    world.saleor.channel("second")
    for channel in ("rub", "rub", "second"):
        world.paid(world.pay(world.saleor.create_checkout(channel, total="10", phone=RICH).id))
    look_again(world, minutes=50)
    assert lacking(world) == []
    look_again(world, minutes=20)
    assert lacking(world) == [("rub", 2), ("second", 1)]
    world.clock.forward(days=8)
    assert lacking(world) == []


def test_a_saleor_that_is_away_is_asked_again_in_the_next_round(world: World, log: list[EventDict]) -> None:
    payment = paid_payment(world)
    world.saleor.checkout_complete(world.transfer(payment).source_id)
    world.saleor.down()
    look_again(world, minutes=2)
    assert "order not asked for" in [each["event"] for each in log]
    world.saleor.clear()
    look_again(world)
    assert order_of(world, payment)[1]


def test_what_was_paid_is_looked_at_again_while_saleor_does_not_know_of_it(world: World) -> None:
    """Whether something was paid twice can only be told once Saleor knows of both."""
    order = world.saleor.create_order(total="1234.50", phone=RICH)
    payment = world.pay(order.id)
    world.type_code(payment)
    world.check(payment)
    world.clock.forward(minutes=2)
    look_after(world.parts)
    assert order_of(world, payment) == (order.id, order.number)

    look_again(world, minutes=10)
    look_again(world, minutes=60)
    assert questions(world, "Placement") == 2


@pytest.fixture
def hurried(database_url: str) -> Iterator[World]:
    with made_world(database_url, limits=Limits(orders=0.0)) as made:
        yield made


def test_what_there_was_no_time_for_is_done_in_a_later_round(hurried: World) -> None:
    payment = paid_payment(hurried)
    look_again(hurried, minutes=2)
    assert questions(hurried, "Placement") == 0
    assert order_of(hurried, payment) == (None, None)
