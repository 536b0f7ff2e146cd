"""Connections and transactions on the two databases. It knows engines and URLs, and no table but the version's."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.store.turns import NoTurn, Turns

Tx = Connection
"""What every function of this package takes first."""

NEWEST = "0013"
"""The migration that this code needs, repeated here because reading the migrations takes Alembic, which is slow."""

_POSTGRESQL_SETTINGS = (
    "SET TIME ZONE 'UTC'; SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s';"
    " SET lock_timeout = '{:.0f}ms'"
)
_SQLITE_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


class DatabaseUnavailable(AppError):
    """The database cannot be reached, or kept us waiting for too long."""


class Database:
    """The database of the app, shared by every thread of a process."""

    def __init__(self, url: str, *, pool_size: int = 20, wait_seconds: float = 5.0) -> None:
        """Prepares connections without making any; raises ValueError as `database_url` does, or for an unusable file.

        `wait_seconds` is how long one waits for a connection or for another's lock.
        """
        self._url = database_url(url)
        self.dialect = self._url.get_backend_name()
        postgresql = self.dialect == "postgresql"
        # SQLite's driver is told to open no transaction of its own: we say BEGIN IMMEDIATE.
        sqlite_arguments = {"isolation_level": None, "timeout": wait_seconds}
        self._engine = create_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=wait_seconds,
            pool_pre_ping=postgresql,
            connect_args={"connect_timeout": 5} if postgresql else sqlite_arguments,
            hide_parameters=True,  # they would reach the log with an error
        )
        set_up = partial(_set_up_postgresql, wait_seconds) if postgresql else _set_up_sqlite
        event.listen(self._engine, "connect", set_up)
        if postgresql:
            self._reader: Engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        else:
            self._reader = self._engine
            _make_private(Path(str(self._url.database)))
        self._turns = Turns(Path(f"{self._url.database}.lock"))
        self._wait_seconds = wait_seconds

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Lends a connection on which every statement stands alone: no transaction outlives its statement."""
        with _explained(), self._reader.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Makes one durable transaction of the block: committed at its end, rolled back when it raises."""
        if self.dialect == "postgresql":
            with _explained(), self._engine.begin() as connection:
                yield connection
            return
        with _explained(), self._turns.turn(self._wait_seconds), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def await_turn(self, seconds: float) -> None:
        """Waits until one could write, for some seconds; raises DatabaseUnavailable. PostgreSQL knows no such turns."""
        if self.dialect == "sqlite":
            with _explained(), self._turns.turn(seconds):
                pass

    def schema_is_current(self) -> bool:
        """Tells whether the newest migration has been applied."""
        with self.read() as tx:
            if not inspect(tx).has_table("alembic_version"):
                return False
            return bool(tx.scalar(text("SELECT version_num FROM alembic_version")) == NEWEST)

    def dispose(self) -> None:
        """Closes every connection that is not lent."""
        self._engine.dispose()


def database_url(given: str) -> URL:
    """Reads a database URL as people write it, with Saleor's own `postgres://` too.

    Raises ValueError that says what is expected and does not repeat the URL, for a password may stand in it.
    """
    try:
        url = make_url(given.strip())
    except (ArgumentError, ValueError):
        raise ValueError(f"it cannot be read as a URL; {_EXPECTED}") from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise ValueError(f"{url.drivername} is no database that this app works with; {_EXPECTED}")
    if url.host or not url.database or url.database == ":memory:" or url.query:
        raise ValueError(f"it names no file; {_EXPECTED}")
    return url


def migrate(url: str) -> None:
    """Brings the database's schema to the newest migration; several processes may ask for it at once."""
    from saleor_kupikupi.store.migrations import upgrade

    database = Database(url, pool_size=1)
    try:
        with database.write() as tx:
            upgrade(tx)
    finally:
        database.dispose()


_EXPECTED = "expected postgresql://user:password@host:5432/name or sqlite:///path/to/file.sqlite3"

_TOO_MUCH = "54"  # PostgreSQL's class of "program limit exceeded": what we wrote is too large, the server is well


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (InterfaceError, OperationalError) as error:
        if (getattr(error.orig, "sqlstate", None) or "").startswith(_TOO_MUCH):
            raise
        raise DatabaseUnavailable(f"the database does not serve us: {error.orig}") from error
    except NoTurn as error:
        raise DatabaseUnavailable("somebody else has been writing to the database for too long") from error
    except PoolTimeout as error:
        raise DatabaseUnavailable("every connection to the database is in use") from error


def _make_private(file: Path) -> None:
    """Makes the file before SQLite does, for our eyes only; its journals get the same mode."""
    try:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise ValueError(f"the file {file} cannot be opened: {error.strerror}") from error


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting).close()


def _set_up_postgresql(wait_seconds: float, connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute(_POSTGRESQL_SETTINGS.format(wait_seconds * 1000))
    connection.autocommit = False
