"""A payment is opened more than once: the same transaction again, and several transactions for one basket."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import pytest

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.flows.start import wait_for_twin
from saleor_kupikupi_sandbox.kupikupi import Fault
from tests.clock import eventually
from tests.world import RICH, Session, World
from tests.world import world as made_world

KEY = "one-key"


@pytest.fixture
def hasty_world(database_url: str) -> Iterator[World]:
    with made_world(database_url, limits=Limits(twin_wait=0.3)) as made:
        yield made


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def basket(world: World, total: str = "10") -> str:
    return world.saleor.create_checkout(total=total, phone=RICH).id


@dataclass
class UnderWay:
    """A payment that is being opened: the provider thinks about it until somebody wants the result."""

    paying: Future[Session]
    thinking: Fault

    def result(self) -> Session:
        assert not self.paying.done()
        self.thinking.release()
        return self.paying.result()


def under_way(world: World, threads: ThreadPoolExecutor, source_id: str, **more: str) -> UnderWay:
    """Opens a payment on a thread and returns while the provider is still thinking about it."""
    before = len(world.provider.calls("init"))
    thinking = world.provider.fault("held", "init", times=1)
    paying = threads.submit(world.pay, source_id, **more)
    assert eventually(lambda: len(world.provider.calls("init")) > before)
    return UnderWay(paying, thinking)


# the same transaction again


def test_a_twin_sees_the_form_of_a_first_request_that_ends_just_while_it_looks(
    world: World, threads: ThreadPoolExecutor
) -> None:
    first = under_way(world, threads, basket(world))
    reference = Reference(str(world.provider.calls("init")[-1].body["orderId"]))
    ended: list[Session] = []

    def now() -> datetime:
        if not ended:
            ended.append(first.result())
        return world.clock.now()

    parts, deadline = replace(world.parts, now=now), world.parts.deadline(12)
    seen = wait_for_twin(parts, world.connection.installation_id, reference, deadline)
    assert (seen.state, seen.transfer_url) == (State.OPEN, ended[0].data["transferURL"])


def test_the_same_transaction_again_gets_the_same_form(world: World) -> None:
    checkout = basket(world)
    first = world.pay(checkout, idempotency_key=KEY)
    again = world.pay(checkout, idempotency_key=KEY)
    assert again.token == first.token
    assert (again.event.type, again.data) == (first.event.type, first.data)
    assert len(world.provider.calls("init")) == 1


def test_a_stored_failure_is_given_again_and_a_new_key_starts_anew(world: World) -> None:
    checkout = basket(world)
    world.provider.fault("refuse", "init", times=1, message="Нет")
    first = world.pay(checkout, idempotency_key=KEY)
    again = world.pay(checkout, idempotency_key=KEY)
    assert again.event.type == "CHARGE_FAILURE"
    assert again.data == first.data
    assert len(world.provider.calls("init")) == 1
    assert world.pay(checkout, idempotency_key="another").data["transferURL"]
    assert len(world.provider.calls("init")) == 2


def test_a_refusal_without_a_call_is_stored_too(world: World) -> None:
    checkout = basket(world)
    first = world.pay(checkout, {"phone": "nonsense"}, idempotency_key=KEY)
    assert first.problems == ["phone_invalid"]
    assert world.pay(checkout, {"phone": RICH}, idempotency_key=KEY).problems == ["phone_invalid"]
    assert world.provider.calls() == []


def test_the_same_transaction_again_after_it_was_paid_is_a_success(world: World) -> None:
    checkout = basket(world)
    first = world.pay(checkout, idempotency_key=KEY, amount="10")
    world.paid(first)
    again = world.pay(checkout, idempotency_key=KEY, amount="10")
    assert (again.event.type, again.event.psp_reference) == ("CHARGE_SUCCESS", first.token)
    assert world.charged(first) == "10.00"
    assert len(world.provider.calls("init")) == 1


def test_twins_wait_for_the_one_that_came_first(world: World, threads: ThreadPoolExecutor) -> None:
    world.provider.fault("latency", "init", seconds=0.3)
    checkout = basket(world)
    answers = list(threads.map(lambda _: world.pay(checkout, idempotency_key=KEY), range(4)))
    assert len(world.provider.calls("init")) == 1
    assert {answer.token for answer in answers} == {answers[0].token}
    assert [answer.data["transferURL"] for answer in answers] == [answers[0].data["transferURL"]] * 4
    assert answers[0].data["transferURL"]


def test_a_twin_does_not_wait_for_ever(hasty_world: World, threads: ThreadPoolExecutor) -> None:
    world = hasty_world
    checkout = basket(world)
    first = under_way(world, threads, checkout, idempotency_key=KEY)
    twin = world.pay(checkout, idempotency_key=KEY)
    assert (twin.event.type, twin.data["status"], twin.data["transferURL"]) == (
        "CHARGE_ACTION_REQUIRED",
        "PENDING",
        None,
    )
    assert twin.data["retryAfter"] > 0
    assert first.result().data["transferURL"]
    assert len(world.provider.calls("init")) == 1


# two transactions for one basket


def test_a_newer_payment_supersedes_the_open_one(world: World) -> None:
    checkout = basket(world)
    older, newer = world.pay(checkout), world.pay(checkout)
    assert newer.data["transferURL"] != older.data["transferURL"]
    assert world.transfer(older).superseded_at
    assert world.story(older) == ["REQUESTED", "OPEN", "SUPERSEDED"]
    assert not world.transfer(newer).superseded_at
    assert len(world.provider.calls("init")) == 2


def test_points_typed_into_a_superseded_form_stay_with_the_buyer(world: World) -> None:
    checkout = basket(world)
    older, newer = world.pay(checkout), world.pay(checkout)
    world.type_code(older)
    assert [each.status for each in world.provider.transfer(older.token).notifications] == [409]
    world.paid(newer)
    world.clock.forward(minutes=11)
    world.work()
    assert world.transfer(older).state is State.CANCELED
    assert (world.charged(older), world.charged(newer)) == ("0.00", "10.00")
    assert world.provider.balance_of("79161234567") == 100_000 - 10


def test_another_basket_is_not_superseded(world: World) -> None:
    older, other = world.pay(basket(world)), world.pay(basket(world))
    assert not world.transfer(older).superseded_at
    assert not world.transfer(other).superseded_at


def test_an_older_payment_stays_open_until_the_newer_one_is(world: World, threads: ThreadPoolExecutor) -> None:
    checkout = basket(world)
    older = world.pay(checkout)
    newer = under_way(world, threads, checkout)
    assert not world.transfer(older).superseded_at
    newer.result()
    assert world.transfer(older).superseded_at


@pytest.mark.parametrize("fault", ["refuse", "drop_before", "drop_after", "error_500"])
def test_a_newer_payment_that_did_not_open_supersedes_nobody(world: World, fault: str) -> None:
    checkout = basket(world)
    older = world.pay(checkout)
    world.provider.fault(fault, "init", times=1)
    newer = world.pay(checkout)
    assert not newer.data.get("transferURL")
    assert not world.transfer(older).superseded_at
    assert world.process(older).data["transferURL"] == older.data["transferURL"]
    world.paid(older)
    assert world.saleor.checkout(checkout).charge_status == "FULL"


def test_of_two_that_open_at_once_the_newer_one_stays(world: World, threads: ThreadPoolExecutor) -> None:
    checkout = basket(world)
    slow = under_way(world, threads, checkout)
    newer = world.pay(checkout)
    assert newer.data["transferURL"]
    older = slow.result()
    assert (older.event.type, older.problems) == ("CHARGE_FAILURE", ["start_again"])
    assert "transferURL" not in older.data
    assert not world.transfer(newer).superseded_at
    assert world.provider.notify(older.token).status == 409


# one of them is being paid


def test_no_second_payment_begins_while_one_is_claimed(world: World) -> None:
    checkout = basket(world)
    older = world.pay(checkout)
    assert world.provider.notify(older.token).ok
    newer = world.pay(checkout)
    assert (newer.event.type, newer.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert newer.problems == ["payment_in_progress"]
    assert len(world.provider.calls("init")) == 1
    assert world.transfer(newer).state is State.REJECTED
    assert not world.transfer(older).superseded_at


def test_a_claim_on_one_basket_does_not_stop_another(world: World) -> None:
    world.provider.notify(world.pay(basket(world)).token)
    assert world.pay(basket(world)).data["transferURL"]


def test_no_second_payment_begins_before_saleor_knows_of_the_first(world: World) -> None:
    checkout = basket(world)
    older = world.pay(checkout)
    world.saleor.down()
    world.paid(older)
    assert world.transfer(older).state is State.CONFIRMED
    assert world.charged(older) == "0.00"
    assert world.pay(checkout).problems == ["payment_in_progress"]
    assert len(world.provider.calls("init")) == 1
    world.saleor.clear()
    world.clock.forward(minutes=1)
    world.work()
    assert world.charged(older) == "10.00"
    world.verified()
    world.saleor.change_total(checkout, "15")
    assert world.pay(checkout).data["transferURL"]
    assert [each["amount"] for each in world.sent("init")] == [1000, 500]


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED"])
def test_a_claimed_payment_that_failed_lets_the_next_one_begin(world: World, status: str) -> None:
    checkout = basket(world)
    older = world.pay(checkout)
    world.provider.notify(older.token)
    world.provider.force(older.token, status)
    world.work()
    assert world.transfer(older).state == status
    newer = world.pay(checkout)
    world.paid(newer)
    assert world.charged(newer) == "10.00"


def test_a_newer_form_is_not_given_away_once_the_older_payment_is_claimed(
    world: World, threads: ThreadPoolExecutor
) -> None:
    checkout = basket(world)
    older = world.pay(checkout)
    slow = under_way(world, threads, checkout)
    world.type_code(older)
    newer = slow.result()
    assert (newer.event.type, newer.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert newer.problems == ["payment_in_progress"]
    assert "transferURL" not in newer.data
    assert world.transfer(newer).abandoned_at
    assert not world.transfer(older).superseded_at
    world.type_code(newer)
    assert [each.status for each in world.provider.transfer(newer.token).notifications] == [409]
    world.work()
    assert (world.charged(older), world.charged(newer)) == ("10.00", "0.00")
    assert world.provider.balance_of("79161234567") == 100_000 - 10


def test_a_newer_form_is_not_given_away_once_the_older_payment_went_through(
    world: World, threads: ThreadPoolExecutor
) -> None:
    checkout = basket(world)
    older = world.pay(checkout)
    world.saleor.down()
    slow = under_way(world, threads, checkout)
    world.paid(older)
    assert world.transfer(older).state is State.CONFIRMED
    assert slow.result().problems == ["payment_in_progress"]
