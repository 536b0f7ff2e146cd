"""A notification comes before the answer to `init` is written down."""

from concurrent.futures import ThreadPoolExecutor

from saleor_kupikupi.domain.transfer import State
from tests.clock import eventually
from tests.world import RICH, World


def test_a_forged_notification_before_the_answer_moves_nothing(world: World) -> None:
    world.provider.fault("notification_forged", "init", times=1)
    opened = world.pay(world.saleor.create_checkout(total="10", phone=RICH).id)
    assert [each.answer for each in world.provider.transfer(opened.token).notifications] == ["OK"]
    assert opened.data["transferURL"]
    world.work()
    row = world.transfer(opened)
    assert (row.state, bool(row.claimed_at)) == (State.OPEN, True)
    assert world.charged(opened) == "0.00"
    world.paid(opened)
    assert world.charged(opened) == "10.00"


def test_a_buyer_who_is_faster_than_the_answer_to_init_has_paid(world: World) -> None:
    answer = world.provider.fault("held", "init", times=1, after=True)
    checkout = world.saleor.create_checkout(total="10", phone=RICH).id
    with ThreadPoolExecutor(1) as threads:
        paying = threads.submit(world.pay, checkout)
        assert eventually(world.provider.transfers)
        registered = world.provider.transfers()[0]
        world.provider.type_code(f"{world.provider.url}/form/{registered.form_key}", registered.code)
        world.work()
        assert not paying.done()
        answer.release()
        opened = paying.result()
    assert [each.answer for each in registered.notifications] == ["OK"]
    world.work()
    assert world.transfer(opened).state is State.CONFIRMED
    assert world.charged(opened) == "10.00"


def test_a_claimed_payment_of_unknown_outcome_waits_for_the_truth(world: World) -> None:
    world.provider.fault("drop_after", "init", times=1)
    unknown = world.pay(world.saleor.create_checkout(total="10", phone=RICH).id)
    assert world.provider.notify(unknown.token).ok
    assert world.process(unknown).data["status"] == "PENDING"
    row = world.transfer(unknown)
    assert (row.state, row.abandoned_at) == (State.REQUESTED, None)
    world.provider.force(unknown.token, "CONFIRMED")
    world.work()
    assert world.charged(unknown) == "10.00"
    assert world.process(unknown).event.type == "CHARGE_SUCCESS"
