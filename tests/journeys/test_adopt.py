"""Saleor asks about a transaction that the database does not have, as after a restored backup."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.store.tables import timeline, transfers
from tests.clock import eventually
from tests.world import RICH, Session, World
from tests.world import world as made_world


@pytest.fixture
def hasty_world(database_url: str) -> Iterator[World]:
    with made_world(database_url, limits=Limits(webhook=2.0, second_call=1.8)) as made:
        yield made


def lose_rows(world: World) -> None:
    """Brings the database back to where no payment had been made."""
    with world.parts.database.write() as tx:
        tx.execute(delete(timeline))
        tx.execute(delete(transfers))


def rows(world: World) -> int:
    with world.parts.database.read() as tx:
        return tx.execute(select(func.count()).select_from(transfers)).scalar_one()


def forgotten_payment(world: World, **buyer: Any) -> Session:
    opened = world.pay(world.saleor.create_checkout(**{"total": "10", "phone": RICH, **buyer}).id)
    lose_rows(world)
    return opened


def unheard_payment(world: World, **buyer: Any) -> Session:
    """Makes a payment of which neither the provider nor the database knows."""
    world.provider.fault("drop_before", "init", times=1)
    return forgotten_payment(world, **buyer)


def test_a_transfer_that_the_provider_knows_is_taken_over(world: World) -> None:
    opened = forgotten_payment(world)
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_ACTION_REQUIRED", opened.token)
    assert back.data == {**opened.data, "transferURL": None}
    assert world.sent("checkout") == [{"orderId": opened.token, "amount": 1000}]
    assert len(world.provider.calls("init")) == 1
    row = world.transfer(opened)
    assert (row.state, row.amount, row.connection_id) == (State.OPEN, 1000, world.connection.id)
    assert (row.payment_id, row.phone_last4, row.source_key) == (
        opened.data["paymentId"],
        "",
        opened.transaction.checkout_id,
    )
    assert world.story(opened) == ["ADOPTED"]


def test_an_adopted_transfer_is_followed_to_its_end(world: World) -> None:
    opened = forgotten_payment(world)
    world.process(opened)
    world.paid(opened)
    assert world.charged(opened) == "10.00"
    assert world.process(opened).event.type == "CHARGE_SUCCESS"


def test_a_code_is_not_passed_on_for_an_adopted_transfer(world: World) -> None:
    world.choose(accept_code=True)
    opened = forgotten_payment(world)
    world.process(opened)
    back = world.process(opened, {"code": world.provider.transfer(opened.token).code})
    assert back.problems == ["code_not_possible"]
    assert world.provider.calls("confirmation") == []


def test_an_adopted_transfer_that_nobody_confirms_ends_too(world: World) -> None:
    opened = forgotten_payment(world)
    world.process(opened)
    world.clock.forward(minutes=11)
    world.work()
    assert world.transfer(opened).state is State.CANCELED


def test_a_payment_that_went_through_meanwhile_is_a_success(world: World) -> None:
    opened = forgotten_payment(world)
    world.provider.force(opened.token, "CONFIRMED")
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_SUCCESS", opened.token)
    assert world.transfer(opened).state is State.CONFIRMED
    world.work()
    assert world.charged(opened) == "10.00"


@pytest.mark.parametrize(("status", "problem"), [("REJECTED", "rejected"), ("CANCELED", "canceled")])
def test_a_payment_that_failed_meanwhile_is_a_failure(world: World, status: str, problem: str) -> None:
    opened = forgotten_payment(world)
    world.provider.force(opened.token, status)
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference, back.problems) == ("CHARGE_FAILURE", None, [problem])


def test_the_provider_is_believed_even_where_the_phone_has_gone(world: World) -> None:
    opened = world.pay(world.saleor.create_checkout(total="10", phone="").id, {"phone": RICH})
    lose_rows(world)
    world.provider.force(opened.token, "CONFIRMED")
    assert world.process(opened).event.type == "CHARGE_SUCCESS"


def test_a_transfer_that_the_provider_does_not_know_is_begun(world: World) -> None:
    lost = unheard_payment(world)
    back = world.process(lost)
    assert back.data["transferURL"].startswith(world.provider.url)
    assert [call.method for call in world.provider.calls()] == ["init", "checkout", "init"]
    assert {each["orderId"] for each in world.sent("init")} == {lost.token}
    assert world.story(lost) == ["REQUESTED", "OPEN"]
    world.paid(lost)
    assert world.charged(lost) == "10.00"


def test_what_cannot_be_paid_is_refused_as_an_initialize_would(world: World) -> None:
    lost = unheard_payment(world)
    world.unmap()
    back = world.process(lost)
    assert (back.event.type, back.problems) == ("CHARGE_FAILURE", ["not_configured"])
    assert world.provider.calls("checkout") == []


def test_a_buyer_without_a_phone_is_refused_once_the_provider_knows_nothing(world: World) -> None:
    opened = world.pay(world.saleor.create_checkout(total="10", phone="").id, {"phone": RICH})
    lose_rows(world)
    world.provider.fault("unknown_order", "checkout")
    back = world.process(opened)
    assert (back.event.type, back.problems) == ("CHARGE_FAILURE", ["phone_missing"])
    assert len(world.provider.calls("init")) == 1


@pytest.mark.parametrize("fault", ["drop_before", "error_500", "html", "wrong_order"])
def test_nothing_is_begun_while_the_provider_has_no_good_answer(world: World, fault: str) -> None:
    opened = forgotten_payment(world)
    world.provider.fault(fault, "checkout", times=1)
    back = world.process(opened)
    assert back.event.type == "CHARGE_ACTION_REQUIRED"
    assert (back.data["status"], back.data["transferURL"], back.data["orderId"]) == ("PENDING", None, opened.token)
    assert len(world.provider.calls("init")) == 1
    assert rows(world) == 0
    assert world.process(opened).data["paymentId"] == opened.data["paymentId"]


def test_nothing_is_begun_with_too_little_time_left(hasty_world: World) -> None:
    lost = unheard_payment(hasty_world)
    hasty_world.provider.fault("latency", "checkout", times=1, seconds=0.3)
    assert hasty_world.process(lost).data["status"] == "PENDING"
    assert len(hasty_world.provider.calls("init")) == 1
    assert hasty_world.process(lost).data["transferURL"]


def test_two_that_adopt_at_once_make_one_row(world: World) -> None:
    opened = forgotten_payment(world)
    thinking = world.provider.fault("held", "checkout")
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(world.process, opened) for _ in range(2)]
        assert eventually(lambda: len(world.provider.calls("checkout")) == 2)
        thinking.release()
        assert {each.result().data["paymentId"] for each in waiting} == {opened.data["paymentId"]}
    assert rows(world) == 1
    assert world.story(opened).count("ADOPTED") == 1


def test_two_that_begin_at_once_send_one_init(world: World) -> None:
    lost = unheard_payment(world)
    thinking = world.provider.fault("held", "checkout")
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(world.process, lost) for _ in range(2)]
        assert eventually(lambda: len(world.provider.calls("checkout")) == 2)
        thinking.release()
        forms = {each.result().data["transferURL"] for each in waiting}
    assert forms == {world.form(lost)}
    assert len(world.provider.calls("init")) == 2
    assert rows(world) == 1
