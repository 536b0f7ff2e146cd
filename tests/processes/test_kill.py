"""kill -9 of the whole app between any two commits of a payment, then a new start.

However it dies, every transfer ends final or never opened, and Saleor has booked what the provider moved.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi_sandbox.saleor_records import Transaction
from saleor_kupikupi_sandbox.serving import HangUp, Served, serve

from tests.processes.running import Mortal, eventually, is_ready
from tests.processes.stage import FileClock, Stage, stage as made_stage
from tests.world import RICH, Session, install

STRIDE = 4


class Doomed:
    """A world whose app is killed again and again."""

    def __init__(self, world: Stage, app: Mortal) -> None:
        self.world = world
        self.app = app

    def start(self) -> None:
        """Starts the app and waits until it can do its work."""
        self.app.start()
        assert eventually(lambda: is_ready(self.world.settings.port) or self.app.is_dead), "it never became ready"
        assert not self.app.is_dead, self.app.output

    def told(self, session: Session) -> bool:
        """Tells whether all that Saleor must know of a transfer has reached it."""
        row = self.world.find(session.token)
        if row is None or not row.decided:
            return False
        return all(report.state == "delivered" for report in self.world.reports(session))

    def settle(self, source: str) -> None:
        """Lets the leases of the dead run out, then lets a day pass."""
        assert eventually(lambda: not any(each.notifying for each in self.world.provider.transfers()))
        self.world.clock.forward(seconds=30)
        for transaction in self.world.saleor.transactions(source):
            self.world.saleor.transaction_process(transaction.id)
        for hours in (0, 25):
            self.world.clock.forward(hours=hours)


    def books(self, source: str) -> None: ...
