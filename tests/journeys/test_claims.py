"""Who may be told OK: one transfer of a checkout or order at a time, and only for what is still owed."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from structlog.typing import EventDict

from tests.journeys.payments import alerts, claim_of, error_of, open_payment, unanswered_payment
from tests.world import RICH, RICH_DIGITS, UID, Session, World

# one undecided claim for a checkout or an order


@pytest.fixture
def pair(world: World) -> tuple[Session, Session]:
    """Two transfers of one checkout, neither of which superseded the other: both answers to `init` were lost."""
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    first, second = (unanswered_payment(world, checkout.id, amount=617) for _ in range(2))
    return first, second


def test_a_second_claim_of_one_checkout_gets_no_ok(world: World, pair: tuple[Session, Session]) -> None:
    first, second = pair
    assert world.notify(claim_of(first.token)).text == "OK"
    assert error_of(world.notify(claim_of(second.token))) == (409, "PAYMENT_IN_PROGRESS")
    assert world.notify(claim_of(first.token)).text == "OK"
    assert world.transfer(second).claimed_at is None


def test_of_claims_at_once_exactly_one_gets_ok(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payments = [unanswered_payment(world, checkout.id, amount=amount) for amount in (100, 200, 300, 400)]
    together = Barrier(4)

    def notify(payment: Session) -> int:
        together.wait()
        return world.notify(claim_of(payment.token)).status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(notify, payments)) == [200, 409, 409, 409]


@pytest.mark.parametrize("status", ["REJECTED", "CANCELED"])
def test_a_claim_that_fails_makes_room_for_another(world: World, pair: tuple[Session, Session], status: str) -> None:
    first, second = pair
    world.notify(claim_of(first.token))
    world.provider.force(first.token, status)
    assert world.notify(claim_of(second.token)).status_code == 409
    world.work()
    assert world.notify(claim_of(second.token)).text == "OK"


def test_a_claim_makes_room_for_another_only_when_saleor_knows_of_the_charge(
    world: World, pair: tuple[Session, Session]
) -> None:
    first, second = pair
    world.type_code(first)
    world.saleor.down(how="500")
    world.work()
    assert world.transfer(first).state == "CONFIRMED"
    assert world.notify(claim_of(second.token)).status_code == 409
    world.saleor.clear()
    world.clock.forward(seconds=6)
    world.work()
    assert world.charged(first) == "617.00"
    assert error_of(world.notify(claim_of(second.token))) == (409, "PAYMENT_IN_PROGRESS")
    world.verified()
    assert world.notify(claim_of(second.token)).text == "OK"


def test_a_charge_that_nobody_claimed_leaves_no_room_either(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    superseded, newer = world.pay(checkout.id), world.pay(checkout.id)
    world.provider.force(superseded.token, "CONFIRMED")
    world.check(superseded)
    assert error_of(world.notify(claim_of(newer.token))) == (409, "NO_LONGER_OWED")
    world.work()
    assert world.charged(superseded) == "1234.50"
    assert error_of(world.notify(claim_of(newer.token))) == (409, "NO_LONGER_OWED")


def test_a_charge_that_saleor_learns_of_while_it_is_asked_leaves_no_room(
    world: World, pair: tuple[Session, Session]
) -> None:
    first, second = pair
    world.type_code(first)
    world.saleor.slow(5)
    asked = len(world.saleor.graphql_calls)
    with ThreadPoolExecutor(1) as pool:
        notifying = pool.submit(world.notify, claim_of(second.token))
        time.sleep(0.3)
        world.saleor.slow(0)
        world.work()
        assert world.charged(first) == "617.00"
        assert not notifying.done()
        assert error_of(notifying.result()) == NO_LONGER_OWED
    world.saleor.clear()
    assert len(world.saleor.graphql_calls) > asked
    world.verified()
    assert world.notify(claim_of(second.token)).text == "OK"


def test_an_order_and_the_checkout_it_came_from_share_one_claim(world: World) -> None:
    world.choose(guard=False)
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    lost, paying = (unanswered_payment(world, checkout.id) for _ in range(2))
    world.type_code(paying)
    world.work()
    order = world.saleor.checkout_complete(checkout.id)
    world.verified()
    assert world.notify(claim_of(lost.token)).text == "OK"
    assert world.pay(order.id, amount=1).problems == ["payment_in_progress"]


def test_claims_of_different_checkouts_do_not_wait_for_each_other(world: World) -> None:
    payments = [open_payment(world), open_payment(world)]
    assert [world.notify(claim_of(payment.token)).text for payment in payments] == ["OK", "OK"]


# the guard


def refusal(world: World, payment: Session) -> tuple[int, str]:
    return error_of(world.notify(claim_of(payment.token)))


NO_LONGER_OWED = (409, "NO_LONGER_OWED")


def test_a_checkout_that_is_paid_already_gets_no_ok(each_world: World, log: list[EventDict]) -> None:
    checkout = each_world.saleor.create_checkout(total="1234.50", phone=RICH)
    lost, paying = (unanswered_payment(each_world, checkout.id) for _ in range(2))
    each_world.type_code(paying)
    each_world.work()
    assert each_world.charged(paying) == "1234.50"
    asked = len(each_world.saleor.graphql_calls)
    assert refusal(each_world, lost) == NO_LONGER_OWED
    assert len(each_world.saleor.graphql_calls) == asked + 1
    assert "no longer owed" in alerts(log)
    each_world.type_code(lost)
    assert each_world.provider.balance_of(RICH_DIGITS) == 100_000 - 1234.5


def test_an_order_that_is_paid_already_gets_no_ok(each_world: World) -> None:
    order = each_world.saleor.create_order(total="1234.50", phone=RICH)
    stuck, paying = (unanswered_payment(each_world, order.id) for _ in range(2))
    each_world.paid(paying)
    assert refusal(each_world, stuck) == NO_LONGER_OWED
    assert each_world.pay(order.id, amount="1234.50").problems == ["payment_in_progress"]


@pytest.mark.parametrize(("total", "owed"), [("1234.49", False), ("1234.50", True), ("2000", True), ("0.01", False)])
def test_a_basket_that_costs_less_by_now_gets_no_ok(world: World, total: str, owed: bool) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, total)
    assert world.notify(claim_of(payment.token)).status_code == (200 if owed else 409)


@pytest.mark.parametrize("source", ["create_checkout", "create_order"])
def test_what_was_paid_in_part_still_owes_the_rest_and_no_more(each_world: World, source: str) -> None:
    source_id = getattr(each_world.saleor, source)(total="1234.50", phone=RICH).id
    much, part = (unanswered_payment(each_world, source_id, amount=amount) for amount in ("734.51", "500"))
    each_world.paid(part)
    assert refusal(each_world, much) == NO_LONGER_OWED
    assert each_world.pay(source_id, amount="734.51").problems == ["payment_in_progress"]
    rest = each_world.pay(source_id)
    each_world.paid(rest)
    assert each_world.charged(rest) == "734.50"


def test_a_transaction_that_saleor_lost_gets_no_ok(world: World) -> None:
    payment = open_payment(world)
    port = int(world.saleor.url.rpartition(":")[2])
    world.saleor.stop()
    empty = type(world.saleor)(world.saleor.version, key=world.key, clock=world.clock.seconds)
    empty.start(port)
    try:
        empty.install(f"{world.url}/api/manifest")
        assert refusal(world, payment) == NO_LONGER_OWED
    finally:
        empty.stop()


def test_a_guard_that_refused_leaves_the_transfer_open(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, "1")
    assert refusal(world, payment) == NO_LONGER_OWED
    assert world.transfer(payment).claimed_at is None
    world.saleor.change_total(checkout.id, "1234.50")
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


@pytest.mark.parametrize("how", ["drop", "500", "html", "garbled"])
def test_a_saleor_that_gives_no_answer_does_not_stand_in_the_way(world: World, how: str) -> None:
    payment = open_payment(world)
    world.saleor.down(how=how)
    assert world.notify(claim_of(payment.token)).text == "OK"


def test_a_saleor_that_denies_us_cannot_be_told_so_there_is_no_ok(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.saleor.uninstall(each_world.app)
    assert refusal(each_world, payment) == (409, "UNINSTALLED")
    assert "UNINSTALLED" in each_world.story(payment)


def test_a_silent_saleor_is_waited_for_a_second_and_a_half(world: World) -> None:
    payment = open_payment(world)
    world.saleor.slow(10)
    began = time.monotonic()
    assert world.notify(claim_of(payment.token)).text == "OK"
    assert 1.3 < time.monotonic() - began < 5


def test_a_merchant_can_do_without_the_guard(world: World) -> None:
    world.choose(guard=False)
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, "1")
    asked = len(world.saleor.graphql_calls)
    assert world.notify(claim_of(payment.token)).text == "OK"
    assert len(world.saleor.graphql_calls) == asked


# a claim of what the provider never knew


def forged_claim(world: World) -> tuple[str, Session]:
    """Lets somebody who learned the address claim a transfer whose `init` never arrived."""
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = unanswered_payment(world, checkout.id, arrived=False)
    assert world.notify(claim_of(payment.token)).text == "OK"
    return checkout.id, payment


def test_a_claim_in_vain_keeps_the_checkout_waiting_for_a_day_and_is_followed_on(
    world: World, log: list[EventDict]
) -> None:
    checkout, forged = forged_claim(world)
    world.clock.forward(hours=23, minutes=50)
    world.work()
    assert world.pay(checkout).problems == ["payment_in_progress"]

    for _ in range(2):
        world.clock.forward(minutes=70)
        world.work()
    world.paid(world.pay(checkout))

    assert (world.transfer(forged).decided, bool(world.transfer(forged).claimed_at)) == (False, True)
    assert world.story(forged).count("CLAIM_IN_VAIN") == 1
    assert "claim in vain" in alerts(log)
    asked = world.checkouts(forged)
    world.clock.forward(hours=2)
    world.work()
    assert world.checkouts(forged) > asked


def test_a_claim_in_vain_that_is_repeated_gains_no_further_day(world: World) -> None:
    checkout, forged = forged_claim(world)
    for _ in range(25):
        world.clock.forward(hours=1)
        world.notify(claim_of(forged.token))
        world.work()
    world.paid(world.pay(checkout))


def test_a_claim_of_what_the_provider_knew_once_keeps_others_waiting_while_it_refuses(
    world: World, log: list[EventDict]
) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    world.notify(claim_of(world.pay(checkout.id).token))
    world.provider.platform(UID).secret = "another"
    world.clock.forward(hours=30)
    world.work()

    assert "checkout refused" in {each["event"] for each in log}
    assert world.pay(checkout.id).problems == ["payment_in_progress"]
