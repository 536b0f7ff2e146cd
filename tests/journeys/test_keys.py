"""The keys of a Saleor: fetched anew for a name that is not known, once a minute at most, and then good everywhere."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from structlog.typing import EventDict

from saleor_kupikupi_sandbox.saleor import SigningKey
from tests.journeys.letters import Letter, letters_of, send
from tests.journeys.payments import error_of, open_payment
from tests.world import World

SIGNATURE = (401, "SIGNATURE_VERIFICATION_FAILED")
PROCESS = "transaction_process_session"


def fetches(log: list[EventDict]) -> int:
    return sum(each["event"] == "keys fetched anew" for each in log)


@pytest.fixture
def letter(world: World) -> Letter:
    return letters_of(world)[PROCESS]


def test_a_new_key_of_saleor_is_fetched_with_its_first_webhook(each_world: World, log: list[EventDict]) -> None:
    payment = open_payment(each_world)
    each_world.saleor.rotate_key()
    assert each_world.process(payment).data["transferURL"] == payment.data["transferURL"]
    each_world.process(payment)
    assert fetches(log) == 1
    each_world.paid(payment)
    assert each_world.charged(payment) == "1234.50"


def test_the_old_key_is_good_no_more_once_the_new_one_is_known(world: World, letter: Letter) -> None:
    assert send(world, letter).status_code == 200
    old = world.saleor.rotate_key()
    world.offer(world.saleor.create_checkout(total="100").id)
    assert error_of(send(world, letter.signed(old))) == SIGNATURE


def test_a_new_key_is_there_for_every_process_after_one_has_fetched_it(
    world: World, letter: Letter, log: list[EventDict]
) -> None:
    world.saleor.rotate_key()
    payment = open_payment(world)
    world.other_process()
    assert world.process(payment).data["transferURL"] == payment.data["transferURL"]
    assert fetches(log) == 1


def test_a_key_that_one_process_saw_replaced_is_good_in_none_seconds_later(world: World, letter: Letter) -> None:
    assert send(world, letter).status_code == 200
    old = world.saleor.rotate_key()
    here = world.parts.memory
    world.other_process()
    world.offer(world.saleor.create_checkout(total="100").id)
    world.other_process(memory=here)
    world.clock.forward(seconds=3)
    assert error_of(send(world, letter.signed(old))) == SIGNATURE


def test_strangers_make_us_fetch_keys_once_a_minute(world: World, letter: Letter, log: list[EventDict]) -> None:
    stranger = SigningKey()
    for _ in range(5):
        assert error_of(send(world, letter.signed(stranger))) == SIGNATURE
    assert fetches(log) == 1
    world.clock.forward(seconds=61)
    for name in ("one", "two", "three"):
        assert error_of(send(world, letter.signed(stranger, kid=name))) == SIGNATURE
    assert fetches(log) == 2
    assert send(world, letter).status_code == 200


def test_strangers_can_put_off_a_new_key_for_a_minute_and_no_longer(world: World, letter: Letter) -> None:
    assert error_of(send(world, letter.signed(SigningKey()))) == SIGNATURE
    payment = open_payment(world)
    world.saleor.rotate_key()
    assert world.process(payment).data is None
    world.clock.forward(seconds=61)
    assert world.process(payment).data["transferURL"] == payment.data["transferURL"]


def test_a_known_key_is_fetched_by_nobodys_wish(world: World, letter: Letter, log: list[EventDict]) -> None:
    for _ in range(3):
        assert error_of(send(world, replace(letter, body=letter.body + b" "))) == SIGNATURE
    assert fetches(log) == 0


def test_keys_that_cannot_be_fetched_leave_the_old_ones_good(
    world: World, letter: Letter, log: list[EventDict]
) -> None:
    port = int(world.saleor.url.rpartition(":")[2])
    world.saleor.stop()
    assert error_of(send(world, letter.signed(SigningKey()))) == SIGNATURE
    assert [each["log_level"] for each in log if each["event"] == "keys not fetched"] == ["warning"]
    assert send(world, letter).status_code == 200
    world.saleor.start(port)
    world.saleor.rotate_key()
    world.clock.forward(seconds=61)
    assert world.offer(world.saleor.create_checkout(total="100").id)["available"] is True


def test_a_stranger_who_names_keys_keeps_nobody_from_writing(world: World, letter: Letter) -> None:
    stranger = letter.signed(world.key, kid="of nobody")
    assert error_of(send(world, stranger)) == SIGNATURE
    with ThreadPoolExecutor(1) as pool, world.parts.database.write():
        assert error_of(pool.submit(send, world, stranger).result(timeout=2)) == SIGNATURE
