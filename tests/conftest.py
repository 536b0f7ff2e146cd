"""Fixtures that many tests share."""

import gc
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from structlog.testing import capture_logs
from structlog.typing import EventDict
from werkzeug.routing import Rule

from saleor_kupikupi import logs
from saleor_kupikupi.store.database import migrate
from tests.world import World
from tests.world import world as made_world

# Worlds are made of much that lives until their test's end: the collector's usual eagerness takes a tenth of the time.
gc.set_threshold(20_000, 50, 100)

# What counts is what is checked, not how fast a busy machine makes the examples.
hypothesis_settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("busy machine")


@pytest.fixture(autouse=True, scope="session")
def _logs() -> None:
    logs.configure("info", "json", sys.stderr)


@pytest.fixture(autouse=True, scope="session")
def _url_builders() -> Iterator[None]:
    """Lets equal URL rules share what builds their URLs: compiling that anew took two fifths of making a world."""
    built: dict[tuple[str, str, bool], Any] = {}
    compiled = Rule._compile_builder  # noqa: SLF001 - werkzeug has no other place to remember it in

    def once(rule: Rule, append_unknown: bool = True) -> Any:
        key = (rule.rule, repr(rule.defaults), append_unknown)
        if key not in built:
            built[key] = compiled(rule, append_unknown)
        return built[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", once)
        yield


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the migrations leave it: it is quicker copied than made."""
    path = tmp_path_factory.mktemp("migrated") / "app.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(tmp_path: Path, _migrated: Path) -> str:
    return f"sqlite:///{shutil.copy(_migrated, tmp_path)}"


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with made_world(database_url) as made:
        yield made


@pytest.fixture(params=("3.21", "3.22", "3.23"))
def each_world(database_url: str, request: pytest.FixtureRequest) -> Iterator[World]:
    with made_world(database_url, version=request.param) as made:
        yield made


@pytest.fixture
def log() -> Iterator[list[EventDict]]:
    """What the app logs during a test, before anything is masked."""
    with capture_logs() as entries:
        yield entries
