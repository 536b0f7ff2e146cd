from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from saleor_kupikupi.store.database import NEWEST, Database, migrate
from saleor_kupikupi.store.migrations import configured
from saleor_kupikupi.store.tables import metadata
from tests.postgres import fresh_database

INDEXES = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
    "postgresql": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
}


@pytest.fixture
def empty_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.sqlite3"
    else:
        with fresh_database(request.getfixturevalue("postgresql_server")) as url:
            yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    database = Database(empty_url)
    yield database
    database.dispose()


def _indexes(tx: Connection) -> dict[str, str]:
    rows = tx.execute(text(INDEXES[tx.dialect.name])).all()
    return {str(name): str(sql) for name, sql in rows if name != "alembic_version_pkc"}


def test_a_database_without_a_schema_is_told_apart_from_a_migrated_one(empty: Database, empty_url: str) -> None:
    assert not empty.schema_is_current()
    migrate(empty_url)
    assert empty.schema_is_current()


def test_a_second_migration_changes_nothing(empty: Database, empty_url: str) -> None:
    migrate(empty_url)
    migrate(empty_url)
    assert empty.schema_is_current()


def test_the_code_asks_for_the_newest_migration(database: Database) -> None:
    with database.read() as tx:
        assert ScriptDirectory.from_config(configured(tx)).get_current_head() == NEWEST


def test_the_migrations_make_the_tables_that_the_code_knows(database: Database) -> None:
    with database.read() as tx:
        assert compare_metadata(MigrationContext.configure(tx), metadata) == []


def test_the_migrations_make_the_indexes_that_the_code_knows(empty: Database, database: Database) -> None:
    with empty.write() as tx:
        metadata.create_all(tx)
    with empty.read() as declared, database.read() as migrated:
        assert _indexes(declared) == _indexes(migrated)


def test_the_way_back_leaves_nothing(empty: Database, empty_url: str) -> None:
    migrate(empty_url)
    with empty.write() as tx:
        command.downgrade(configured(tx), "base")
    with empty.read() as tx:
        assert _indexes(tx) == {}


def test_processes_that_start_at_once_may_all_migrate(empty: Database, empty_url: str) -> None:
    context = get_context("spawn")
    processes = [context.Process(target=migrate, args=(empty_url,)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert empty.schema_is_current()
