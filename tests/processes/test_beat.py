"""The beat of the background work: there while it looks for work, and late when it does not."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store.database import Database
from saleor_kupikupi.worker import Worker
from tests.clock import eventually
from tests.processes.running import PATIENCE, CommandLine, Running, free_port
from tests.world import KEY, World

HOURS = 10_000.0  # seconds


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "worker.beat"


@pytest.fixture
def asked(operator: CommandLine, file: Path) -> CommandLine:
    operator.environment = {"WORKER_BEAT_FILE": str(file), "SECRET_KEY": KEY}
    return operator


@contextmanager
def working(parts: Parts, beat: Callable[[datetime], object]) -> Iterator[None]:
    stop = Event()
    worker = Thread(target=Worker(parts, 2, beat).run, args=(stop,))
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()


@pytest.mark.parametrize("command", ["worker", "serve"])
def test_the_background_work_keeps_the_time_of_its_file(
    tmp_path: Path, asked: CommandLine, file: Path, command: str
) -> None:
    process = Running(tmp_path, asked.environment | {"PORT": str(free_port())}, command)
    try:
        assert eventually(lambda: "worker started" in process.output, PATIENCE), process.output
        os.utime(file, (time.time() - HOURS, time.time() - HOURS))

        assert eventually(lambda: asked("health", "--worker").code == 0, PATIENCE)
    finally:
        process.end()


def test_a_worker_beats_while_it_looks_for_work(world: World) -> None:
    beats: list[datetime] = []
    with working(world.parts, beats.append):
        assert eventually(lambda: beats, PATIENCE)
        world.clock.forward(hours=1)
        now = world.parts.now()

        assert eventually(lambda: beats[-1] >= now, PATIENCE)


def test_a_worker_whose_database_is_not_there_has_no_beat(world: World) -> None:
    beats: list[datetime] = []
    nowhere = Database("postgresql://nobody@127.0.0.1:1/nothing", pool_size=2)
    with working(replace(world.parts, database=nowhere), beats.append):
        assert not eventually(lambda: beats, 2.5)


@pytest.mark.parametrize(
    ("seconds", "code", "words"),
    [
        (5.0, 0, "looked for something to do"),
        (-HOURS, 0, "looked for something to do 0 s ago"),
        (HOURS, 1, "it hangs, or the database does not serve it"),
    ],
)
def test_a_beat_that_is_too_old_is_no_health(
    asked: CommandLine, file: Path, seconds: float, code: int, words: str
) -> None:
    file.touch()
    os.utime(file, (time.time() - seconds,) * 2)

    said = asked("health", "--worker")

    assert said.code == code
    assert words in said.out + said.errors


def test_without_a_beat_no_background_work_has_begun(asked: CommandLine, file: Path) -> None:
    said = asked("health", "--worker")

    assert said.code == 1
    assert f"no background work has begun here: {file}" in said.errors


@pytest.mark.parametrize("command", [("worker",), ("serve",), ("health", "--worker")])
def test_a_file_that_cannot_be_is_a_wrong_setting(asked: CommandLine, command: tuple[str, ...]) -> None:
    asked.environment = {"SECRET_KEY": KEY, "PORT": str(free_port())}
    if command[0] != "health":
        asked.environment |= {"WORKER_BEAT_FILE": "/nowhere/worker.beat"}

    said = asked(*command)

    assert said.code == 3
    assert "WORKER_BEAT_FILE" in said.errors


def test_health_asks_an_app_or_the_background_work(asked: CommandLine) -> None:
    said = asked("health", "--worker", "--url", "http://127.0.0.1/health/ready")

    assert said.code == 2
    assert "--worker" in said.errors
