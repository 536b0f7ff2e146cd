"""A buyer types the code in the shop: `data.code` of a process call becomes `confirmation`."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.flows.look_after import look_after
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.store.tries import CodeLimits
from tests.clock import eventually
from tests.journeys.rounds import look_again, open_problems
from tests.world import RICH, RICH_DIGITS, Session, World
from tests.world import world as made_world


@pytest.fixture
def coded(world: World) -> World:
    """Is a world whose connection takes codes."""
    world.choose(accept_code=True)
    return world


@pytest.fixture
def zero_world(database_url: str) -> Iterator[World]:
    with made_world(database_url, codes=lambda: "0123") as made:
        made.choose(accept_code=True)
        yield made


def pay(world: World, **buyer: Any) -> Session:
    return world.pay(world.saleor.create_checkout(**{"total": "10", "phone": RICH, "user": "anna", **buyer}).id)


def code_of(world: World, payment: Session) -> str:
    return world.provider.transfer(payment.token).code


def wrong(world: World, payment: Session) -> dict[str, str]:
    return {"code": str(int(code_of(world, payment)) + 1)}


def settled(world: World, payment: Session) -> bool:
    """Lets the provider's notification arrive and what follows happen."""

    def booked() -> bool:
        world.work()
        return world.charged(payment) == "10.00"

    return eventually(booked)


def test_a_code_is_not_taken_where_the_merchant_did_not_ask_for_it(world: World) -> None:
    opened = pay(world)
    back = world.process(opened, {"code": code_of(world, opened)})
    assert (back.event.type, back.problems) == ("CHARGE_ACTION_REQUIRED", ["code_not_possible"])
    assert back.data["transferURL"] == opened.data["transferURL"]
    assert world.provider.calls("confirmation") == []


@pytest.mark.parametrize("form", [str, int])
def test_the_right_code_pays(coded: World, form: type) -> None:
    opened = pay(coded)
    code = code_of(coded, opened)
    back = coded.process(opened, {"code": form(code)})
    assert back.event.type in {"CHARGE_ACTION_REQUIRED", "CHARGE_SUCCESS"}
    assert back.problems == []
    assert coded.sent("confirmation") == [{"phone": int(RICH_DIGITS), "code": int(code)}]
    assert [call.method for call in coded.provider.calls()] == ["init", "confirmation", "checkout"]
    assert settled(coded, opened)
    assert "CODE_ACCEPTED" in coded.story(opened)
    assert coded.provider.balance_of(RICH_DIGITS) == 100_000 - 10


def test_a_leading_zero_survives(zero_world: World) -> None:
    opened = pay(zero_world)
    assert zero_world.process(opened, {"code": "0123"}).problems == []
    assert zero_world.sent("confirmation") == [{"phone": int(RICH_DIGITS), "code": "0123"}]
    assert settled(zero_world, opened)


@pytest.mark.parametrize(("language", "words"), [("RU", "Код не подошёл"), ("EN", "The code was not accepted")])
def test_a_wrong_code_is_a_message_and_not_a_failure(coded: World, language: str, words: str) -> None:
    opened = pay(coded, language=language)
    back = coded.process(opened, wrong(coded, opened))
    assert (back.event.type, back.problems) == ("CHARGE_ACTION_REQUIRED", ["code_wrong"])
    assert back.data["errors"][0]["message"].startswith(words)
    assert back.event.message.startswith(words)
    assert back.data["transferURL"] == opened.data["transferURL"]
    assert "CODE_WRONG" in coded.story(opened)
    assert coded.process(opened, {"code": code_of(coded, opened)}).problems == []
    assert settled(coded, opened)


@pytest.mark.parametrize(
    "code", ["", "12a4", "12345678901", "1234\n", "１２３４", "-1234", 12.5, -5, True, ["1234"], {}]
)
def test_what_is_no_code_is_neither_sent_nor_counted(coded: World, code: object) -> None:
    opened = pay(coded)
    for _ in range(6):
        back = coded.process(opened, {"code": code})
        assert (back.event.type, back.problems) == ("CHARGE_ACTION_REQUIRED", ["code_invalid"])
        assert coded.checkouts(opened) == 1
    assert coded.provider.calls("confirmation") == []
    assert coded.process(opened, {"code": code_of(coded, opened)}).problems == []


def test_a_transfer_has_five_tries(coded: World) -> None:
    opened = pay(coded)
    for _ in range(5):
        assert coded.process(opened, wrong(coded, opened)).problems == ["code_wrong"]
    coded.other_process()
    back = coded.process(opened, {"code": code_of(coded, opened)})
    assert (back.event.type, back.problems) == ("CHARGE_ACTION_REQUIRED", ["code_limit"])
    assert len(coded.provider.calls("confirmation")) == 5
    coded.paid(opened)
    assert coded.charged(opened) == "10.00"


def test_a_phone_has_ten_tries_a_day(coded: World) -> None:
    for _ in range(2):
        opened = pay(coded)
        for _ in range(5):
            assert coded.process(opened, wrong(coded, opened)).problems == ["code_wrong"]
        coded.provider.force(opened.token, "CANCELED")
        coded.clock.forward(minutes=1)
        coded.work()
    third = pay(coded)
    assert coded.process(third, {"code": code_of(coded, third)}).problems == ["code_limit"]
    assert len(coded.provider.calls("confirmation")) == 10
    coded.provider.force(third.token, "CANCELED")
    coded.clock.forward(hours=24)
    coded.work()
    fourth = pay(coded)
    assert coded.process(fourth, wrong(coded, fourth)).problems == ["code_wrong"]


def test_another_phone_has_tries_of_its_own(coded: World) -> None:
    coded.provider.set_balance("79167654321", 100)
    first, other = pay(coded), pay(coded, phone="+79167654321")
    for _ in range(5):
        coded.process(first, wrong(coded, first))
    assert coded.process(other, {"code": code_of(coded, other)}).problems == []
    assert settled(coded, other)


def test_a_code_is_not_passed_on_where_it_could_confirm_another_transfer(coded: World) -> None:
    first, second = pay(coded), pay(coded)
    for each in (first, second):
        back = coded.process(each, {"code": code_of(coded, each)})
        assert (back.event.type, back.problems) == ("CHARGE_ACTION_REQUIRED", ["code_not_possible"])
    assert coded.provider.calls("confirmation") == []


def test_a_superseded_form_may_still_be_what_a_code_confirms(coded: World) -> None:
    checkout = coded.saleor.create_checkout(total="10", phone=RICH, user="anna").id
    older, newer = coded.pay(checkout), coded.pay(checkout)
    assert coded.process(newer, {"code": code_of(coded, newer)}).problems == ["code_not_possible"]
    assert coded.process(older, {"code": code_of(coded, older)}).problems == ["start_again"]
    assert coded.provider.calls("confirmation") == []


def test_a_code_for_a_payment_of_unknown_outcome_is_not_passed_on(coded: World) -> None:
    coded.provider.fault("drop_after", "init", times=1)
    unknown = pay(coded)
    coded.process(unknown, {"code": code_of(coded, unknown)})
    assert coded.provider.calls("confirmation") == []


def test_a_code_for_a_payment_that_is_over_changes_nothing(coded: World) -> None:
    opened = pay(coded)
    coded.saleor.down()
    coded.paid(opened)
    assert coded.process(opened, {"code": "1234"}).event.type == "CHARGE_SUCCESS"
    assert coded.provider.calls("confirmation") == []


@pytest.mark.parametrize("fault", ["drop_after", "error_500", "html"])
def test_a_code_of_unknown_outcome_is_sent_once_and_checkout_decides(coded: World, fault: str) -> None:
    opened = pay(coded)
    coded.provider.fault(fault, "confirmation", times=1, after=True)
    back = coded.process(opened, {"code": code_of(coded, opened)})
    assert (back.event.type in {"CHARGE_ACTION_REQUIRED", "CHARGE_SUCCESS"}, back.problems) == (True, [])
    assert len(coded.provider.calls("confirmation")) == 1
    assert len(coded.provider.calls("checkout")) == 1
    assert settled(coded, opened)


def test_a_try_counts_before_it_is_sent(coded: World) -> None:
    opened = pay(coded)
    coded.provider.fault("drop_before", "confirmation")
    for _ in range(5):
        coded.process(opened, wrong(coded, opened))
    assert coded.process(opened, {"code": code_of(coded, opened)}).problems == ["code_limit"]
    assert len(coded.provider.calls("confirmation")) == 5


def test_a_code_that_could_not_be_sent_leaves_the_payment_open(coded: World) -> None:
    opened = pay(coded)
    port = int(coded.provider.url.rpartition(":")[2])
    coded.provider.stop()
    back = coded.process(opened, {"code": "1234"})
    assert (back.event.type, back.problems) == ("CHARGE_ACTION_REQUIRED", ["provider_unavailable"])
    assert coded.transfer(opened).state is State.OPEN
    coded.provider.start(port)
    coded.paid(opened)
    assert coded.charged(opened) == "10.00"


def test_checkout_is_not_asked_with_too_little_time_left(database_url: str) -> None:
    with made_world(database_url, limits=Limits(webhook=2.0, second_call=1.8)) as world:
        world.choose(accept_code=True)
        opened = pay(world)
        world.provider.fault("latency", "confirmation", times=1, seconds=0.3, after=True)
        began = time.monotonic()
        back = world.process(opened, {"code": code_of(world, opened)})
        assert time.monotonic() - began < 2
        assert back.event.type == "CHARGE_ACTION_REQUIRED"
        assert back.data["status"] == "PENDING"
        assert world.provider.calls("checkout") == []
        assert settled(world, opened)


def test_a_code_is_asked_about_even_right_after_another_answer(coded: World) -> None:
    opened = pay(coded)
    coded.process(opened)
    coded.process(opened, {"code": code_of(coded, opened)})
    assert len(coded.provider.calls("checkout")) == 2


@pytest.mark.parametrize("data", [None, [], "1234", {"code": None}])
def test_without_a_code_nothing_is_confirmed(coded: World, data: object) -> None:
    opened = pay(coded)
    back = coded.process(opened, data)
    assert back.data == opened.data
    assert coded.provider.calls("confirmation") == []


@pytest.mark.parametrize("buyer", [{"user": None}, {"phone": None, "shipping_phone": RICH}, {"phone": "+79167654321"}])
def test_a_code_is_passed_on_only_for_a_customer_and_the_billing_phone(coded: World, buyer: dict[str, Any]) -> None:
    checkout = coded.saleor.create_checkout(**{"total": "10", "phone": RICH, "user": "anna", **buyer})
    opened = coded.pay(checkout.id, {"phone": RICH})
    assert coded.process(opened, {"code": code_of(coded, opened)}).problems == ["code_not_possible"]
    assert coded.provider.calls("confirmation") == []


def test_codes_sprayed_over_many_phones_close_the_shops_codes_for_an_hour_and_the_merchant_is_told(
    coded: World,
) -> None:
    phones = [f"791676543{number:02}" for number in range(8)]
    for phone in phones:
        coded.provider.set_balance(phone, 100)
    payments = [pay(coded, phone=f"+{phone}") for phone in phones]
    problems = [coded.process(each, wrong(coded, each)).problems for each in payments[:6] for _ in range(5)]
    assert problems == [["code_wrong"]] * 30
    last = payments[6]
    assert coded.process(last, {"code": code_of(coded, last)}).problems == ["code_limit"]
    assert len(coded.provider.calls("confirmation")) == 30
    look_after(coded.parts)
    assert f"codes_closed:{coded.connection.id}" in open_problems(coded)
    coded.clock.forward(hours=1)
    opened = pay(coded)
    assert coded.process(opened, {"code": code_of(coded, opened)}).problems == []
    look_again(coded)
    assert f"codes_closed:{coded.connection.id}" not in open_problems(coded)


def test_codes_that_were_right_use_up_no_budget(database_url: str) -> None:
    with made_world(database_url, limits=Limits(codes=CodeLimits(wrong_per_hour=1))) as world:
        world.choose(accept_code=True)
        for _ in range(2):
            opened = pay(world)
            assert world.process(opened, {"code": code_of(world, opened)}).problems == []
            assert settled(world, opened)
