"""The buyer is back: what the storefront is told, and when the provider is asked for it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.store import transfers
from tests.clock import eventually
from tests.world import RICH, Session, World
from tests.world import world as made_world


@pytest.fixture
def hasty_world(database_url: str) -> Iterator[World]:
    with made_world(database_url, limits=Limits(webhook=0.4, second_call=0.1)) as made:
        yield made


@pytest.fixture
def opened(world: World) -> Session:
    return world.pay(world.saleor.create_checkout(total="10", phone=RICH).id)


def last_answer(world: World) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(world.saleor.last_webhook("transaction_process_session")[3] or b"")
    return read


# an open transfer


def test_an_open_payment_leads_to_the_same_form(world: World, opened: Session) -> None:
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_ACTION_REQUIRED", opened.token)
    assert back.data == opened.data
    assert world.sent("checkout") == [{"orderId": opened.token, "amount": 1000}]


def test_the_storefront_sees_that_the_form_was_opened(world: World, opened: Session) -> None:
    world.provider.open_form(opened.data["transferURL"])
    assert world.process(opened).data == {**opened.data, "status": "FORM_SHOWED"}


def test_an_answer_is_used_again_for_a_moment_in_every_process(world: World, opened: Session) -> None:
    world.process(opened)
    world.other_process()
    assert world.process(opened).data == opened.data
    assert len(world.provider.calls("checkout")) == 1
    world.clock.forward(seconds=3)
    world.process(opened)
    assert len(world.provider.calls("checkout")) == 2


def test_a_claim_voids_the_answer_from_before(world: World, opened: Session) -> None:
    world.process(opened)
    world.type_code(opened)
    back = world.process(opened)
    assert back.event.type == "CHARGE_SUCCESS"
    assert len(world.provider.calls("checkout")) == 2


def test_an_answer_that_the_claim_overtook_is_not_used_again(world: World, opened: Session) -> None:
    answer = world.provider.fault("held", "checkout", times=1, after=True)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(world.process, opened)
        assert eventually(lambda: world.provider.calls("checkout") and world.provider.calls("checkout")[0].answer)
        world.type_code(opened)
        answer.release()
        assert asking.result().event.type == "CHARGE_ACTION_REQUIRED"
    assert world.process(opened).event.type == "CHARGE_SUCCESS"


def test_an_answer_from_after_the_claim_is_used_again(world: World, opened: Session) -> None:
    world.provider.notify(opened.token)
    world.process(opened)
    world.process(opened)
    assert len(world.provider.calls("checkout")) == 1


def test_while_one_asks_the_others_are_answered_from_the_row(world: World, opened: Session) -> None:
    thinking = world.provider.fault("held", "checkout", times=1)
    with ThreadPoolExecutor(1) as threads:
        asking = threads.submit(world.process, opened)
        assert eventually(lambda: world.provider.calls("checkout"))
        assert world.process(opened).data == opened.data
        assert not asking.done()
        thinking.release()
        assert asking.result().data == opened.data
    assert len(world.provider.calls("checkout")) == 1


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_500", "html", "wrong_order", "unknown_order"])
def test_an_open_payment_stays_open_when_the_provider_has_no_good_answer(
    world: World, opened: Session, fault: str
) -> None:
    world.provider.fault(fault, "checkout")
    back = world.process(opened)
    assert (back.event.type, back.data) == ("CHARGE_ACTION_REQUIRED", opened.data)
    assert world.transfer(opened).state is State.OPEN
    world.provider.clear_faults()
    world.paid(opened)
    assert world.charged(opened) == "10.00"


def test_a_refusal_of_an_open_payment_is_believed_at_no_age(world: World, opened: Session) -> None:
    world.provider.fault("unknown_order", "checkout")
    for _ in range(3):
        world.clock.forward(days=2)
        assert world.process(opened).data == opened.data
    assert world.reports(opened) == []


def test_an_unknown_status_is_an_open_payment(world: World, opened: Session) -> None:
    world.provider.fault("unknown_status", "checkout", value="ON_HOLD")
    assert world.process(opened).data == {**opened.data, "status": "ON_HOLD"}
    assert world.transfer(opened).state is State.OPEN


def test_saleor_is_answered_in_time_when_the_provider_is_slow(hasty_world: World) -> None:
    opened = hasty_world.pay(hasty_world.saleor.create_checkout(phone=RICH).id)
    hasty_world.provider.fault("latency", "checkout", seconds=5)
    began = time.monotonic()
    assert hasty_world.process(opened).data == opened.data
    assert time.monotonic() - began < 1.5


# a final one


def test_a_confirmed_payment_is_a_success_under_the_reference(world: World, opened: Session) -> None:
    world.type_code(opened)
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_SUCCESS", opened.token)
    answer = last_answer(world)
    assert (answer["amount"], answer["actions"], answer["pspReference"]) == (10.0, ["REFUND"], opened.token)
    assert back.transaction.actions == ("REFUND",)
    assert world.transfer(opened).state is State.CONFIRMED
    assert world.charged(opened) == "10.00"


def test_answer_and_report_of_one_payment_are_booked_once(world: World, opened: Session) -> None:
    world.type_code(opened)
    world.process(opened)
    world.work()
    assert world.charged(opened) == "10.00"
    assert {each.report.type: each.state for each in world.reports(opened)} == {"CHARGE_SUCCESS": "delivered"}
    assert [report.outcome for report in world.saleor.reports] == ["alreadyProcessed"]


def test_a_rejected_payment_is_a_failure_without_a_name(world: World) -> None:
    opened = world.pay(world.saleor.create_checkout(total="10", phone="+79000000002").id)
    world.type_code(opened)
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert back.problems == ["rejected"]
    assert "pspReference" not in last_answer(world)
    assert world.transfer(opened).state is State.REJECTED
    assert world.saleor.transaction(opened.token).psp_reference == opened.token


def test_a_payment_that_nobody_confirmed_is_a_failure(world: World, opened: Session) -> None:
    world.clock.forward(minutes=11)
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert back.problems == ["canceled"]
    assert world.transfer(opened).state is State.CANCELED
    assert world.provider.balance_of("79161234567") == 100_000


def test_the_provider_is_not_asked_about_what_is_over(world: World, opened: Session) -> None:
    world.saleor.down()
    world.paid(opened)
    asked = len(world.provider.calls("checkout"))
    assert world.process(opened).event.type == "CHARGE_SUCCESS"
    assert len(world.provider.calls("checkout")) == asked


def test_a_claim_alone_is_no_success(world: World, opened: Session) -> None:
    assert world.provider.notify(opened.token).ok
    back = world.process(opened)
    assert (back.event.type, back.data) == ("CHARGE_ACTION_REQUIRED", opened.data)
    assert world.charged(opened) == "0.00"


# a withdrawn one


def test_a_superseded_payment_is_to_be_started_again(world: World, opened: Session) -> None:
    source = opened.transaction.checkout_id
    assert source
    world.pay(source)
    back = world.process(opened)
    assert (back.event.type, back.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert back.problems == ["start_again"]
    assert "transferURL" not in back.data
    assert world.provider.calls("checkout") == []


def test_an_abandoned_payment_is_to_be_started_again(world: World, opened: Session) -> None:
    world.saleor.request_action(opened.transaction.id, "CANCEL")
    assert world.transfer(opened).abandoned_at
    back = world.process(opened)
    assert (back.event.type, back.problems) == ("CHARGE_FAILURE", ["start_again"])
    assert "transferURL" not in back.data


def test_a_withdrawn_payment_that_is_claimed_is_pending(world: World, opened: Session) -> None:
    world.provider.notify(opened.token)
    row = world.transfer(opened)
    with world.parts.database.write() as tx:
        assert transfers.save(tx, row, replace(row, superseded_at=world.clock.now()))
    back = world.process(opened)
    assert back.event.type == "CHARGE_ACTION_REQUIRED"
    assert (back.data["status"], back.data["transferURL"]) == ("PENDING", None)
    assert back.data["retryAfter"] > 0
    world.provider.force(opened.token, "CONFIRMED")
    world.clock.forward(seconds=5)
    assert world.process(opened).event.type == "CHARGE_SUCCESS"
