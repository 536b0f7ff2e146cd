"""The way from an empty database to the present tables. Imported only to migrate, for Alembic is slow to import."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

_TURN = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '60s'; SELECT pg_advisory_xact_lock(7453210986)"


def upgrade(connection: Connection) -> None:
    """Applies what is missing within the connection's transaction; a second caller waits for the first."""
    if connection.dialect.name == "postgresql":
        for statement in _TURN.split("; "):
            connection.execute(text(statement))
    command.upgrade(configured(connection), "head")


def configured(connection: Connection) -> Config:
    """Makes Alembic's configuration, which needs no file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
