from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, bindparam, text

from saleor_kupikupi.store import pages, transfers, verifications
from saleor_kupikupi.store.columns import Moment
from saleor_kupikupi.store.database import NEWEST, Database, migrate
from saleor_kupikupi.store.migrations import configured
from saleor_kupikupi.store.tables import metadata
from tests.clock import Clock
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


OLD_ROWS = (
    (
        "INSERT INTO installations (id, api_url, app_identifier, app_id, version, jwks, jwks_fetched_at, registered_at,"
        " suspension_reason) VALUES (1, 'u', 'a', 'i', '3.22', '{}', :now, :now, '')"
    ),
    (
        "INSERT INTO transfers (id, installation_id, reference, source_kind, source_id, source_key, channel, amount,"
        " phone_last4, language, state, created_at, provider_status, claimed_at, claimed_status, step) VALUES"
        " (1, 1, 'r', 'checkout', 's', 's', 'c', 100, '', 'ru', 'CONFIRMED', :now, '', :now, '', 3),"
        " (2, 1, 'q', 'checkout', 's', 's', 'c', 100, '', 'ru', 'CONFIRMED', :now, '', NULL, '', 3)"
    ),
    (
        "INSERT INTO reports (id, transfer_id, installation_id, type, psp_reference, amount, message, state,"
        " owed_since, due_at, attempts, last_error, delivered_at) VALUES"
        " (1, 1, 1, 'CHARGE_SUCCESS', 'r', 100, '', 'delivered', :now, :now, 0, '', :now),"
        " (2, 1, 1, 'TRANSACTION_NAME', 'r', 100, '', 'owed', :now, :now, 0, '', NULL),"
        " (3, 2, 1, 'CHARGE_SUCCESS', 'q', 100, '', 'delivered', :now, :now, 0, '', :long_ago)"
    ),
)


def test_charges_of_before_are_verified_and_names_are_owed_no_more(empty: Database) -> None:
    now = Clock().now()
    times = [bindparam("now", now, Moment()), bindparam("long_ago", now - timedelta(days=31), Moment())]
    with empty.write() as tx:
        command.upgrade(configured(tx), "0006")
        for row in OLD_ROWS:
            named = [each for each in times if f":{each.key}" in row]
            tx.execute(text(row).bindparams(*named))
        command.upgrade(configured(tx), "head")
        (taken,) = verifications.take_due(tx, now + timedelta(seconds=1), 20, 10)
        assert (taken.transfer_id, taken.verified_at, taken.told_at) == (1, now, now)
        assert [each.report.type for each in pages.reports_page(tx)] == ["CHARGE_SUCCESS"] * 2
        assert transfers.read(tx, 1).first_claimed_at == now
        assert transfers.read(tx, 2).first_claimed_at is None
