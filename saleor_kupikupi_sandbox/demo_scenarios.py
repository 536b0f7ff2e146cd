"""The demo's payments: who pays, and what goes wrong on the way."""

from decimal import Decimal
from typing import Final

from saleor_kupikupi_sandbox.demo_app import Trouble
from saleor_kupikupi_sandbox.demo_payment import CONFIRMED, Payment, Scenario
from saleor_kupikupi_sandbox.demo_traffic import roubles

CHANNEL: Final = "rub"
CHANNEL_AUTOMATIC: Final = "rub-auto"  # turns a paid checkout into an order by itself
FORM_LIFETIME: Final = 12.0  # seconds; the app first looks at an open transfer after 15
NOTIFICATION_DELAYS: Final = (0.0, 2.0)  # sent at once and repeated once
POINTS: Final = {"79161230001": 10_000, "79161230002": 10_000, "79161230003": 10_000, "79161230004": 10_000}


def pays_and_returns(payment: Payment) -> None:
    """Everything goes well."""
    payment.open()
    payment.type_code()
    payment.come_back()
    payment.wait_for_charge()  # a buyer who is quick comes back before the app has asked how it ended
    payment.place_order()
    payment.wait_for_report()


def fails_and_returns(payment: Payment) -> None:
    """The provider says no once the code is typed."""
    payment.open()
    payment.type_code()
    payment.come_back()
    payment.wait_for_report()


def never_returns(payment: Payment) -> None:
    """The notification alone must bring the order about."""
    payment.open()
    payment.type_code()
    payment.story.tell("buyer", "", "closes the browser and never comes back")
    payment.wait_for_charge()
    payment.stage.wait("the order", lambda: payment.order is not None)
    payment.story.tell("Saleor", "", "turns the paid checkout into an order by itself")


def loses_one_notification(payment: Payment) -> None:
    """The first notification is lost, its repetition arrives."""
    payment.open()
    payment.stage.provider.fault("notification_lost", times=1, order_id=payment.reference)
    payment.type_code()
    payment.wait_for_charge()
    payment.place_order()


def loses_every_notification(payment: Payment) -> None:
    """Nobody says OK, so the points stay; Saleor must hear of it all the same."""
    payment.open()
    payment.stage.provider.fault("notification_lost", order_id=payment.reference)
    payment.type_code()
    payment.story.tell("buyer", "", f"waits in vain; the form runs out {FORM_LIFETIME:.0f} s after it was made")
    payment.wait_for_failure()


def is_cut_off_by_a_crash(payment: Payment) -> None:
    """The app dies right after its OK, upon which the points move, and must book the charge once it is back."""
    stage = payment.stage
    payment.open()
    # A slow answer to the app's first question keeps it from being quicker than the kill.
    stage.provider.fault("latency", "checkout", 1, order_id=payment.reference, seconds=1.0)
    payment.type_code()
    stage.app.kill()
    payment.story.tell("demo", "app", "kill -9, all its processes at once")
    stage.wait("the moved points", lambda: payment.moved > 0)
    payment.story.tell("", "", f"by now {roubles(payment.moved)} moved and {roubles(payment.charged)} charged")
    lost = payment.charged == 0
    stage.app.start()
    payment.story.tell("demo", "app", "started again")
    payment.wait_for_charge()
    payment.place_order()
    if not lost:
        raise Trouble("the app was quicker than the kill, which therefore shows nothing")


TOGETHER: Final = (
    Scenario("The first test phone", "79000000001", Decimal("1234.50"), CHANNEL, CONFIRMED, pays_and_returns),
    Scenario("The second test phone", "79000000002", Decimal("500.00"), CHANNEL, "REJECTED", fails_and_returns),
    Scenario("The third test phone", "79000000003", Decimal("750.00"), CHANNEL, "CANCELED", fails_and_returns),
    Scenario("A buyer never returns", "79161230001", Decimal("2490.00"), CHANNEL_AUTOMATIC, CONFIRMED, never_returns),
    Scenario("One notification is lost", "79161230002", Decimal("640.90"), CHANNEL, CONFIRMED, loses_one_notification),
)
CRASH: Final = Scenario(
    "The app is killed after its OK", "79161230003", Decimal("3199.99"), CHANNEL, CONFIRMED, is_cut_off_by_a_crash
)
SLOW: Final = Scenario(
    "Every notification is lost", "79161230004", Decimal("980.00"), CHANNEL, "CANCELED", loses_every_notification
)
