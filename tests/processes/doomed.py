"""A world whose app is killed again and again, and what must be true once the dust has settled.

Knows how a payment goes on after a death; must not know where the app dies.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.store.database import migrate
from saleor_kupikupi_sandbox.saleor_records import Transaction
from tests.clock import eventually
from tests.processes.running import PATIENCE, Mortal
from tests.processes.stage import POINTS, FileClock, Stage, stage
from tests.world import RICH, RICH_DIGITS, Session, install

TOTAL = Decimal("12.34")
HOURS = 10  # pass while what was begun comes to its end


class Doomed:
    """The world, the app, and one checkout at a time."""

    def __init__(self, world: Stage, app: Mortal) -> None:
        self.world = world
        self.app = app
        self.source = ""
        self.typed = False

    @property
    def transactions(self) -> list[Transaction]:
        """Lists what was opened for the checkout."""
        return self.world.saleor.transactions(self.source)

    def start(self) -> None:
        """Starts the app and waits until it can do its work."""
        self.app.start("serve")
        self.app.await_ready(self.world.settings.port)

    def open(self) -> Session:
        """Opens a payment of a new checkout; no answer may come."""
        self.source = self.world.saleor.create_checkout(total=TOTAL, phone=RICH).id
        self.typed = False
        return self.world.pay(self.source)

    def buy(self, session: Session) -> None:
        """Does the buyer's part, where a form was opened, and waits for the end of the payment or of the app."""
        if not session.data:
            return
        self.world.provider.open_form(session.data["transferURL"])
        self.world.type_code(session)
        self.typed = True
        self.until_told(session.token)

    def until_told(self, token: str) -> None:
        """Waits until Saleor knows how a transfer ended, or the app has died."""
        assert eventually(lambda: self.app.is_dead or self.world.is_told(token), PATIENCE)

    def recover(self, *, shopper_returns: bool = True) -> None:
        """Kills the app, if it lives, starts it again, and lets all that was begun come to its end."""
        self.app.kill()
        self.start()
        world = self.world
        assert eventually(lambda: not any(each.notifying for each in world.provider.transfers()), PATIENCE)
        world.clock.forward(seconds=30)  # the leases of the dead run out
        for each in self.transactions if shopper_returns else []:
            world.saleor.transaction_process(each.id)
        if not any(world.moved(each.token) for each in self.transactions):
            world.clock.forward(hours=25)
        assert self._in_time(lambda: all(world.is_told(each.token) for each in self.transactions))

    def _in_time(self, fact: Callable[[], bool]) -> bool:
        """Waits for a fact while time passes: what a busy machine answers too late is asked for only an hour later."""
        for _ in range(HOURS):
            if eventually(fact, PATIENCE / HOURS):
                return True
            self.world.clock.forward(hours=1)
        return False

    def check_books(self) -> None:
        """Compares what the three parties have written down."""
        for each in self.transactions:
            row, moved = self.world.find(each.token), self.world.moved(each.token)
            confirmed = row is not None and row.state is State.CONFIRMED
            assert moved == (TOTAL if confirmed else 0)
            assert each.charged == moved
            assert [event.type for event in each.events].count("CHARGE_SUCCESS") == confirmed
        taken = sum(each.amount for each in self.world.provider.transfers() if each.status == "CONFIRMED")
        assert self.world.provider.balance_of(RICH_DIGITS) == POINTS - Decimal(taken) / 100

    def check_open_for_payment(self) -> None:
        """Pays a checkout that nobody has paid yet: whatever happened, nothing stands in the way."""
        again = self.world.pay(self.source)
        assert again.data["status"] == "NEW", again.data
        self.buy(again)
        assert self.world.moved(again.token) == TOTAL
        self.check_books()


@contextmanager
def doomed(folder: Path) -> Iterator[Doomed]:
    """Installs the app and connects it; it runs."""
    url = f"sqlite:///{folder}/app.db"
    migrate(url)
    with stage(url, FileClock(folder / "clock")) as world:
        app = Mortal(folder)
        app.environment = world.environment
        try:
            made = Doomed(world, app)
            made.start()
            install(world)
            yield made
        finally:
            app.end()
