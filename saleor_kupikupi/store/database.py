"""Connections and transactions on the two databases. It knows engines, locks and URLs, and no table but the version's.

SQLite has one writer at a time. Inside a process writers queue in their order of arrival instead of meeting in SQLite's
busy handler, which sleeps and starves. Between processes the busy handler decides.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.store.turns import Turns

Tx = Connection
"""What every function of this package takes first."""

NEWEST = "0001"
"""The migration that this code needs, repeated here because reading the migrations takes Alembic, which is slow."""

_LOCK_SECONDS = 5
_POSTGRESQL_SETTINGS = (
    "SET TIME ZONE 'UTC'; SET statement_timeout = '10s'; SET lock_timeout = '5s';"
    " SET idle_in_transaction_session_timeout = '30s'"
)
_SQLITE_SETTINGS = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON")


class DatabaseUnavailable(AppError):
    """The database cannot be reached, or kept us waiting for too long."""


class Database:
    """The database of the app, shared by every thread of a process."""

    def __init__(self, url: str, *, pool_size: int = 20) -> None:
        """Prepares connections without making any; raises ValueError as `database_url` does."""
        self._url = database_url(url)
        self.dialect = self._url.get_backend_name()
        postgresql = self.dialect == "postgresql"
        arguments: dict[str, Any] = {"connect_timeout": 5} if postgresql else _SQLITE_ARGUMENTS
        self._engine = create_engine(
            self._url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=_LOCK_SECONDS,
            pool_pre_ping=postgresql,
            connect_args=arguments,
            hide_parameters=True,  # they would reach the log with an error
        )
        event.listen(self._engine, "connect", _set_up_postgresql if postgresql else _set_up_sqlite)
        if postgresql:
            self._reader: Engine = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        else:
            self._reader = self._engine
            _make_private(Path(str(self._url.database)))
        self._turns = Turns()

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
        with _explained(), self._turns.turn(), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

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
# The driver is told to open no transaction of its own: we say BEGIN IMMEDIATE.
_SQLITE_ARGUMENTS: dict[str, Any] = {"isolation_level": None, "timeout": _LOCK_SECONDS}


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (InterfaceError, OperationalError) as error:
        raise DatabaseUnavailable(f"the database does not serve us: {error.orig}") from error
    except PoolTimeout as error:
        raise DatabaseUnavailable("every connection to the database is in use") from error


def _make_private(file: Path) -> None:
    """Makes the file before SQLite does, for our eyes only; its journals get the same mode."""
    if not file.parent.is_dir():
        raise ValueError(f"the folder {file.parent} of the database's file does not exist")
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))


def _set_up_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    for setting in _SQLITE_SETTINGS:
        connection.execute(setting).close()


def _set_up_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute(_POSTGRESQL_SETTINGS)
    connection.autocommit = False
