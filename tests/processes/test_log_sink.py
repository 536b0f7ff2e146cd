"""An app whose stdout is closed or read by nobody: it serves as ever."""

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator
from io import FileIO
from pathlib import Path

import pytest
import requests

from saleor_kupikupi.store.database import migrate
from tests.clock import Clock, eventually
from tests.processes.running import COMMAND, PATIENCE, is_ready
from tests.processes.stage import Stage, stage
from tests.world import RICH, install

ENOUGH = 100  # lines, to fill the smallest pipe

Break = Callable[[FileIO], object]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Stage]:
    url = f"sqlite:///{tmp_path}/app.db"
    migrate(url)
    with stage(url, Clock()) as made:
        yield made


@pytest.fixture
def log_reader(world: Stage, tmp_path: Path) -> Iterator[FileIO]:
    """Serves with stdout into a small pipe; gives the end that a collector of logs would read."""
    reading, writing = os.pipe()
    reader = FileIO(reading)
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    app = subprocess.Popen([COMMAND, "serve"], cwd=tmp_path, env=world.environment, stdout=writing)
    os.close(writing)
    assert eventually(lambda: is_ready(world.settings.port) or app.poll() is not None, PATIENCE)
    install(world)
    yield reader
    app.terminate()
    assert app.wait(PATIENCE) == 0
    reader.close()


def stall(_reader: FileIO) -> None:
    """Leaves the pipe as it is, read by nobody."""


@pytest.mark.parametrize("failure", [FileIO.close, stall], ids=["closed", "stalled"])
def test_payments_go_on_whatever_becomes_of_the_log(world: Stage, log_reader: FileIO, failure: Break) -> None:
    failure(log_reader)
    nowhere = f"{world.settings.base_url}/api/notifications/nobody"
    for _ in range(ENOUGH):
        assert requests.post(nowhere, data=b"{}", timeout=PATIENCE).status_code == 404
    payment = world.pay(world.saleor.create_checkout(phone=RICH).id)
    world.type_code(payment)
    assert eventually(lambda: world.is_told(payment.token), PATIENCE)
    assert world.moved(payment.token)
