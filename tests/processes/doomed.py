"""A world whose app is killed again and again, and how it looks when the dust has settled.

Knows what must hold whenever and however the app dies; must not know where it dies.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi_sandbox.saleor_records import Transaction

from tests.clock import eventually
from tests.processes.running import PATIENCE, Mortal
from tests.processes.stage import FileClock, Stage, stage
from tests.world import RICH, RICH_DIGITS, Session, install

TOTAL = Decimal("12.34")


class Doomed:
    """The world, the app, and one checkout at a time."""

    def __init__(self, world: Stage, app: Mortal) -> None:
        self.world = world
        self.app = app
        self.source = ""

    def start(self) -> None:
        """Starts the app and waits until it can do its work."""
        self.app.start()
        self.app.await_ready(self.world.settings.port)

    def new_checkout(self) -> None:
        """Fills another basket."""
        self.source = self.world.saleor.create_checkout(total=TOTAL, phone=RICH).id

    def until(self, fact: bool) -> None: ...

    def pay(self) -> Session:
        """Opens a payment as a storefront does, which may get no answer."""
        return self.world.pay(self.source)

    def buy(self, session: Session) -> None:
        """Does the buyer's part, if there is a form, and waits for the end of the payment or of the app."""
        if not session.data:
            return
        self.world.provider.open_form(session.data["transferURL"])
        self.world.type_code(session)
        assert eventually(lambda: self.app.is_dead or self.is_told(session.transaction), PATIENCE)

    def is_told(self, transaction: Transaction) -> bool:
        """Tells whether a transfer is over and Saleor knows; one that was never written down is no transfer."""
        row = self.world.find(transaction.token)
        if row is None:
            return True
        told = all(report.state == "delivered" for report in self.world.reports(transaction.token))
        return row.decided and told

    def recover(self) -> None:
        """Kills the app, if it lives, starts it again and lets everything come to its end."""
        self.app.kill()
        self.start()
        world = self.world
        assert eventually(lambda: not any(each.notifying for each in world.provider.transfers()), PATIENCE)
        world.clock.forward(seconds=30)  # the leases of the dead run out
        for transaction in world.saleor.transactions(self.source):
            world.saleor.transaction_process(transaction.id)
        if not any(self.moved(each) for each in world.saleor.transactions(self.source)):
            world.clock.forward(hours=25)
        assert eventually(lambda: all(map(self.is_told, world.saleor.transactions(self.source))), PATIENCE)

    def moved(self, transaction: Transaction) -> Decimal:
        """Tells what the provider took from the buyer for a transaction."""
        try:
            transfer = self.world.provider.transfer(transaction.token)
        except KeyError:
            return Decimal(0)
        return Decimal(transfer.amount) / 100 if transfer.status == "CONFIRMED" else Decimal(0)

    def check_books(self) -> None:
        """Compares the books of the three parties."""
        for transaction in self.world.saleor.transactions(self.source):
            row = self.world.find(transaction.token)
            moved = self.moved(transaction)
            assert transaction.charged == moved
            assert moved in (0, TOTAL)
            assert (row is not None and row.state is State.CONFIRMED) == (moved == TOTAL)
            successes = [event for event in transaction.events if event.type == "CHARGE_SUCCESS"]
            assert len(successes) == (moved == TOTAL)
        taken = sum(map(self.moved, self._all()), Decimal(0))
        assert self.world.provider.balance_of(RICH_DIGITS) == BALANCE - taken
