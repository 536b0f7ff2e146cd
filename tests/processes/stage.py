"""The world around an app that runs in processes of its own: provider, Saleor, database, clock.

Knows how they are set up and watched; must not know how the app is started.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.store import transfers
from saleor_kupikupi.store.pages import reports_of
from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.serving import serve
from tests.clock import Clock
from tests.processes.running import Environment, free_port
from tests.world import KEY, RICH_DIGITS, SECRET, UID, Door, World, make_settings, make_world_parts, tear_down

# The provider goes on notifying while the app is down.
POINTS = 1_000_000
PATIENTLY = (0.0, *(0.1 for _ in range(150)))


class FileClock(Clock):
    """A clock that another process can read."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file = file
        self.forward()

    def forward(self, **span: float) -> None:
        super().forward(**span)
        new = self._file.with_suffix(".new")
        new.write_text(str(self.ahead.total_seconds()))
        new.replace(self._file)  # at once: it is being read


class Gate(Door):
    """Stands before a counterpart: a test may let something happen just before or after a call is carried out."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], Callable[[], None]] = {}

    def once(self, when: str, method: str, act: Callable[[], None]) -> None:
        """Acts `before` or `after` the next call of a method."""
        self._plans[when, method] = act

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        method = environ["PATH_INFO"].rpartition("/")[2]
        self._act("before", method)
        answer = list(self.inside(environ, start_response))
        self._act("after", method)
        return answer

    def _act(self, when: str, method: str) -> None:
        act = self._plans.pop((when, method), None)
        if act is not None:
            act()


class Stage(World):
    """A world whose app is elsewhere; `gate` stands before the provider."""

    gate: Gate

    @property
    def environment(self) -> Environment:
        """Is the environment in which the app joins this world."""
        return environment_of(self)

    def find(self, token: str) -> Transfer | None:
        """Reads the row of a transaction, if it got that far."""
        with self.parts.database.read() as tx:
            return transfers.find(tx, self.connection.installation_id, token)

    def is_told(self, token: str) -> bool:
        """Tells whether a transfer is over and Saleor knows; one that was never written down is none."""
        row = self.find(token)
        if row is None:
            return True
        with self.parts.database.read() as tx:
            return row.decided and all(report.state == "delivered" for report in reports_of(tx, row.id))

    def moved(self, token: str) -> Decimal:
        """Tells how many points the provider took for a transaction."""
        taken = [each for each in self.provider.transfers() if (each.order_id, each.status) == (token, "CONFIRMED")]
        return Decimal(sum(each.amount for each in taken)) / 100


def environment_of(world: World) -> Environment:
    """Gives the environment in which another process of the app joins a world."""
    return {
        "ALLOWED_SALEOR_URLS": world.saleor.api_url,
        "DATABASE_URL": world.settings.database_url.get_secret_value(),
        "PORT": str(world.settings.port),
        "SECRET_KEY": KEY,
        "STAFF_LANGUAGE": "en",
        "WEB_WORKERS": "1",
    }


@contextmanager
def stage(database_url: str, clock: Clock, **more: Any) -> Iterator[Stage]:
    """Sets everything up but the app; start it with `environment`, then let `tests.world.install` install it."""
    gate = Gate()
    served = serve(gate)
    habits: dict[str, Any] = {"balances": {RICH_DIGITS: POINTS}, "notification_delays": PATIENTLY} | more
    provider = Kupikupi([Platform(UID, SECRET, "test")], public_url=served.url, clock=clock.seconds, **habits)
    gate.inside = provider
    saleor = Saleor("3.22", clock=clock.seconds)
    saleor.channel("rub")
    saleor.start()
    settings = make_settings(database_url, free_port(), saleor.api_url)
    made = Stage(make_world_parts(settings, clock, Limits()), settings, provider, saleor, clock, gate)
    made.gate = gate
    try:
        yield made
    finally:
        tear_down(served, provider, saleor, made.parts)
