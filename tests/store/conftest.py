"""Every store test runs on both databases, each on a migrated one that is empty."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from saleor_kupikupi.store.database import Database, migrate
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.tables import metadata
from tests.postgres import fresh_database, postgres_url
from tests.store.shop import Shop, open_shop

EMPTY = text(f"TRUNCATE {', '.join(table.name for table in metadata.sorted_tables)} RESTART IDENTITY CASCADE")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with postgres_url() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql_server: str) -> Iterator[str]:
    with fresh_database(postgresql_server) as url:
        migrate(url)
        yield url


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("migrated") / "store.sqlite3"
    migrate(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if dialect == "postgresql":
        return str(request.getfixturevalue("migrated_postgresql"))
    copy = tmp_path / "store.sqlite3"
    shutil.copyfile(request.getfixturevalue("migrated_sqlite"), copy)
    return f"sqlite:///{copy}"


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    if database.dialect == "postgresql":
        with database.write() as tx:
            tx.execute(EMPTY)
    yield database
    database.dispose()


@pytest.fixture
def vault() -> Vault:
    return Vault(["the first secret key, long enough"])


@pytest.fixture
def shop(database: Database, vault: Vault) -> Shop:
    return open_shop(database, vault)
