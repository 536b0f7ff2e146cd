"""Saleor undoes what was written while it worked on a transaction; what was paid ends charged all the same."""

from concurrent.futures import ThreadPoolExecutor

from tests.clock import eventually
from tests.journeys.payments import confirmed_payment, paid_payment
from tests.world import World

HOURS_OF_LOOKING = (2 / 3600, 30 / 3600, 0.1, 1, 2)  # later and later; whoever looks after charges has looked by then


def let_time_pass(world: World) -> None:
    """Lets hours pass, and does what is due in them."""
    for hours in HOURS_OF_LOOKING:
        world.clock.forward(hours=hours)
        world.work()


def test_a_report_beside_the_buyers_return_ends_charged(each_world: World) -> None:
    world, saleor = each_world, each_world.saleor
    payment = confirmed_payment(world)
    with ThreadPoolExecutor(2) as pool:
        # The buyer's return is answered, and its sums are about to be written. Whatever the app does to the transaction
        # beside it has read them before, and writes them after.
        with saleor.writer.hold("transactionUpdate") as updating:
            with saleor.writer.hold("session answer") as returning:
                back = pool.submit(world.process, payment)
                assert returning.wait(5)
                work = pool.submit(world.work)
                assert eventually(lambda: updating.is_set() or work.done())
            assert back.result().event.type == "CHARGE_SUCCESS"
        work.result()

    assert world.charged(payment) == "1234.50"
    assert saleor.checkout(payment.transaction.checkout_id or "").charge_status == "FULL"
    let_time_pass(world)
    assert world.charged(payment) == "1234.50"


def test_a_charge_that_was_undone_is_charged_again_before_an_order(each_world: World) -> None:
    payment = paid_payment(each_world)
    checkout_id = payment.transaction.checkout_id or ""
    each_world.saleor.lose_charge(payment.token)
    assert each_world.saleor.checkout(checkout_id).charge_status == "NONE"
    let_time_pass(each_world)
    assert each_world.charged(payment) == "1234.50"
    assert each_world.saleor.checkout_complete(checkout_id).charge_status == "FULL"


def test_a_charge_that_was_undone_is_charged_again_in_its_order(each_world: World) -> None:
    payment = paid_payment(each_world)
    order = each_world.saleor.checkout_complete(payment.transaction.checkout_id or "")
    each_world.saleor.lose_charge(payment.token)
    assert each_world.saleor.order(order.id).charge_status == "NONE"
    let_time_pass(each_world)
    assert each_world.saleor.order(order.id).charge_status == "FULL"
    kinds = [event.type for event in each_world.saleor.transaction(payment.token).events]
    assert kinds.count("CHARGE_SUCCESS") == 1
