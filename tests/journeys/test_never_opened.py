"""A transfer that the provider never came to know is closed after a day, and still gets no `OK`."""

from saleor_kupikupi.domain.transfer import State
from tests.world import RICH, Session, World


def pay(world: World) -> Session:
    """Opens a payment whose `init` never arrives."""
    world.provider.fault("drop_before", "init", times=1)
    return world.pay(world.saleor.create_checkout(total="10", phone=RICH).id)


def test_a_transfer_that_never_came_to_be_is_closed_after_a_day(world: World) -> None:
    unknown = pay(world)
    world.clock.forward(hours=23, minutes=50)
    world.work()
    assert not world.transfer(unknown).decided
    world.clock.forward(minutes=20)
    world.work()
    row = world.transfer(unknown)
    assert (row.state, bool(row.never_opened_at)) == (State.REQUESTED, True)
    assert "NEVER_OPENED" in world.story(unknown)
    booked = world.saleor.transaction(unknown.token).events[-1]
    assert (booked.type, booked.psp_reference) == ("CHARGE_FAILURE", f"{unknown.token}:never-opened")
    assert world.charged(unknown) == "0.00"


def test_a_transfer_that_never_came_to_be_gets_no_ok(world: World) -> None:
    unknown = pay(world)
    world.clock.forward(hours=25)
    world.work()
    assert world.provider.notify(unknown.token).status == 409
    assert not world.transfer(unknown).claimed_at


def test_a_transfer_that_never_came_to_be_is_to_be_started_again(world: World) -> None:
    unknown = pay(world)
    world.clock.forward(hours=25)
    world.saleor.down()
    world.work()
    back = world.process(unknown)
    assert (back.event.type, back.event.psp_reference, back.problems) == ("CHARGE_FAILURE", None, ["start_again"])
    assert len(world.provider.calls("init")) == 1


def test_the_day_counts_from_the_last_init(world: World) -> None:
    unknown = pay(world)
    world.provider.fault("drop_before", "init", times=1)
    world.clock.forward(hours=20)
    world.process(unknown)
    world.clock.forward(hours=10)
    world.work()
    assert not world.transfer(unknown).decided
    world.clock.forward(hours=15)
    world.work()
    assert world.transfer(unknown).never_opened_at


def test_a_claimed_transfer_is_never_closed_as_never_opened(world: World) -> None:
    unknown = pay(world)
    assert world.provider.notify(unknown.token).ok
    world.clock.forward(hours=30)
    world.work()
    assert not world.transfer(unknown).decided
    assert world.process(unknown).data["status"] == "PENDING"
    assert len(world.provider.calls("init")) == 1
