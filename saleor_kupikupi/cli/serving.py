"""Starts what runs for long: the web app, the worker; and what prepares for it."""

import os
import socket
import sys
import time
from functools import partial
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import click
import structlog

from saleor_kupikupi import logs
from saleor_kupikupi.cli.beat import Beat, beating, tell_beat
from saleor_kupikupi.cli.processes import (
    Background,
    also_on_signal,
    end_with_parent,
    handle_term,
    hear_signal,
    stop_on_signal,
)
from saleor_kupikupi.settings import Settings, WrongSettings, read_settings

log = structlog.get_logger()

_PORT_TRIES = 20
STOP_WITHIN = 13  # seconds; Saleor's webhooks are answered within 12


@click.command()
def serve() -> None:
    """Serve the app, with the background work in a process beside it unless WORKER_IN_PROCESS is false."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    _prepare(settings)
    _claim_port(settings)
    log.info("serving", address=f"{settings.host}:{settings.port}", manifest=f"{settings.base_url}/api/manifest")
    import saleor_kupikupi.worker  # noqa: F401 - imported once, before the processes part

    if not settings.worker_in_process:
        _serve(settings, None)
        return
    beat = beating(settings.worker_beat_file)
    background = Background(lambda: _work(settings, beat))
    background.start()
    try:
        _serve(settings, background)
    finally:
        background.stop(STOP_WITHIN)
    if background.failed:
        sys.exit(1)


@click.command()
def worker() -> None:
    """Do the background work: follow transfers and report to Saleor. Any number may run on PostgreSQL."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    _prepare(settings)
    _work(settings, beating(settings.worker_beat_file))


@click.command()
def migrate() -> None:
    """Bring the database's tables up to date."""
    _migrate(read_settings())
    click.echo("the database is up to date")


@click.command()
@click.option("--url", help="The address to ask; this machine's PORT when left out.")
@click.option("--worker", "of_worker", is_flag=True, help="Ask how the background work of this machine does instead.")
def health(url: str | None, of_worker: bool) -> None:
    """Ask a running app whether it can do its work."""
    if of_worker and url:
        raise click.UsageError("--worker looks at a file of this machine, so it takes no --url")
    if of_worker:
        tell_beat(read_settings().worker_beat_file)
        return
    address = url or f"http://127.0.0.1:{read_settings().port}/health/ready"
    try:
        with build_opener(ProxyHandler({})).open(address, timeout=5) as answer:  # a proxy does not lead to ourselves
            click.echo(answer.read().decode())
    except HTTPError as error:
        click.echo(f"{address}: {error}: {error.read().decode(errors='replace').strip()}", err=True)
        sys.exit(1)
    except (URLError, OSError) as error:
        click.echo(f"{address}: {error}", err=True)
        sys.exit(1)


def _prepare(settings: Settings) -> None:
    """Stops the start where the database's address cannot work, or our keys are not the database's.

    A SQLite file gets its tables by itself. A server that is away is waited for: the worker asks about the keys again.
    """
    from saleor_kupikupi.app import check_keys, open_database
    from saleor_kupikupi.store.database import DatabaseUnavailable

    database = open_database(settings)
    if database.dialect == "sqlite":
        database.dispose()
        _migrate(settings)
        return
    try:
        if database.schema_is_current():
            check_keys(settings, database)
    except DatabaseUnavailable as error:
        log.error("database unavailable", error=str(error))
    finally:
        database.dispose()


def _migrate(settings: Settings) -> None:
    from saleor_kupikupi.app import check_keys, open_database
    from saleor_kupikupi.store.database import migrate as bring_up_to_date

    database = open_database(settings)
    try:
        if not database.schema_is_current():
            bring_up_to_date(settings.database_url.get_secret_value())
        check_keys(settings, database)
    finally:
        database.dispose()


def _work(settings: Settings, beat: Beat) -> None:
    from saleor_kupikupi.app import make_parts
    from saleor_kupikupi.worker import Worker

    stop = stop_on_signal()
    parts = make_parts(settings, calls_at_once=settings.worker_threads)
    Worker(parts, settings.worker_threads, beat).run(stop)
    parts.database.dispose()


def _claim_port(settings: Settings) -> None:
    """Makes sure that nobody answers on our port.

    The web server's own socket would share it with another app of ours, which has another database. Processes of an
    app that was just killed may take a moment to end.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    for patience in (*[0.1] * _PORT_TRIES, None):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, settings.port))
            except OSError as error:
                if patience is None:
                    raise WrongSettings(
                        f"PORT: {settings.host}:{settings.port} is not free: {error.strerror}"
                    ) from None
                time.sleep(patience)
            else:
                return


def _serve(settings: Settings, background: Background | None) -> None:
    from granian import Granian
    from granian.constants import Interfaces

    server = Granian(
        "saleor_kupikupi",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.web_workers,
        blocking_threads=settings.web_threads,
        websockets=False,
        log_enabled=False,
        log_access=False,  # a notification's key stands in its path
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN,
    )
    if background:
        # Both stop at once: one after the other they could take twice as long.
        server.on_startup(partial(also_on_signal, background.tell_to_stop))
    try:
        server.serve(target_loader=partial(_web_process, os.getpid()), wrap_loader=False)
    except SystemExit:
        # Where a signal goes to the whole group, a child may end before its parent looks: that is no failure.
        if not server.interrupt_signal:
            raise


def _web_process(parent: int) -> Any:
    """Makes the web app of one server process."""
    from saleor_kupikupi.app import serve as make_app

    end_with_parent(parent)
    hear_signal(handle_term)
    return make_app()
