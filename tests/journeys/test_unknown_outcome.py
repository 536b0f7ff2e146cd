"""The provider did not say what became of `init`: nothing is failed, nothing is sent again blindly."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.flows.parts import Limits
from tests.clock import eventually
from tests.world import RICH, RICH_DIGITS, Session, World, carried_out
from tests.world import world as made_world

STRANGE: list[tuple[str, dict[str, Any]]] = [
    ("drop_before", {}),
    ("drop_after", {}),
    ("error_500", {}),
    ("error_500", {"after": True}),
    ("html", {"after": True}),
    ("body", {"text": "[]"}),
    ("body", {"text": '{"status": true}'}),
    ("redirect", {}),
    ("huge", {}),
    ("wrong_order", {}),
    ("wrong_amount", {}),
    ("bad_url", {}),
    ("bad_url", {"value": "http://example.com/form"}),
    ("bad_url", {"value": "https://example.com/" + "x" * 500}),
    ("omit", {"paymentId": True}),
]


@pytest.fixture
def hasty_world(database_url: str) -> Iterator[World]:
    with made_world(database_url, limits=Limits(webhook=0.5, second_call=0.1)) as made:
        yield made


def pay(world: World, fault: str, **detail: Any) -> Session:
    """Opens a payment whose `init` meets a fault."""
    world.provider.fault(fault, "init", times=1, **detail)
    return world.pay(world.saleor.create_checkout(total="10", phone=RICH).id)


def is_pending(answer: Session) -> bool:
    assert (answer.event.type, answer.event.psp_reference) == ("CHARGE_ACTION_REQUIRED", answer.token)
    assert answer.data.pop("retryAfter") > 0
    wanted = {"transferURL": None, "orderId": answer.token, "paymentId": None, "status": "PENDING"}
    return bool(answer.data == wanted)


def is_to_be_started_again(answer: Session) -> bool:
    assert (answer.event.type, answer.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert "transferURL" not in answer.data
    return answer.problems == ["start_again"]


# the answer to init


@pytest.mark.parametrize(("fault", "detail"), STRANGE)
def test_an_unknown_outcome_is_pending(world: World, fault: str, detail: dict[str, Any]) -> None:
    unknown = pay(world, fault, **detail)
    assert is_pending(unknown)
    assert world.transfer(unknown).state is State.REQUESTED
    assert world.story(unknown) == ["REQUESTED", "OUTCOME_UNKNOWN"]
    assert world.reports(unknown) == []
    assert len(world.provider.calls("init")) == 1


@pytest.mark.parametrize("fault", ["latency", "drip"])
def test_saleor_is_answered_before_a_slow_provider_answers(hasty_world: World, fault: str) -> None:
    began = time.monotonic()
    unknown = pay(hasty_world, fault, seconds=0.1 if fault == "drip" else 5)
    assert time.monotonic() - began < 1.5
    assert is_pending(unknown)
    assert hasty_world.transfer(unknown).state is State.REQUESTED


def test_the_times_are_those_that_saleor_can_wait() -> None:
    limits = Limits()
    assert (limits.webhook, limits.second_call, limits.balance, limits.twin_wait) == (12.0, 3.0, 3.0, 8.0)
    assert (limits.answer_reuse, limits.balance_reuse, limits.guard) == (3.0, 30.0, 1.5)
    assert (limits.session_age, limits.clock_ahead) == (timedelta(minutes=10), timedelta(minutes=2))


def test_a_buyer_who_is_back_before_the_provider_answered_is_pending(world: World) -> None:
    thinking = world.provider.fault("held", "init", times=1)
    checkout = world.saleor.create_checkout(total="10", phone=RICH).id
    with ThreadPoolExecutor(1) as threads:
        paying = threads.submit(world.pay, checkout)
        assert eventually(lambda: world.provider.calls("init"))
        back = world.saleor.transaction_process(world.saleor.transactions(checkout)[0].id)
        assert not paying.done()
        assert is_pending(carried_out(back))
        thinking.release()
        assert paying.result().data["transferURL"]
    assert world.provider.calls("checkout") == []


def test_the_same_transaction_again_is_pending_and_not_sent_again(world: World) -> None:
    checkout = world.saleor.create_checkout(total="10", phone=RICH).id
    world.provider.fault("drop_before", "init", times=1)
    world.pay(checkout, idempotency_key="one")
    world.clock.forward(minutes=1)
    assert is_pending(world.pay(checkout, idempotency_key="one"))
    assert len(world.provider.calls("init")) == 1


# the provider has it


def test_a_form_whose_address_was_lost_is_abandoned(world: World) -> None:
    unknown = pay(world, "drop_after")
    assert is_to_be_started_again(world.process(unknown))
    assert world.sent("checkout") == [{"orderId": unknown.token, "amount": 1000}]
    assert len(world.provider.calls("init")) == 1
    row = world.transfer(unknown)
    assert (row.state, bool(row.abandoned_at)) == (State.REQUESTED, True)


def test_an_abandoned_form_gets_no_ok_and_the_buyer_can_pay_anew(world: World) -> None:
    unknown = pay(world, "drop_after")
    world.process(unknown)
    world.type_code(unknown)
    assert [each.status for each in world.provider.transfer(unknown.token).notifications] == [409]
    checkout = unknown.transaction.checkout_id
    assert checkout
    world.paid(world.pay(checkout))
    assert world.saleor.checkout(checkout).charge_status == "FULL"
    assert world.provider.balance_of(RICH_DIGITS) == 100_000 - 10


def test_an_abandoned_transfer_that_was_confirmed_after_all_is_booked(world: World) -> None:
    unknown = pay(world, "drop_after")
    world.process(unknown)
    world.provider.force(unknown.token, "CONFIRMED")
    world.clock.forward(minutes=1)
    world.work()
    assert world.charged(unknown) == "10.00"


def test_the_background_work_does_not_send_init_again(world: World) -> None:
    unknown = pay(world, "drop_before")
    for _ in range(5):
        world.clock.forward(minutes=30)
        world.work()
    assert len(world.provider.calls("init")) == 1
    assert len(world.provider.calls("checkout")) >= 5
    assert world.transfer(unknown).state is State.REQUESTED


@pytest.mark.parametrize(("status", "problem"), [("REJECTED", "rejected"), ("CANCELED", "canceled")])
def test_a_payment_of_unknown_outcome_ends_as_the_provider_says(world: World, status: str, problem: str) -> None:
    unknown = pay(world, "drop_after")
    world.provider.force(unknown.token, status)
    back = world.process(unknown)
    assert (back.event.type, back.problems) == ("CHARGE_FAILURE", [problem])
    assert world.transfer(unknown).state == status


# the provider does not have it


def test_nothing_is_sent_again_within_half_a_minute(world: World) -> None:
    unknown = pay(world, "drop_before")
    assert is_pending(world.process(unknown))
    world.clock.forward(seconds=20)
    assert is_pending(world.process(unknown))
    assert (len(world.provider.calls("init")), len(world.provider.calls("checkout"))) == (1, 2)


def test_a_payment_that_got_lost_is_sent_once_more_after_half_a_minute(world: World) -> None:
    unknown = pay(world, "drop_before")
    world.clock.forward(seconds=31)
    back = world.process(unknown)
    assert back.event.type == "CHARGE_ACTION_REQUIRED"
    assert back.data["transferURL"].startswith(world.provider.url)
    assert world.sent("init") == [{"phone": int(RICH_DIGITS), "orderId": unknown.token, "amount": 1000}] * 2
    assert world.transfer(unknown).state is State.OPEN
    world.paid(unknown)
    assert world.charged(unknown) == "10.00"


def test_a_payment_that_opens_late_supersedes_the_older_one(world: World) -> None:
    checkout = world.saleor.create_checkout(total="10", phone=RICH).id
    older = world.pay(checkout)
    world.provider.fault("drop_before", "init", times=1)
    newer = world.pay(checkout)
    assert not world.transfer(older).superseded_at
    world.clock.forward(seconds=31)
    assert world.process(newer).data["transferURL"]
    assert world.transfer(older).superseded_at


def test_a_repeat_that_is_answered_with_the_same_form_opens_it(database_url: str) -> None:
    with made_world(database_url, repeated_order="same_form") as world:
        unknown = pay(world, "drop_after")
        world.clock.forward(seconds=31)
        world.provider.fault("unknown_order", "checkout", times=1)
        assert world.process(unknown).data["transferURL"]
        world.paid(unknown)
        assert world.charged(unknown) == "10.00"


def test_the_refusal_of_a_repeat_proves_nothing(world: World) -> None:
    unknown = pay(world, "drop_after")
    world.clock.forward(seconds=31)
    world.provider.fault("unknown_order", "checkout", times=1)
    assert is_to_be_started_again(world.process(unknown))
    assert len(world.provider.calls("init")) == 2
    row = world.transfer(unknown)
    assert (row.state, bool(row.abandoned_at), row.refusal) == (State.REQUESTED, True, None)
    assert world.provider.notify(unknown.token).status == 409
    world.provider.force(unknown.token, "CONFIRMED")
    world.clock.forward(minutes=1)
    world.work()
    assert world.charged(unknown) == "10.00"


def test_a_repeat_of_unknown_outcome_is_the_last(world: World) -> None:
    unknown = pay(world, "drop_before")
    world.provider.fault("drop_before", "init", times=1)
    world.clock.forward(seconds=31)
    assert is_pending(world.process(unknown))
    assert is_pending(world.process(unknown))
    world.clock.forward(seconds=31)
    assert is_to_be_started_again(world.process(unknown))
    assert len(world.provider.calls("init")) == 2
    assert world.transfer(unknown).state is State.REQUESTED


def test_a_payment_waits_while_checkout_is_not_answered(world: World) -> None:
    unknown = pay(world, "drop_before")
    world.provider.fault("error_500", "checkout")
    world.clock.forward(hours=30)
    assert is_pending(world.process(unknown))
    world.work()
    assert len(world.provider.calls("init")) == 1
    assert not world.transfer(unknown).decided


def test_init_is_not_sent_again_with_too_little_time_left(database_url: str) -> None:
    with made_world(database_url, limits=Limits(webhook=2.0, second_call=1.8)) as world:
        unknown = pay(world, "drop_before")
        world.provider.fault("latency", "checkout", times=1, seconds=0.3)
        world.clock.forward(seconds=31)
        assert is_pending(world.process(unknown))
        assert len(world.provider.calls("init")) == 1
        assert world.transfer(unknown).resent_at is None


def test_a_repeat_that_was_not_sent_is_tried_again(world: World) -> None:
    unknown = pay(world, "drop_before")
    world.clock.forward(seconds=31)
    world.provider.fault("latency", "checkout", times=1, seconds=0.2)
    port = int(world.provider.url.rpartition(":")[2])
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(world.process, unknown)
        assert eventually(lambda: world.provider.calls("checkout"))
        with world.parts.database.write():  # the answer cannot be written down before the provider is gone
            assert eventually(lambda: world.provider.calls("checkout")[0].answer)
            time.sleep(0.05)
            world.provider.stop()
        assert is_pending(asking.result())
    assert len(world.provider.calls("init")) == 1
    world.provider.start(port)
    world.clock.forward(seconds=5)
    assert world.process(unknown).data["transferURL"]
    assert len(world.provider.calls("init")) == 2
