"""Several `worker` processes on one PostgreSQL, beside a `serve` that does no background work."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from threading import Lock
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import requests
from sqlalchemy import select, update

from saleor_kupikupi.store import due
from saleor_kupikupi.store.database import migrate
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.tables import installations
from tests.clock import eventually
from tests.postgres import fresh_database, postgres_url
from tests.processes.running import PATIENCE, CommandLine, Mortal, Running, free_port, is_ready
from tests.processes.stage import FileClock, Stage, stage
from tests.world import KEY, RICH, Session, install

FOREIGN = "a foreign key that is long enough for this"
NEW = "the new key of this test that is long enough"


class OneAtATime:
    """Stands before the provider and counts how often an order is asked about while it is being asked about."""

    def __init__(self, inside: WSGIApplication) -> None:
        self._inside = inside
        self._lock = Lock()
        self._asked: Counter[str] = Counter()
        self.overlaps = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].endswith("/checkout"):
            return self._inside(environ, start_response)
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = BytesIO(body)
        order = str(json.loads(body)["orderId"])
        self._count(order, 1)
        try:
            return list(self._inside(environ, start_response))
        finally:
            self._count(order, -1)

    def _count(self, order: str, more: int) -> None:
        with self._lock:
            self._asked[order] += more
            self.overlaps += self._asked[order] > 1


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture
def database(server: str) -> Iterator[str]:
    with fresh_database(server) as url:
        yield url


@pytest.fixture
def ending() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def world(database: str, tmp_path: Path, ending: ExitStack) -> Stage:
    """A world with a web process; who does the work is a test's affair."""
    migrate(database)
    made = ending.enter_context(stage(database, FileClock(tmp_path / "clock")))
    web = Running(tmp_path, made.environment | {"WORKER_IN_PROCESS": "false"}, "serve")
    ending.callback(web.end)
    web.await_ready(made.settings.port)
    install(made)
    return made


def opened(world: Stage, number: int) -> list[Session]:
    sources = [world.saleor.create_checkout(total="12.34", phone=RICH).id for _ in range(number)]
    with ThreadPoolExecutor(8) as buyers:
        return list(buyers.map(world.pay, sources))


def notified(world: Stage, payments: list[Session]) -> None:
    """Types all codes at once, and comes back when the app has said OK to all."""
    with ThreadPoolExecutor(len(payments)) as buyers:
        list(buyers.map(world.type_code, payments))
    assert eventually(lambda: all(world.moved(each.token) for each in payments), PATIENCE)


def test_two_workers_share_the_work_and_do_nothing_twice(world: Stage, tmp_path: Path, ending: ExitStack) -> None:
    world.gate.inside = watch = OneAtATime(world.gate.inside)
    world.provider.fault("latency", "checkout", seconds=0.03)
    payments = opened(world, 40)
    workers = [Running(tmp_path, world.environment, "worker") for _ in range(2)]
    for each in workers:
        ending.callback(each.end)
    assert eventually(lambda: all("worker started" in each.output for each in workers), PATIENCE)
    notified(world, payments)
    assert eventually(lambda: all(world.is_told(each.token) for each in payments), PATIENCE)
    assert watch.overlaps == 0
    assert all("checkout answered" in each.output for each in workers)
    outcomes = Counter((report.input["pspReference"], report.input["type"]) for report in world.saleor.reports)
    assert outcomes == {(each.token, "CHARGE_SUCCESS"): 1 for each in payments}
    assert {world.charged(each) for each in payments} == {"12.34"}


def test_a_killed_worker_costs_its_lease_and_nothing_else(world: Stage, tmp_path: Path, ending: ExitStack) -> None:
    start = worker_maker(world, tmp_path, ending)
    payments = opened(world, 6)
    first = start("first")
    first.die_at(2)  # it has taken a transfer, and dies with it
    notified(world, payments)
    assert eventually(lambda: first.is_dead, PATIENCE)
    held = [each for each in payments if is_held(world, each)]
    assert held
    start("second")
    free = [each for each in payments if each not in held]
    assert eventually(lambda: all(world.is_told(each.token) for each in free), PATIENCE)
    assert not any(world.checkouts(each) for each in held)
    world.clock.forward(seconds=world.parts.limits.lease)
    assert eventually(lambda: all(world.is_told(each.token) for each in held), PATIENCE)
    assert {world.charged(each) for each in payments} == {"12.34"}


@pytest.mark.parametrize("command", [("serve",), ("worker",), ("migrate",), ("transfers", "list")])
def test_nothing_starts_with_keys_of_another_database(
    command: tuple[str, ...], world: Stage, operator: CommandLine
) -> None:
    operator.environment = world.environment | {"SECRET_KEY": FOREIGN, "PORT": str(free_port())}
    said = operator(*command)
    assert said.code == 3
    assert "SECRET_KEY: none of its keys opens this database" in said.out + said.errors


def test_a_worker_that_is_behind_with_its_keys_keeps_nobodys_report(
    world: Stage, tmp_path: Path, ending: ExitStack
) -> None:
    payments = opened(world, 6)
    notified(world, payments)
    with world.parts.database.write() as tx:  # as a process seals that has both keys
        sealed = {"token_sealed": Vault([NEW, KEY]).seal(str(world.app.token), "app token")}
        tx.execute(update(installations).values(sealed))
    behind = Running(tmp_path, world.environment, "worker")
    ending.callback(behind.end)
    assert eventually(lambda: "app token cannot be opened" in behind.output, PATIENCE)
    with world.parts.database.read() as tx:
        assert tx.execute(select(installations.c.reports_suspended_until)).scalar_one() is None
    assert not world.saleor.reports
    ahead = Running(tmp_path, world.environment | {"SECRET_KEY": f"{NEW},{KEY}"}, "worker")
    ending.callback(ahead.end)
    assert eventually(lambda: all(world.is_told(each.token) for each in payments), PATIENCE)
    assert {world.charged(each) for each in payments} == {"12.34"}


def worker_maker(world: Stage, tmp_path: Path, ending: ExitStack) -> Callable[[str], Mortal]:
    def start(name: str) -> Mortal:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "clock").symlink_to(tmp_path / "clock")
        worker = Mortal(folder)
        worker.environment = world.environment
        ending.callback(worker.end)
        worker.start("worker")
        assert eventually(lambda: "worker started" in worker.output, PATIENCE)
        return worker

    return start


def is_held(world: Stage, payment: Session) -> bool:
    with world.parts.database.read() as tx:
        return due.is_leased(tx, world.transfer(payment).id, world.clock.now())


def test_serve_is_not_ready_before_its_tables_are_there(
    database: str, tmp_path: Path, ending: ExitStack, operator: CommandLine
) -> None:
    port = free_port()
    environment = {"PORT": str(port), "DATABASE_URL": database, "WEB_WORKERS": "1", "SECRET_KEY": KEY}
    web = Running(tmp_path, environment, "serve")
    ending.callback(web.end)
    url = f"http://127.0.0.1:{port}/health"
    assert eventually(lambda: answers(f"{url}/live") == 200, PATIENCE)
    assert answers(f"{url}/ready") == 503
    operator.environment = environment
    asked = operator("health")
    assert asked.code == 1
    assert "saleor-kupikupi migrate" in asked.out + asked.errors
    assert operator("migrate").code == 0
    assert is_ready(port)


def test_serve_waits_for_a_database_that_is_away(tmp_path: Path, ending: ExitStack) -> None:
    port = free_port()
    away = f"postgres://shop@127.0.0.1:{free_port()}/shop"
    web = Running(tmp_path, {"PORT": str(port), "DATABASE_URL": away, "WEB_WORKERS": "1"}, "serve")
    ending.callback(web.end)
    assert eventually(lambda: answers(f"http://127.0.0.1:{port}/health/live") == 200, PATIENCE)
    assert answers(f"http://127.0.0.1:{port}/health/ready") == 503
    notified = requests.post(f"http://127.0.0.1:{port}/api/notifications/a-key", data=b"{}", timeout=10)
    assert notified.status_code == 503  # and is sent again
    assert "Traceback" not in web.output


def answers(url: str) -> int | None:
    try:
        return requests.get(url, timeout=10).status_code
    except requests.RequestException:
        return None
