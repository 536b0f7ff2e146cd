"""`serve` as a real process: how it starts, what it is made of, how it ends, what it tells."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from saleor_kupikupi.store import installations
from saleor_kupikupi.store.database import migrate
from tests.clock import Clock, eventually
from tests.processes.running import PATIENCE, CommandLine, Environment, Running, free_port
from tests.processes.stage import Stage, stage
from tests.world import APP_ID, KEY, RICH, RICH_DIGITS, SECRET, install

CODE = "48151623"
EMAIL = "nobody-logs-me@example.com"

Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a command in an empty folder, on a port of its own unless told otherwise."""
    running = []

    def started(*command: str, **environment: str) -> Running:
        running.append(Running(tmp_path, environment, *command))
        return running[-1]

    yield started
    for each in running:
        each.end()


@pytest.fixture
def serving(start: Start) -> Callable[..., Running]:
    def served(**environment: str) -> Running:
        port = free_port()
        app = start("serve", PORT=str(port), **environment)
        app.await_ready(port)
        if environment.get("WORKER_IN_PROCESS") != "false":
            assert eventually(lambda: "worker started" in app.output, PATIENCE)
        return app

    return served


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path}/app.db"
    migrate(url)
    with stage(url, Clock(), codes=lambda: CODE) as made:
        yield made


@pytest.fixture
def app(world: Stage, start: Start) -> Running:
    """The real command, installed and connected."""
    running = start("serve", **world.environment, LOG_LEVEL="debug")
    running.await_ready(world.settings.port)
    install(world)
    return running


def is_gone(app: Running) -> bool:
    return eventually(lambda: not app.group, PATIENCE)


@pytest.mark.parametrize("whole_group", [False, True], ids=["as docker stops", "as systemd stops"])
def test_a_webhook_in_flight_is_answered_before_the_app_stops(world: Stage, app: Running, whole_group: bool) -> None:
    thinking = world.provider.fault("held", "init", 1)
    assert eventually(lambda: "worker started" in app.output, PATIENCE)
    checkout = world.saleor.create_checkout(phone=RICH)
    with ThreadPoolExecutor(1) as storefront:
        paying = storefront.submit(world.pay, checkout.id)
        assert eventually(lambda: world.provider.calls("init"))
        (os.killpg if whole_group else os.kill)(app.pid, signal.SIGTERM)
        assert eventually(lambda: "worker stopped" in app.output, PATIENCE)  # all have heard of it
        assert not paying.done()
        thinking.release()
        assert paying.result().data["transferURL"]
    assert app.ended(within=15) == 0
    assert is_gone(app)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_every_process_stops_them_at_once(serving: Callable[..., Running], number: int) -> None:
    app = serving(WEB_WORKERS="2")
    os.killpg(app.pid, number)
    assert app.ended(within=10) == 0
    assert is_gone(app)
    assert "Traceback" not in app.output


@pytest.mark.parametrize("web_workers", [1, 3])
def test_there_is_one_background_process(serving: Callable[..., Running], web_workers: int) -> None:
    app = serving(WEB_WORKERS=str(web_workers))
    assert eventually(lambda: len(app.children) == web_workers + 1)
    assert app.output.count("worker started") == 1


def test_there_is_none_where_the_work_is_done_elsewhere(serving: Callable[..., Running]) -> None:
    app = serving(WORKER_IN_PROCESS="false", WEB_WORKERS="2")
    assert eventually(lambda: len(app.children) == 2)
    app.signal(signal.SIGTERM)
    assert app.ended() == 0
    assert "worker started" not in app.output


def test_a_killed_web_process_is_started_again(serving: Callable[..., Running]) -> None:
    app = serving(WEB_WORKERS="2")
    assert eventually(lambda: len(app.children) == 3)
    victim = app.children[-1].pid
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: len(app.children) == 3 and victim not in [each.pid for each in app.children], PATIENCE)
    assert app.output.count("worker started") == 1


def test_a_killed_background_process_is_started_again(serving: Callable[..., Running]) -> None:
    app = serving()
    os.kill(app.children[0].pid, signal.SIGKILL)
    assert eventually(lambda: app.output.count("worker started") == 2, PATIENCE)
    app.signal(signal.SIGTERM)
    assert app.ended() == 0
    assert app.output.count("worker stopped") == 1


def test_an_app_whose_background_process_cannot_live_ends_with_an_error(serving: Callable[..., Running]) -> None:
    app = serving()
    os.kill(app.children[0].pid, signal.SIGKILL)
    assert eventually(lambda: app.output.count("worker started") == 2, PATIENCE)
    os.kill(app.children[-1].pid, signal.SIGKILL)  # the newest now
    assert app.ended() == 1
    assert is_gone(app)


def test_nothing_outlives_the_first_process(serving: Callable[..., Running]) -> None:
    app = serving(WEB_WORKERS="2")
    app.signal(signal.SIGKILL)
    assert app.ended() == -signal.SIGKILL
    assert is_gone(app)


def test_a_supervisor_can_ask_how_it_is(start: Start, operator: CommandLine) -> None:
    port = free_port()
    app = start("serve", PORT=str(port))
    app.await_ready(port)
    for question in ("live", "ready"):
        answer = requests.get(f"http://127.0.0.1:{port}/health/{question}", timeout=5)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert f"http://127.0.0.1:{port}/api/manifest" in app.output
    for asked, code in ((port, 0), (free_port(), 1)):
        operator.environment = {"PORT": str(asked), "http_proxy": f"http://127.0.0.1:{free_port()}"}
        assert operator("health").code == code


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"ENV": "production", "APP_API_BASE_URL": "https://points.example.com"}, "SECRET_KEY"),
        ({"ENV": "production", "SECRET_KEY": KEY}, "APP_API_BASE_URL"),
        ({"SECRET_KEY": "sesame"}, "SECRET_KEY"),
        ({"SECRET_KEY_FILE": "nowhere"}, "SECRET_KEY_FILE"),
        ({"PORT": "sesame"}, "PORT"),
        ({"DATABASE_URL": "mysql://shop:sesame@db/shop"}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:///no/such/folder/app.db"}, "DATABASE_URL"),
        ({"ALLOWED_DOMAIN_PATTERN": "(sesame"}, "ALLOWED_DOMAIN_PATTERN"),
        ({"WEB_WORKERS": "0"}, "WEB_WORKERS"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(operator: CommandLine, wrong: Environment, expected: str) -> None:
    operator.environment = wrong
    said = operator("serve")
    assert said.code == 3
    assert f"\n{expected}: " in said.errors
    assert "Traceback" not in said.errors
    assert "sesame" not in said.errors + said.out


def test_a_port_that_another_app_answers_on_is_not_shared(start: Start, operator: CommandLine) -> None:
    port = free_port()
    start("serve", PORT=str(port)).await_ready(port)
    operator.environment = {"PORT": str(port)}
    second = operator("serve")
    assert second.code == 3
    assert f"PORT: 127.0.0.1:{port} " in second.errors
    assert "Traceback" not in second.errors


def test_a_key_is_made_where_none_is_given_and_only_its_owner_can_read_it(
    operator: CommandLine, tmp_path: Path
) -> None:
    file = operator.folder / "saleor-kupikupi.key"
    before = file.read_bytes() if file.exists() else None
    file.unlink(missing_ok=True)
    operator.environment = {"DATABASE_URL": f"sqlite:///{tmp_path}/new.db"}
    try:
        assert operator("migrate").code == 0
        made = file.read_text()
        assert len(made) > 32
        assert file.stat().st_mode & 0o777 == 0o600
        assert operator("migrate").code == 0
        assert file.read_text() == made
    finally:
        if before is not None:
            file.write_bytes(before)


def test_nothing_secret_is_ever_printed(world: Stage, app: Running) -> None:
    world.choose(accept_code=True)
    assert eventually(lambda: not requests.get(f"{world.url}/nowhere", timeout=5).ok)
    world.saleor.down(1, "garbled")
    opened = world.pay(world.saleor.create_checkout(phone=RICH, email=EMAIL, user=EMAIL).id)
    world.process(opened, {"code": CODE})
    assert eventually(lambda: world.is_told(opened.token), PATIENCE)
    assert world.moved(opened.token)
    for body in (b"", b"{}", EMAIL.encode(), f'{{"orderId": "{opened.token}", "code": "{CODE}"}}'.encode()):
        assert requests.post(world.notification_url(), data=body, timeout=5).status_code in (400, 404)
    for event in ("transaction_initialize_session", "transaction_process_session"):
        requests.post(f"{world.url}/api/webhooks/{event}", data=EMAIL, headers={"Saleor-Signature": SECRET}, timeout=5)

    def steps() -> list[str]:
        lines = map(json.loads, app.output.splitlines())
        return [line["event"] for line in lines if line.get("reference") == opened.token]

    assert eventually(lambda: steps().count("reported") == 1)
    assert [step for step in steps() if step in ("requested", "opened", "claimed")] == [
        "requested",
        "opened",
        "claimed",
    ]
    with world.parts.database.read() as tx:
        installation = installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID)
    assert installation
    assert installation.token
    key = world.notification_url().rpartition("/")[2]
    for secret in (SECRET, KEY, installation.token, key, RICH_DIGITS, RICH_DIGITS[1:], CODE, EMAIL):
        assert secret not in app.output


def test_a_provider_that_hangs_leaves_threads_for_everybody_else(world: Stage, start: Start) -> None:
    running = start("serve", **world.environment, WEB_THREADS="4")
    running.await_ready(world.settings.port)
    install(world)
    opened = world.pay(world.saleor.create_checkout(phone=RICH).id)
    thinking = world.provider.fault("held", "init", 2)
    with ThreadPoolExecutor(8) as storefront:
        buyers = [world.saleor.create_checkout(phone=RICH).id for _ in range(8)]
        waiting = [storefront.submit(world.pay, each) for each in buyers]
        assert eventually(lambda: sum(each.done() for each in waiting) == 6, PATIENCE)
        assert requests.get(f"{world.url}/health/live", timeout=2).ok
        world.type_code(opened)
        assert eventually(lambda: world.moved(opened.token) > 0, PATIENCE)
        thinking.release()
    kinds = [each.result().event.type for each in waiting]
    assert sorted(set(kinds)) == ["CHARGE_ACTION_REQUIRED", "CHARGE_FAILURE"]
    assert kinds.count("CHARGE_ACTION_REQUIRED") == 2
