"""Finding out the truth: when the provider is asked, what is believed, and what of it reaches Saleor."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from structlog.typing import EventDict

from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import save_credentials
from saleor_kupikupi.store import due
from tests.clock import eventually
from tests.world import RICH, RICH_DIGITS, SECRET, UID, Session, World
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


def open_payment(world: World) -> Session:
    return world.pay(world.saleor.create_checkout(total="1234.50", phone=RICH).id)


def unanswered_payment(world: World, fault: str = "drop_after") -> Session:
    world.provider.fault(fault, "init", times=1)
    return open_payment(world)


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


def told(world: World, payment: Session) -> list[tuple[str, str]]:
    return [
        (each.input["type"], each.input["pspReference"])
        for each in world.saleor.reports
        if str(each.input["token"]) == payment.token
    ]


def alerts(log: list[EventDict]) -> list[str]:
    return [each["event"] for each in log if each["log_level"] == "error"]


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
    assert world.work() == 0
    assert world.checkouts(payment) == asked


def test_a_buyer_who_never_comes_back_is_charged_all_the_same(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.paid(payment)
    assert each_world.charged(payment) == "1234.50"
    assert told(each_world, payment) == [("CHARGE_SUCCESS", payment.token)]
    assert each_world.saleor.transaction(payment.token).actions == ()


def test_a_notification_that_never_comes_leaves_the_points_and_ends_cancelled(each_world: World) -> None:
    each_world.provider.fault("notification_lost")
    payment = open_payment(each_world)
    each_world.type_code(payment)
    each_world.clock.forward(minutes=11)
    each_world.work()
    assert told(each_world, payment) == [("CHARGE_FAILURE", f"{payment.token}:canceled")]
    assert each_world.process(payment).event.psp_reference == f"{payment.token}:canceled"
    assert each_world.provider.balance_of(RICH_DIGITS) == 100_000


def test_a_rejected_transfer_is_reported_as_a_failure(each_world: World) -> None:
    each_world.provider.set_balance(RICH_DIGITS, 1)
    payment = open_payment(each_world)
    each_world.paid(payment)
    assert each_world.provider.transfer(payment.token).status == "REJECTED"
    assert told(each_world, payment) == [("CHARGE_FAILURE", f"{payment.token}:rejected")]
    assert each_world.charged(payment) == "0.00"


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
    world.provider.fault("latency", "checkout", seconds=0.3)
    world.clock.forward(seconds=15)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(world.work)
        assert eventually(lambda: world.checkouts(payment))
        back = world.process(payment)
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
    patient.provider.fault("latency", "checkout", times=1, seconds=0.3, after=True)
    patient.clock.forward(seconds=15)
    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(patient.work)
        assert eventually(lambda: patient.checkouts(payment))
        patient.type_code(payment)
        working.result()
    patient.work()
    assert patient.charged(payment) == "1234.50"


# what is believed


@pytest.mark.parametrize("how", ["superseded", "abandoned", "never opened", "REJECTED", "CANCELED"])
def test_a_late_confirmation_is_booked_and_somebody_is_told(
    each_world: World, how: str, log: list[EventDict]
) -> None:
    world = each_world
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    if how in ("abandoned", "never opened"):
        world.provider.fault("drop_after", "init", times=1)
    payment = world.pay(checkout.id)
    if how == "superseded":
        world.pay(checkout.id)
        assert world.transfer(payment).superseded_at is not None
    elif how == "abandoned":
        world.process(payment)
        assert world.transfer(payment).abandoned_at is not None
    elif how == "never opened":
        world.provider.fault("unknown_order", times=1)
        world.clock.forward(hours=25)
        world.work()
        assert world.transfer(payment).never_opened_at is not None
    else:
        world.provider.force(payment.token, how)
        world.check(payment)
        world.work()
        assert world.transfer(payment).state == how
    world.provider.force(payment.token, "CONFIRMED")
    world.notify(f'{{"orderId": "{payment.token}", "transferStatus": "CONFIRMED"}}'.encode())
    world.work()
    assert told(world, payment)[-1] == ("CHARGE_SUCCESS", payment.token)
    assert world.charged(payment) == "1234.50"
    assert "confirmed after all, look for a double payment" in alerts(log)


@pytest.mark.parametrize("how", ["superseded", "abandoned"])
def test_a_withdrawn_transfer_is_followed_until_it_is_final(world: World, how: str) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    if how == "abandoned":
        world.provider.fault("drop_after", "init", times=1)
    payment = world.pay(checkout.id)
    if how == "abandoned":
        world.process(payment)
    else:
        world.pay(checkout.id)
    world.provider.force(payment.token, "CONFIRMED")
    world.clock.forward(seconds=15)
    world.work()
    assert world.charged(payment) == "1234.50"


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("CONFIRMED", "REJECTED"),
        ("CONFIRMED", "CANCELED"),
        ("CONFIRMED", "NEW"),
        ("REJECTED", "CANCELED"),
        ("REJECTED", "NEW"),
        ("CANCELED", "REJECTED"),
        ("CANCELED", "FORM_SHOWED"),
    ],
)
def test_a_contradiction_changes_nothing(world: World, first: str, then: str, log: list[EventDict]) -> None:
    payment = open_payment(world)
    world.provider.force(payment.token, first)
    world.check(payment)
    world.work()
    booked, reported = world.charged(payment), told(world, payment)
    world.provider.force(payment.token, then)
    world.check(payment)
    world.work()
    assert world.transfer(payment).state == first
    assert (world.charged(payment), told(world, payment)) == (booked, reported)
    assert "contradictory status" in alerts(log)
    assert "CONTRADICTION" in world.story(payment)


def test_a_refused_checkout_changes_nothing_and_warns(world: World, log: list[EventDict]) -> None:
    payment = open_payment(world)
    world.provider.fault("unknown_order")
    world.clock.forward(seconds=15)
    world.work()
    assert world.transfer(payment).state == "OPEN"
    assert not world.transfer(payment).withdrawn
    assert [each["log_level"] for each in log if each["event"] == "checkout refused"] == ["warning"]
    assert world.process(payment).data["transferURL"] == payment.data["transferURL"]
    world.provider.clear_faults()
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_a_transfer_with_a_form_is_never_closed_by_refusals_alone(world: World) -> None:
    payment = open_payment(world)
    world.provider.fault("unknown_order")
    world.clock.forward(days=3)
    world.work()
    assert world.transfer(payment).state == "OPEN"
    assert world.transfer(payment).never_opened_at is None


def test_a_claimed_transfer_is_never_closed_as_never_opened(world: World) -> None:
    payment = unanswered_payment(world, "drop_before")
    world.notify(f'{{"orderId": "{payment.token}", "transferStatus": "CONFIRMED"}}'.encode())
    world.clock.forward(days=3)
    world.work()
    assert world.transfer(payment).never_opened_at is None


def test_an_unanswered_transfer_that_nobody_knows_is_closed_after_a_day(each_world: World) -> None:
    payment = unanswered_payment(each_world, "drop_before")
    each_world.clock.forward(hours=23)
    each_world.work()
    assert each_world.transfer(payment).never_opened_at is None
    each_world.clock.forward(hours=2)
    each_world.work()
    assert told(each_world, payment) == [("CHARGE_FAILURE", f"{payment.token}:never-opened")]
    assert each_world.process(payment).event.type == "CHARGE_FAILURE"


def test_an_unknown_status_counts_as_open_and_warns(world: World, log: list[EventDict]) -> None:
    payment = open_payment(world)
    world.provider.fault("unknown_status", "checkout", times=1, value="ON_HOLD")
    world.check(payment)
    assert world.transfer(payment).state == "OPEN"
    assert [(each["log_level"], each["status"]) for each in log if each["event"] == "unknown status"] == [
        ("warning", "ON_HOLD")
    ]
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


@pytest.mark.parametrize("fault", ["error_500", "html", "drop_before", "redirect", "huge", "wrong_order", "omit"])
def test_an_answer_that_is_none_changes_nothing_and_is_asked_for_again(patient: World, fault: str) -> None:
    payment = open_payment(patient)
    details = {"transferStatus": True} if fault == "omit" else {}
    patient.provider.force(payment.token, "CONFIRMED")
    patient.provider.fault(fault, "checkout", times=1, **details)
    patient.clock.forward(seconds=15)
    patient.work()
    assert patient.transfer(payment).state == "OPEN"
    patient.clock.forward(seconds=30)
    patient.work()
    assert patient.charged(payment) == "1234.50"


# the test environment


def test_a_test_charge_says_so_in_its_message_and_its_name(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.paid(payment)
    transaction = each_world.saleor.transaction(payment.token)
    assert transaction.name == "TEST Купи-Купи · 1\N{NO-BREAK SPACE}234,50 баллов"
    messages = [event.message for event in transaction.events if event.type == "CHARGE_SUCCESS"]
    assert messages == ["TEST: The points moved to the merchant."]


def test_a_success_that_the_buyer_learns_of_first_says_test_as_well(world: World) -> None:
    payment = open_payment(world)
    world.type_code(payment)
    assert world.process(payment).event.message.startswith("TEST")
    world.work()
    assert world.saleor.transaction(payment.token).name.startswith("TEST")


def in_production(world: World) -> None:
    save_credentials(world.parts, world.connection, Environment.PRODUCTION, UID, SECRET, world.provider.base_url)
    world.choose(environment=Environment.PRODUCTION)
    world.provider.platform(UID).notification_url = world.notification_url(Environment.PRODUCTION)


def test_a_real_charge_does_not_say_test(world: World) -> None:
    in_production(world)
    payment = open_payment(world)
    world.paid(payment)
    transaction = world.saleor.transaction(payment.token)
    assert world.charged(payment) == "1234.50"
    assert transaction.name == "Купи-Купи · 1\N{NO-BREAK SPACE}234,50 баллов"
    assert [event.message for event in transaction.events if "TEST" in event.message] == []


def test_a_notification_alone_counts_for_nothing_by_default(world: World) -> None:
    world.provider.fault("unknown_order")
    payment = open_payment(world)
    world.paid(payment)
    assert world.charged(payment) == "0.00"
    assert world.transfer(payment).state == "OPEN"


def test_a_test_connection_may_let_the_notification_count_where_checkout_is_refused(each_world: World) -> None:
    each_world.choose(trust_test_notification=True)
    each_world.provider.fault("unknown_order")
    payment = open_payment(each_world)
    each_world.paid(payment)
    assert each_world.charged(payment) == "1234.50"


def test_a_trusted_notification_may_say_no(world: World) -> None:
    world.choose(trust_test_notification=True)
    world.provider.fault("unknown_order")
    payment = open_payment(world)
    world.provider.notify(payment.token, transferStatus="REJECTED")
    world.work()
    assert told(world, payment) == [("CHARGE_FAILURE", f"{payment.token}:rejected")]


def test_a_trusted_notification_does_not_count_against_what_checkout_says(world: World) -> None:
    world.choose(trust_test_notification=True)
    payment = open_payment(world)
    world.provider.notify(payment.token)
    world.work()
    assert world.charged(payment) == "0.00"


def test_trust_needs_a_notification(world: World) -> None:
    world.choose(trust_test_notification=True)
    world.provider.fault("unknown_order")
    payment = open_payment(world)
    world.clock.forward(seconds=15)
    world.work()
    assert world.transfer(payment).state == "OPEN"


def test_in_production_no_notification_is_ever_trusted(world: World) -> None:
    world.choose(trust_test_notification=True)
    in_production(world)
    world.provider.fault("unknown_order")
    payment = open_payment(world)
    assert world.provider.notify(payment.token).ok
    world.work()
    assert world.charged(payment) == "0.00"
    assert world.transfer(payment).state == "OPEN"
