"""What the worker does first: whatever somebody waits for; and what it does beside a provider that hangs."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from saleor_kupikupi.worker import Worker
from tests.clock import eventually
from tests.journeys.payments import confirmed_payment, open_payment
from tests.journeys.test_several_saleors import pair
from tests.world import Session, World

__all__ = ["pair"]

ABANDONED = 10


@contextmanager
def worker_of(world: World, threads: int) -> Iterator[None]:
    stop = Event()
    thread = Thread(target=Worker(world.parts, threads=threads, beat=lambda _: None).run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def asked_before(world: World, payment: Session) -> int:
    """Waits until the provider was asked about a payment, and counts the questions about others that came before."""
    assert eventually(lambda: world.checkouts(payment) > 0, 10)
    return [call.body.get("orderId") for call in world.provider.calls("checkout")].index(payment.token)


def test_a_claimed_payment_does_not_wait_for_abandoned_forms(world: World) -> None:
    for _ in range(ABANDONED):
        open_payment(world)
    world.clock.forward(minutes=1)
    paid = confirmed_payment(world)
    world.provider.fault("latency", "checkout", seconds=0.3)
    with worker_of(world, threads=2):
        assert asked_before(world, paid) <= 1


def test_a_neighbour_whose_provider_hangs_leaves_threads_for_others(pair: tuple[World, World]) -> None:
    ours, neighbour = pair
    for _ in range(ABANDONED):
        hanging = open_payment(neighbour)
        ours.provider.fault("latency", "checkout", order_id=hanging.token, seconds=0.5)
    ours.clock.forward(minutes=1)
    payment = open_payment(ours)
    ours.clock.forward(minutes=1)
    with worker_of(ours, threads=8):
        assert asked_before(ours, payment) <= 3
