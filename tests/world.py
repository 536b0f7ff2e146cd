"""A whole small world for a test: the provider, a Saleor, and the app between them, over real HTTP on loopback.

Its clock can be put forward, so that a ladder of days takes no time. The background work is done when
a test says so.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import requests
from pydantic import SecretStr

from saleor_kupikupi.app import create_app, make_parts
from saleor_kupikupi.domain.connection import Connection, WireFormatChoice
from saleor_kupikupi.domain.transfer import Environment, Transfer
from saleor_kupikupi.flows.configure import save_credentials
from saleor_kupikupi.flows.memory import Memory
from saleor_kupikupi.flows.parts import Limits, Parts
from saleor_kupikupi.flows.reconcile import reconcile
from saleor_kupikupi.flows.settle import settle
from saleor_kupikupi.settings import Settings
from saleor_kupikupi.store import connections, due, installations, timeline, transfers
from saleor_kupikupi.store.pages import ListedReport, reports_of
from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from saleor_kupikupi_sandbox.saleor import Saleor, SigningKey
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_records import Event, Transaction
from saleor_kupikupi_sandbox.saleor_sessions import Result
from saleor_kupikupi_sandbox.serving import Served, serve
from tests.clock import Clock
from tests.keys import usual_key

APP_ID = "saleor.app.payment.kupikupi"
KEY = "a key of this test world that is long enough"
UID = "M2hULcD58iYGkmS7"
SECRET = "only-this-test-knows-it"
AT_ONCE = Limits(answer_booked=0)  # what Saleor was answered it has booked
RICH = "+79161234567"
RICH_DIGITS = "79161234567"


@dataclass(frozen=True)
class Session:
    """What a storefront holds after a payment mutation that Saleor carried out."""

    transaction: Transaction
    event: Event
    data: Any

    @property
    def token(self) -> str:
        """Is the transaction's own name."""
        return self.transaction.token

    @property
    def problems(self) -> list[str]:
        """Lists the codes of what the shopper is told."""
        return [each["code"] for each in (self.data or {}).get("errors", [])]


def carried_out(result: Result) -> Session:
    """Takes a result that is no refusal by Saleor itself."""
    assert not result.errors
    assert result.transaction is not None
    assert result.event is not None
    return Session(result.transaction, result.event, result.data)


class World:
    """What a test acts on; make it with `world`."""

    def __init__(
        self, parts: Parts, settings: Settings, provider: Kupikupi, saleor: Saleor, clock: Clock, door: "Door"
    ) -> None:
        self._door = door
        self.parts = parts
        self.settings = settings
        self.provider = provider
        self.saleor = saleor
        self.clock = clock
        self.app: App
        self.key: SigningKey
        self.connection: Connection
        self.url = settings.base_url

    # what people do

    def pay(self, source_id: str, data: Any = None, **more: Any) -> Session:
        """Opens a payment as a storefront does."""
        return carried_out(self.saleor.transaction_initialize(source_id, APP_ID, data=data, **more))

    def process(self, result: Session, data: Any = None) -> Session:
        """Comes back as a storefront does."""
        return carried_out(self.saleor.transaction_process(result.transaction.id, data))

    def offer(self, source_id: str, data: Any = None, **more: Any) -> dict[str, Any]:
        """Asks whether points are offered, and gives the answer's data."""
        answer: dict[str, Any] = self.saleor.gateway_initialize(source_id, APP_ID, data=data, **more)["data"]
        return answer

    def type_code(self, result: Session) -> requests.Response:
        """Types the right code on the provider's form."""
        return self.provider.type_code(self.form(result), self.provider.transfer(result.token).code)

    def paid(self, result: Session) -> None:
        """Types the code and lets everything settle, until Saleor was seen to hold the charge."""
        self.provider.open_form(self.form(result))
        self.type_code(result)
        self.work()
        self.verified()

    def verified(self) -> None:
        """Lets Saleor be looked at for the first time after it took a charge."""
        self.clock.forward(seconds=2)
        self.work()

    def work(self) -> int:
        """Does the background work that is due now."""
        return reconcile(self.parts)

    def check(self, result: Session) -> Transfer:
        """Asks about a transfer at once, as a person does by `transfers check`."""
        transfer, lease = self.transfer(result), self.parts.owner()
        with self.parts.database.write() as tx:
            assert due.take(tx, transfer.id, lease, self.parts.now(), self.parts.limits.lease)
        return settle(self.parts, transfer, lease)

    def notify(self, body: bytes, environment: Environment = Environment.TEST) -> requests.Response:
        """Posts a notification as anybody could who knows the address."""
        return requests.post(self.notification_url(environment), data=body, timeout=10)

    # what can be seen

    def form(self, result: Session) -> str:
        """Gives the address of the provider's form, also where the app lost it."""
        return f"{self.provider.url}/form/{self.provider.transfer(result.token).form_key}"

    def notification_url(self, environment: Environment = Environment.TEST) -> str:
        """Gives the address that the provider notifies."""
        with self.parts.database.read() as tx:
            key = connections.notification_key(tx, self.parts.vault, self.connection.id, environment)
        return f"{self.url}/api/notifications/{key}"

    def sent(self, method: str) -> list[dict[str, object]]:
        """Lists what the provider was sent, without the signature."""
        return [
            {name: value for name, value in call.body.items() if name not in {"token", "uidPlatform"}}
            for call in self.provider.calls(method)
        ]

    def transfer(self, result: Session | str) -> Transfer:
        """Reads the row of a transaction."""
        token = result if isinstance(result, str) else result.token
        with self.parts.database.read() as tx:
            return transfers.known(tx, self.connection.installation_id, token)

    def reports(self, result: Session) -> list[ListedReport]:
        """Lists what is or was owed to Saleor for a transaction."""
        with self.parts.database.read() as tx:
            return reports_of(tx, self.transfer(result).id)

    def story(self, result: Session) -> list[str]:
        """Lists what happened to a transfer, in words."""
        with self.parts.database.read() as tx:
            return [entry.what for entry in timeline.of(tx, self.transfer(result).id)]

    def checkouts(self, result: Session) -> int:
        """Counts how often the provider was asked about a transfer."""
        return sum(call.body.get("orderId") == result.token for call in self.provider.calls("checkout"))

    def charged(self, result: Session) -> str:
        """Tells what Saleor has booked as charged."""
        return f"{self.saleor.transaction(result.transaction.id).charged:.2f}"

    # how it is set up

    def choose(self, **choices: Any) -> Connection:
        """Changes the connection's choices."""
        self.connection = replace(self.connection, **choices)
        with self.parts.database.write() as tx:
            connections.change(tx, self.connection)
        self.forget()
        return self.connection

    def unmap(self, slug: str | None = None) -> None:
        """Takes a channel, or all that have no connection of their own, from the connection."""
        with self.parts.database.write() as tx:
            connections.unmap_channel(tx, self.connection.installation_id, slug)
        self.forget()

    def forget(self) -> None:
        """Empties the process's memory, as time would."""
        self.clock.forward(seconds=60)

    def show_in(self, *origins: str) -> None:
        """Lets Dashboards of these origins show the app's page."""
        self.settings = self.settings.model_copy(update={"dashboard_origins": origins})
        self._door.inside = create_app(self.settings, self.parts).wsgi_app

    def other_process(self, **changes: Any) -> None:
        """Lets another process of the app answer from now on: the same database, nothing remembered by itself."""
        theirs = {"memory": remembering(self.parts.limits, self.clock)} | changes
        self._door.inside = create_app(self.settings, replace(self.parts, **theirs)).wsgi_app


def make_settings(database_url: str, port: int, *saleor_urls: str) -> Settings:
    """Makes settings without the environment."""
    return Settings(
        secret_key=SecretStr(KEY),
        port=port,
        database_url=SecretStr(database_url),
        allowed_saleor_urls=saleor_urls,
        staff_language="en",
    )


def make_world_parts(settings: Settings, clock: Clock, limits: Limits) -> Parts:
    """Makes parts whose clocks a test can move."""
    return replace(make_parts(settings, limits), now=clock.now, memory=remembering(limits, clock))


def remembering(limits: Limits, clock: Clock) -> Memory:
    """Makes the memory of one process, whose time is the world's."""
    return Memory(
        settings_live=limits.settings_live,
        keys_live=limits.keys_live,
        balance_live=limits.balance_reuse,
        sealed_live=limits.sealed_live,
        monotonic=clock.seconds,
    )


class Door:
    """A WSGI app whose inside is put in later: the app must know its own address before it is made."""

    inside: Callable[..., Any]

    def __call__(self, environ: Any, start_response: Any) -> Any:
        """Lets a request in."""
        return self.inside(environ, start_response)


@contextmanager
def world(
    database_url: str,
    *,
    version: str = "3.22",
    limits: Limits | None = None,
    allowed: tuple[str, ...] = (),
    installed: bool = True,
    **provider_habits: Any,
) -> Iterator[World]:
    """Builds the world, installs the app, connects it to the provider's test environment and maps every channel.

    The database is migrated already. `allowed` are the Saleors, beside the world's own, that may install the app; where
    it is not `installed`, a test does that and all that follows.
    """
    clock = Clock()
    door = Door()
    served = serve(door)
    habits: dict[str, Any] = {"balances": {RICH_DIGITS: 100_000}, "notification_delays": (0.0,)} | provider_habits
    provider = Kupikupi([Platform(UID, SECRET, "test")], clock=clock.seconds, **habits)
    provider.start()
    saleor = Saleor(version, session_timeout=18.0, retry_delays=(0.05, 0.05), clock=clock.seconds, key=usual_key())
    saleor.start()
    saleor.channel("rub")
    settings = make_settings(database_url, served.port, saleor.api_url, *allowed)
    parts = make_world_parts(settings, clock, limits or AT_ONCE)
    door.inside = create_app(settings, parts).wsgi_app
    made = World(parts, settings, provider, saleor, clock, door)
    made.key = usual_key()
    try:
        if installed:
            install(made)
        yield made
    finally:
        tear_down(served, provider, saleor, parts)


def install(made: World) -> None:
    """Installs the app into the world's Saleor and sets a connection up."""
    made.app = made.saleor.install(f"{made.url}/api/manifest")
    parts = made.parts
    with parts.database.write() as tx:
        installation = installations.find(tx, parts.vault, made.saleor.api_url, APP_ID)
        assert installation is not None
        draft = Connection(
            id=0,
            installation_id=installation.id,
            name="shop",
            environment=Environment.TEST,
            wire_format_choice=WireFormatChoice.DOCUMENTED,
        )
        made.connection = connections.add(tx, parts.vault, draft)
        connections.map_channel(tx, installation.id, None, made.connection.id)
    save_credentials(parts, made.connection, Environment.TEST, UID, SECRET, made.provider.base_url)
    made.provider.platform(UID).notification_url = made.notification_url()


def tear_down(served: Served, provider: Kupikupi, saleor: Saleor, parts: Parts) -> None:
    """Ends a world."""
    provider.stop()
    saleor.stop()
    served.stop()
    parts.saleor.close()
    parts.database.dispose()
