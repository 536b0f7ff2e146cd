"""What is believed of a transfer, and what of it reaches Saleor."""

import pytest
from structlog.typing import EventDict

from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import save_credentials
from tests.journeys.payments import alerts, claim_of, open_payment, told, unanswered_payment
from tests.world import RICH, RICH_DIGITS, SECRET, UID, World


def test_a_buyer_who_never_comes_back_is_charged_all_the_same(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.paid(payment)
    assert each_world.charged(payment) == "1234.50"
    assert told(each_world, payment) == [("CHARGE_SUCCESS", payment.token)]
    assert each_world.saleor.transaction(payment.token).actions == ("REFUND",)


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


@pytest.mark.parametrize("how", ["superseded", "abandoned", "never opened", "REJECTED", "CANCELED"])
def test_a_late_confirmation_is_booked_and_somebody_is_told(each_world: World, how: str, log: list[EventDict]) -> None:
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
    world.notify(claim_of(payment.token))
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
    payment = unanswered_payment(world, arrived=False)
    world.notify(claim_of(payment.token))
    world.clock.forward(days=3)
    world.work()
    assert world.transfer(payment).never_opened_at is None


def test_an_unanswered_transfer_that_nobody_knows_is_closed_after_a_day(each_world: World) -> None:
    payment = unanswered_payment(each_world, arrived=False)
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


# the test environment


def test_a_test_charge_says_so_in_its_message(each_world: World) -> None:
    payment = open_payment(each_world)
    each_world.paid(payment)
    transaction = each_world.saleor.transaction(payment.token)
    messages = [event.message for event in transaction.events if event.type == "CHARGE_SUCCESS"]
    assert messages == ["TEST: The points moved to the merchant."]


def test_a_success_that_the_buyer_learns_of_first_says_test_as_well(world: World) -> None:
    payment = open_payment(world)
    world.type_code(payment)
    assert world.process(payment).event.message.startswith("TEST")


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
