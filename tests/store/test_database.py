import contextlib
import stat
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text, update
from sqlalchemy.exc import DBAPIError

from saleor_kupikupi.store import orders, timeline
from saleor_kupikupi.store.database import Database, DatabaseUnavailable, database_url
from saleor_kupikupi.store.tables import transfers
from tests.store.shop import NOW, Shop


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_spelling_of_postgresql_is_accepted(scheme: str) -> None:
    url = database_url(f" {scheme}://user:p%40ss@db:5432/saleor?sslmode=require ")
    assert (url.drivername, url.password, url.query["sslmode"]) == ("postgresql+psycopg", "p@ss", "require")


def test_a_file_of_sqlite_is_accepted() -> None:
    assert database_url("sqlite:////data/app.sqlite3").database == "/data/app.sqlite3"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "hunter2",
        "mysql://root:hunter2@db/x",
        "postgresql://user:hunter2@db:port/x",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://hunter2/x",
        "sqlite:///x?mode=ro",
    ],
)
def test_a_wrong_url_is_explained_without_being_repeated(wrong: str) -> None:
    with pytest.raises(ValueError, match="expected postgresql://") as raised:
        database_url(wrong)
    assert "hunter2" not in str(raised.value)


def test_a_file_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be opened: No such file"):
        Database(f"sqlite:///{tmp_path}/missing/store.sqlite3")


def test_the_file_and_its_journals_are_for_our_eyes_only(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/store.sqlite3")
    with database.write() as tx:
        tx.execute(text("CREATE TABLE t (id INTEGER)"))
    files = sorted(tmp_path.iterdir())
    assert [file.name.removeprefix("store.sqlite3") for file in files] == ["", "-shm", "-wal", ".lock"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    database.dispose()


def test_sqlite_is_set_up_to_be_durable(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/store.sqlite3")
    with database.read() as tx:
        found = {name: tx.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous", "foreign_keys")}
        assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        assert tx.scalar(text("PRAGMA busy_timeout")) == 5000
    database.dispose()


def test_postgresql_gives_up_on_what_takes_too_long(migrated_postgresql: str) -> None:
    database = Database(migrated_postgresql)
    with database.write() as tx:
        shown = [tx.scalar(text(f"SHOW {name}")) for name in ("statement_timeout", "lock_timeout", "timezone")]
        assert tx.scalar(text("SHOW transaction_isolation")) == "read committed"
    assert shown == ["10s", "5s", "UTC"]
    database.dispose()


def test_a_block_is_written_whole_or_not_at_all(shop: Shop) -> None:
    transfer = shop.new()

    def half() -> None:
        with shop.database.write() as tx:
            timeline.note(tx, transfer.id, NOW, "worker", "half")
            raise LookupError

    with pytest.raises(LookupError):
        half()
    with shop.database.write() as tx:
        timeline.note(tx, transfer.id, NOW, "worker", "whole")
    with shop.database.read() as tx:
        assert [entry.what for entry in timeline.of(tx, transfer.id)] == ["whole"]


def test_a_read_sees_what_was_committed_meanwhile(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.read() as tx:
        assert timeline.of(tx, transfer.id) == []
        with shop.database.write() as other:
            timeline.note(other, transfer.id, NOW, "worker", "seen")
        assert len(timeline.of(tx, transfer.id)) == 1


def test_writers_of_many_threads_all_get_their_turn(shop: Shop) -> None:
    transfer = shop.new()

    def write() -> None:
        for _ in range(5):
            with shop.database.write() as tx:
                timeline.note(tx, transfer.id, NOW, "worker", "written")

    threads = [Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with shop.database.read() as tx:
        assert len(timeline.of(tx, transfer.id)) == 40


def test_an_error_of_the_database_names_no_values(shop: Shop) -> None:
    with pytest.raises((DatabaseUnavailable, DBAPIError)) as raised, shop.database.read() as tx:
        tx.execute(text("SELECT x FROM nowhere WHERE x = :x"), {"x": "79991234567"}).all()
    assert "nowhere" in str(raised.value)
    assert "79991234567" not in f"{raised.value} {raised.value.__cause__}"


def test_what_is_too_large_for_the_database_does_not_make_it_unavailable(shop: Shop) -> None:
    """SQLite keeps it; PostgreSQL refuses to put it into an index, as an OperationalError like a lost connection."""
    long = "".join(uuid4().hex for _ in range(300))
    with contextlib.suppress(DBAPIError), shop.database.write() as tx:
        orders.placed(tx, shop.add(tx).id, long, long)
    with shop.database.write() as tx:
        assert shop.add(tx).id


def test_a_value_that_the_database_cannot_hold_does_not_make_it_unavailable(shop: Shop) -> None:
    with pytest.raises((DBAPIError, OverflowError)), shop.database.write() as tx:
        shop.add(tx, amount=10**30)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    database = Database("postgresql://user:hunter2@127.0.0.1:1/x")
    with pytest.raises(DatabaseUnavailable) as raised, database.read():
        pass
    assert "hunter2" not in str(raised.value)
    database.dispose()


def test_too_many_readers_at_once_are_told_so(url: str) -> None:
    database = Database(url, pool_size=1, wait_seconds=0.01)
    with database.read(), database.read(), pytest.raises(DatabaseUnavailable, match="every"), database.read():
        pytest.fail("there were two connections only")
    database.dispose()


def test_a_lock_that_is_not_given_back_is_not_waited_for_without_end(shop: Shop, url: str) -> None:
    impatient, transfer = Database(url, wait_seconds=0.05), shop.new()
    lock = update(transfers).where(transfers.c.id == transfer.id).values(language="en")
    stranger = create_engine(database_url(url))
    with stranger.begin() as tx:
        tx.execute(lock)
        with pytest.raises(DatabaseUnavailable), impatient.write() as other:
            other.execute(lock)
    stranger.dispose()
    impatient.dispose()
