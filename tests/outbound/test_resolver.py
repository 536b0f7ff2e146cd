import socket
import threading
from typing import Any

import pytest

from saleor_kupikupi.resolver import Resolver


def test_a_resolver_that_hangs_holds_a_bounded_number_of_threads() -> None:
    answered, asked = threading.Event(), threading.Semaphore(0)

    def hang(*_: object, **__: object) -> list[Any]:
        asked.release()
        answered.wait(20)
        return [("", "", "", "", ("192.0.2.1", 80))]

    resolver = Resolver(hang, threads=2)
    for number in range(5):
        with pytest.raises(socket.gaierror):
            resolver.look_up(f"shop-{number}.example", 80, 0.02)
    assert [asked.acquire(timeout=5), asked.acquire(timeout=5), asked.acquire(timeout=0.05)] == [True, True, False]
    answered.set()
    assert resolver.look_up("shop.example", 80, 5) == [("192.0.2.1", 80)]
