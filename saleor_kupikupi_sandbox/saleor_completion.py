"""Knows when a covered checkout becomes an order by itself. Must not know who paid it, or how.

A real 3.21 completes about a second after the payment, later versions after 5 to 58 s and the channel's delay.
"""

import threading
from collections.abc import Callable
from contextlib import suppress

from saleor_kupikupi_sandbox.saleor_records import Checkout
from saleor_kupikupi_sandbox.saleor_shop import NotPayable


class Completion:
    """The clockwork that completes checkouts; `complete` may raise NotPayable."""

    def __init__(self, complete: Callable[[str], object]) -> None:
        self._complete = complete
        self._timers: list[threading.Timer] = []

    def begin(self, checkout: Checkout) -> None:
        """Completes a covered checkout after its channel's delay, where the channel does so by itself."""
        if not checkout.channel.automatic_completion:
            return
        timer = threading.Timer(checkout.channel.completion_delay, self._quietly, (checkout.id,))
        timer.daemon = True
        self._timers.append(timer)
        timer.start()

    def stop(self) -> None:
        """Gives up what waits."""
        for timer in self._timers:
            timer.cancel()

    def _quietly(self, checkout_id: str) -> None:
        with suppress(NotPayable):
            self._complete(checkout_id)
