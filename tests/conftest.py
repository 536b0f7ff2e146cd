"""Fixtures that many tests share."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from saleor_kupikupi import logs

from tests.world import World, world as made_world


@pytest.fixture(autouse=True, scope="session")
def _logs() -> None:
    logs.configure("info", "json", sys.stderr)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/app.db"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with made_world(database_url) as made:
        yield made
