"""When the provider is asked where a transfer stands, by whom, and for how long."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from structlog.typing import EventDict

from saleor_kupikupi.store import due
from tests.clock import eventually
from tests.journeys.payments import alerts, open_payment
from tests.world import Session, World
from tests.world import world as made_world

FORM_THAT_STAYS = 400 * 86400.0
CLAIM_LADDER = (0, 0.5, 1, 2, 5, 10, 15, 30)
OPEN_LADDER = (15, 30, 60, 120, 300, 600, 900, 900, 900)


@pytest.fixture
def patient(database_url: str) -> Iterator[World]:
    """A world whose forms never run out, and whose clock stands still."""
    with made_world(database_url, form_lifetime=FORM_THAT_STAYS) as made:
        made.clock.stop()
        yield made


def is_asked_after(world: World, payment: Session, seconds: float) -> bool:
    """Whether the provider is asked once when so much time has passed, and not a moment earlier."""
    before = world.checkouts(payment)
    if seconds:
        world.clock.forward(seconds=seconds - 0.001)
        world.work()
    early = world.checkouts(payment) - before
    world.clock.forward(seconds=0.001 if seconds else 0)
    world.work()
    return (early, world.checkouts(payment) - before) == (0, 1)


# when it is asked


def test_a_claim_is_followed_down_its_own_ladder_and_then_down_the_common_one(patient: World) -> None:
    payment = open_payment(patient)
    patient.provider.notify(payment.token)
    assert [wait for wait in CLAIM_LADDER if not is_asked_after(patient, payment, wait)] == []
    assert [wait for wait in OPEN_LADDER if not is_asked_after(patient, payment, wait)] == []


def test_a_further_claim_starts_the_ladder_again(patient: World) -> None:
    payment = open_payment(patient)
    patient.provider.notify(payment.token)
    for wait in CLAIM_LADDER[:5]:
        assert is_asked_after(patient, payment, wait)
    patient.provider.notify(payment.token)
    assert [wait for wait in CLAIM_LADDER if not is_asked_after(patient, payment, wait)] == []


def test_an_open_transfer_is_followed_without_any_notification(patient: World) -> None:
    payment = open_payment(patient)
    assert patient.work() == 0
    assert [wait for wait in OPEN_LADDER if not is_asked_after(patient, payment, wait)] == []


@pytest.mark.parametrize(("age", "wait"), [(23.9, 900), (24.1, 3600), (7 * 24 - 1, 3600), (7 * 24 + 1, 86400)])
def test_an_older_transfer_is_asked_about_less_often(patient: World, age: float, wait: float) -> None:
    payment = open_payment(patient)
    for step in OPEN_LADDER[:7]:
        assert is_asked_after(patient, payment, step)
    gone = sum(OPEN_LADDER[:7])
    patient.clock.forward(seconds=age * 3600 - gone)
    patient.work()
    assert is_asked_after(patient, payment, wait)


def grow_stale(world: World, payment: Session) -> None:
    for step in OPEN_LADDER[:7]:
        assert is_asked_after(world, payment, step)
    world.clock.forward(days=30.1)
    world.work()


def test_after_thirty_days_a_transfer_is_stale_and_asked_about_no_more(patient: World, log: list[EventDict]) -> None:
    payment = open_payment(patient)
    grow_stale(patient, payment)
    assert patient.transfer(payment).stale_at is not None
    assert patient.transfer(payment).state == "OPEN"
    assert "transfer is stale" in alerts(log)
    asked = patient.checkouts(payment)
    patient.clock.forward(days=400)
    assert patient.work() == 0
    assert patient.checkouts(payment) == asked


@pytest.mark.parametrize("how", ["a check", "a notification", "the buyer"])
def test_a_stale_transfer_is_still_settled(patient: World, how: str) -> None:
    payment = open_payment(patient)
    grow_stale(patient, payment)
    patient.provider.force(payment.token, "CONFIRMED")
    patient.clock.forward(minutes=1)
    if how == "a check":
        patient.check(payment)
    elif how == "a notification":
        assert patient.provider.notify(payment.token).ok
    else:
        assert patient.process(payment).event.type == "CHARGE_SUCCESS"
    patient.work()
    assert patient.charged(payment) == "1234.50"


def test_a_claim_of_an_old_transfer_is_followed_down_the_claims_ladder(patient: World) -> None:
    payment = open_payment(patient)
    grow_stale(patient, payment)
    patient.provider.notify(payment.token)
    assert patient.transfer(payment).stale_at is None
    assert [wait for wait in CLAIM_LADDER if not is_asked_after(patient, payment, wait)] == []


def test_a_final_transfer_is_asked_about_no_more(world: World) -> None:
    payment = open_payment(world)
    world.paid(payment)
    asked = world.checkouts(payment)
    world.clock.forward(days=2)
    world.work()
    assert world.work() == 0
    assert world.checkouts(payment) == asked


# who asks


def test_two_workers_ask_the_provider_once_about_one_transfer(world: World) -> None:
    payments = [open_payment(world) for _ in range(3)]
    world.provider.fault("latency", "checkout", seconds=0.1)
    world.clock.forward(seconds=15)
    together = Barrier(2)

    def work() -> None:
        together.wait()
        world.work()

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work) for _ in range(2)]:
            done.result()
    assert [world.checkouts(payment) for payment in payments] == [1, 1, 1]


def test_a_worker_and_a_buyer_do_not_ask_at_once(world: World) -> None:
    payment = open_payment(world)
    thinking = world.provider.fault("held", "checkout", times=1)
    world.clock.forward(seconds=15)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(world.work)
        assert eventually(lambda: world.checkouts(payment))
        back = world.process(payment)
        thinking.release()
        working.result()
    assert back.data["transferURL"] == payment.data["transferURL"]
    assert world.checkouts(payment) == 1


def test_a_worker_that_died_costs_the_time_of_its_lease(patient: World) -> None:
    payment = open_payment(patient)
    patient.provider.notify(payment.token)
    dead = patient.parts.owner()
    with patient.parts.database.write() as tx:
        assert due.take_due(tx, dead, patient.parts.now(), patient.parts.limits.lease, 1)
    assert patient.work() == 0
    patient.clock.forward(seconds=20)
    patient.work()
    assert patient.checkouts(payment) == 1


def test_a_claim_makes_a_fresh_answer_worthless(world: World) -> None:
    payment = open_payment(world)
    world.process(payment)
    world.process(payment)
    assert world.checkouts(payment) == 1
    world.type_code(payment)
    assert world.process(payment).event.type == "CHARGE_SUCCESS"
    assert world.checkouts(payment) == 2


def test_an_answer_that_was_on_its_way_when_the_claim_came_does_not_put_it_off(patient: World) -> None:
    payment = open_payment(patient)
    answer = patient.provider.fault("held", "checkout", times=1, after=True)
    patient.clock.forward(seconds=15)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(patient.work)
        assert eventually(lambda: patient.checkouts(payment) and patient.provider.calls("checkout")[-1].answer)
        patient.type_code(payment)
        answer.release()
        working.result()
    patient.work()
    assert patient.charged(payment) == "1234.50"


@pytest.mark.parametrize("fault", ["error_500", "html", "drop_before", "redirect", "huge", "wrong_order", "omit"])
def test_an_answer_that_is_none_changes_nothing_and_is_asked_for_again(patient: World, fault: str) -> None:
    payment = open_payment(patient)
    patient.provider.force(payment.token, "CONFIRMED")
    patient.provider.fault(fault, "checkout", times=1, transferStatus="is left out, where something is")
    patient.clock.forward(seconds=15)
    patient.work()
    assert patient.transfer(payment).state == "OPEN"
    patient.clock.forward(seconds=30)
    patient.work()
    assert patient.charged(payment) == "1234.50"


@pytest.mark.parametrize("echoed", [{"amount": 123451}, {"amount": "1234.50"}, {"paymentId": 4711}])
def test_points_of_another_transfer_are_not_booked(
    patient: World, log: list[EventDict], echoed: dict[str, Any]
) -> None:
    payment = open_payment(patient)
    patient.provider.force(payment.token, "CONFIRMED")
    patient.provider.fault("rewrite", "checkout", times=1, **echoed)
    patient.clock.forward(seconds=15)
    patient.work()
    assert patient.transfer(payment).state == "OPEN"
    assert "checkout answered wrongly" in [each["event"] for each in log]
    patient.clock.forward(seconds=30)
    patient.work()
    assert patient.charged(payment) == "1234.50"
