"""Two hundred buyers who come back at the very moment at which the app hears that they paid: all end paid, once.

The app's own worker does the background work, as in a shop. Every other channel completes paid checkouts by itself.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from decimal import Decimal
from threading import Event, Thread

import pytest

from saleor_kupikupi.store.database import migrate
from saleor_kupikupi.worker import Worker
from saleor_kupikupi_sandbox.saleor import NotPayable
from tests.clock import eventually
from tests.postgres import fresh_database, postgres_url
from tests.world import Session, World
from tests.world import world as made_world

BUYERS = 200
AT_ONCE = 12
POINTS = Decimal(5000)
TOTAL = Decimal("1234.50")
PATIENCE = 10.0


def phone_of(buyer: int) -> str:
    return f"7916{buyer:07}"


def channel_of(buyer: int) -> str:
    return "automatic" if buyer % 2 else "rub"


@pytest.fixture
def postgresql_url() -> Iterator[str]:
    with postgres_url() as server, fresh_database(server) as url:
        migrate(url)
        yield url


@pytest.fixture(params=["database_url", "postgresql_url"], ids=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest) -> Iterator[World]:
    balances = {phone_of(buyer): POINTS for buyer in range(BUYERS)}
    with made_world(request.getfixturevalue(request.param), balances=balances) as made:
        made.saleor.channel("automatic", automatic_completion=True, completion_delay=0.05)
        yield made


@contextmanager
def worker_of(shop: World) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=Worker(shop.parts, threads=8, beat=lambda _: None).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def buy(shop: World, buyer: int) -> Session:
    """Types the code and comes back to the shop at once, and once more when the provider lets go of the buyer."""
    payment = shop.pay(shop.saleor.create_checkout(channel_of(buyer), TOTAL, phone=f"+{phone_of(buyer)}").id)
    typing = Thread(target=shop.type_code, args=(payment,))
    typing.start()
    shop.process(payment)
    typing.join()
    shop.process(payment)
    return payment


def is_ordered(shop: World, buyer: int, payment: Session) -> bool:
    """Says whether a buyer has an order; places it where no channel does so by itself."""
    if channel_of(buyer) == "rub":
        with suppress(NotPayable):  # not paid, as far as Saleor knows now
            shop.saleor.checkout_complete(payment.transaction.checkout_id or "")
    return shop.saleor.transaction(payment.token).order_id is not None


def test_everybody_is_charged_once_and_has_an_order(shop: World) -> None:
    with worker_of(shop):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            payments = list(pool.map(lambda buyer: buy(shop, buyer), range(BUYERS)))
        waiting = list(enumerate(payments))

        def nobody_waits() -> bool:
            waiting[:] = [each for each in waiting if not is_ordered(shop, *each)]
            return not waiting

        eventually(nobody_waits, PATIENCE)

    transactions = [shop.saleor.transaction(payment.token) for payment in payments]
    assert Counter(each.charged for each in transactions) == {TOTAL: BUYERS}
    successes = [event for each in transactions for event in each.events if event.type == "CHARGE_SUCCESS"]
    assert len(successes) == BUYERS
    assert {each.order_id for each in transactions} == {order.id for order in shop.saleor.orders}
    assert Counter(order.charge_status for order in shop.saleor.orders) == {"FULL": BUYERS}
    assert {shop.provider.balance_of(phone_of(buyer)) for buyer in range(BUYERS)} == {POINTS - TOTAL}
