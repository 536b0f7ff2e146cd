"""One buyer's payment as it is seen from outside the app: what people do, what both sides have booked.

Knows the two stand-ins and the app as a program. Must not know how the app works.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from saleor_kupikupi_sandbox.demo_app import Program, Trouble
from saleor_kupikupi_sandbox.demo_trace import Story
from saleor_kupikupi_sandbox.demo_traffic import Traffic, roubles
from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Transfer
from saleor_kupikupi_sandbox.saleor import NotPayable, Result, Saleor
from saleor_kupikupi_sandbox.saleor_records import Order

PATIENCE: Final = 45.0  # seconds; a killed app costs a lease of 20 and the look after it
CONFIRMED: Final = "CONFIRMED"


@dataclass(frozen=True)
class Stage:
    """All that the payments act on; `gateway` is the installed app's id in Saleor."""

    provider: Kupikupi
    saleor: Saleor
    app: Program
    gateway: str
    traffic: Traffic
    stopping: threading.Event

    def wait(self, what: str, happened: Callable[[], bool]) -> None:
        """Waits until something can be seen from outside. Raises Trouble where it does not come about."""
        deadline = time.monotonic() + PATIENCE
        while not happened():
            self.traffic.look()
            if time.monotonic() > deadline:
                raise Trouble(f"{what}: not seen within {PATIENCE:.0f} s")
            if self.stopping.wait(0.02):
                raise Trouble("stopped before the end")
        self.traffic.look()


@dataclass(frozen=True)
class Scenario:
    """Who pays how much in which channel, what happens, and the provider's status that it must end with."""

    title: str
    phone: str
    amount: Decimal
    channel: str
    ends: str
    play: Callable[["Payment"], None]


@dataclass(frozen=True)
class Books:
    """What both sides have booked for one payment, in roubles; `wrong` says what is not as it must be."""

    status: str = "?"
    moved: Decimal = Decimal(0)
    charged: Decimal = Decimal(0)
    order: str = "none"
    events: Sequence[str] = ()
    wrong: list[str] = field(default_factory=list)


class Payment:
    """One scenario on its way; it begins at once, on one of the pool's threads."""

    def __init__(self, scenario: Scenario, stage: Stage, pool: Executor) -> None:
        self.scenario = scenario
        self.stage = stage
        self.story = Story(f"{scenario.title} · {roubles(scenario.amount)} · +{scenario.phone}", stage.traffic)
        self._checkout_id = ""
        self._opened = Result()
        self._failure = ""
        self._points = stage.provider.balance_of(scenario.phone)
        self.ended: Future[None] = pool.submit(self._run)

    def _run(self) -> None:
        try:
            self.scenario.play(self)
        except Trouble as trouble:
            self._failure = str(trouble)
        except Exception as error:  # noqa: BLE001 - the other payments go on, this one is shown as wrong
            self._failure = f"{type(error).__name__}: {error}"

    # what people do

    def open(self) -> None:
        """Opens the payment of a new basket; leaves the buyer before the provider's form. Raises Trouble."""
        scenario, saleor, gateway = self.scenario, self.stage.saleor, self.stage.gateway
        self._checkout_id = saleor.create_checkout(scenario.channel, scenario.amount, phone=f"+{scenario.phone}").id
        offer = saleor.gateway_initialize(self._checkout_id, gateway)
        if not (offer["data"] or {}).get("available"):
            raise Trouble(f"points are not offered: {offer['errors'] or offer['data']}")
        self.story.tell("shop", "Saleor", f"paymentGatewayInitialize: «{offer['data']['label']}»")
        self.story.tell("shop", "Saleor", f"transactionInitialize, {roubles(scenario.amount)}")
        self._opened = saleor.transaction_initialize(self._checkout_id, gateway)
        if self._opened.event is None or self._opened.event.type != "CHARGE_ACTION_REQUIRED":
            raise Trouble(f"the payment was not opened: {self._opened.errors or self._opened.event}")
        self.story.reference = self.reference
        self.story.tell("shop", "buyer", "this way to Kupi-Kupi's form")

    def type_code(self) -> None:
        """Types the code on the form; returns after the first notification was answered, if it was sent."""
        form = self._opened.data["transferURL"]
        self.stage.provider.open_form(form)
        self.story.tell("buyer", "Kupi-Kupi", "opens the form, types the code")
        self.stage.provider.type_code(form, self.transfer.code)

    def come_back(self) -> None:
        """Returns to the shop, which asks how it ended."""
        back = self.stage.saleor.transaction_process(self.reference)
        self.story.tell("shop", "Saleor", f"transactionProcess: {back.event.type if back.event else back.errors}")

    def place_order(self) -> None:
        """Turns the paid checkout into an order. Raises Trouble."""
        try:
            order = self.stage.saleor.checkout_complete(self._checkout_id)
        except NotPayable as error:
            raise Trouble(f"no order can be placed: {error}") from None
        self.story.tell("shop", "Saleor", f"checkoutComplete: order {order.number}")

    # what can be seen

    @property
    def reference(self) -> str:
        """Is the transaction's token, which is the order's id at the provider. Raises Trouble."""
        if self._opened.transaction is None:
            raise Trouble("the payment was not opened")
        return self._opened.transaction.token

    @property
    def transfer(self) -> Transfer:
        """Is the provider's side of it."""
        return self.stage.provider.transfer(self.reference)

    @property
    def order(self) -> Order | None:
        """Is what the checkout became."""
        return self.stage.saleor.order_from(self._checkout_id)

    @property
    def charged(self) -> Decimal:
        """Is what Saleor has booked."""
        return self.stage.saleor.transaction(self.reference).charged

    @property
    def moved(self) -> Decimal:
        """Is what the buyer has lost; a test phone's balance never changes, there the status tells."""
        lost = self._points - self.stage.provider.balance_of(self.scenario.phone)
        is_test_phone = self.scenario.phone.startswith("7900000000")
        return self.scenario.amount if is_test_phone and self.transfer.status == CONFIRMED else lost

    @property
    def events(self) -> list[str]:
        """Lists the kinds of the events that Saleor counts."""
        return [each.type for each in self.stage.saleor.transaction(self.reference).events if each.included]

    def wait_for_charge(self) -> None:
        """Waits until Saleor has booked the charge. Raises Trouble."""
        self.stage.wait("the charge in Saleor", lambda: self.charged > 0)

    def wait_for_report(self) -> None:
        """Waits until the app has told Saleor how it ended, whoever brought it out. Raises Trouble."""
        self.stage.wait(
            "the app's report",
            lambda: any(each.input.get("token") == self.reference for each in self.stage.saleor.reports),
        )

    def wait_for_failure(self) -> None:
        """Waits until Saleor knows that nothing is paid. Raises Trouble."""
        self.stage.wait("the failure in Saleor", lambda: "CHARGE_FAILURE" in self.events)

    def books(self) -> Books:
        """Compares both sides, as they are now, with each other and with what must have come of it."""
        if self._opened.transaction is None:
            return Books(wrong=[self._failure])
        wrong = [text for text, holds in self._must().items() if not holds]
        order = f"no. {self.order.number}" if self.order else "none"
        failures = [self._failure] if self._failure else []
        return Books(self.transfer.status, self.moved, self.charged, order, self.events, failures + wrong)

    def _must(self) -> dict[str, bool]:
        both = {
            f"Kupi-Kupi must say {self.scenario.ends}": self.transfer.status == self.scenario.ends,
            "Saleor must have charged what was moved": self.charged == self.moved,
        }
        if self.scenario.ends == CONFIRMED:
            return both | {
                "the points must have moved": self.moved == self.scenario.amount,
                "Saleor must have booked one success": self.events.count("CHARGE_SUCCESS") == 1,
                "there must be a paid order": self.order is not None and self.order.charge_status == "FULL",
            }
        return both | {
            "the points must have stayed": self.moved == 0,
            "Saleor must have booked a failure": "CHARGE_FAILURE" in self.events,
            "there must be no success and no order": "CHARGE_SUCCESS" not in self.events and self.order is None,
        }
