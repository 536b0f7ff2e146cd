"""Runs commands of the app, by a clock and with a moment of death that a test decides.

    python launcher.py FOLDER

Each line on stdin is a pair in JSON, an environment and a list of arguments, and runs one command as a process group of
its own; stdout tells the group's number, and later how it ended. The command reads `input` in FOLDER and adds to
`output` and `errors`. `clock` holds the seconds that its clock is ahead. `moment`, while it is there, holds a number:
at that moment the app kills its whole group. Every commit makes two moments: just before it and just after it.

It changes the app from outside, before the app starts: the code that runs is the product's own.
"""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import Value
from pathlib import Path

import granian.server  # noqa: F401 - imported once, so that a start is quick
from click import Context

from saleor_kupikupi import app, worker  # noqa: F401 - the same
from saleor_kupikupi.cli import main as command_line
from saleor_kupikupi.flows.parts import Limits, Parts
from saleor_kupikupi.settings import Settings
from saleor_kupikupi.store.database import Database, Tx

for each_command in command_line.list_commands(Context(command_line)):  # the same
    command_line.get_command(Context(command_line), each_command)

Write = Callable[[Database], AbstractContextManager[Tx]]


def with_clock(file: Path) -> Callable[..., Parts]:
    """Makes parts that read the time from a file."""
    make = app.make_parts

    def now() -> datetime:
        ahead = timedelta(seconds=float(file.read_text()))
        return datetime.now(UTC) + ahead  # noqa: TID251 - the clock that everybody there takes as an argument

    def made(settings: Settings, limits: Limits | None = None, **more: int) -> Parts:
        return replace(make(settings, limits, **more), now=now)

    return made


def mortal(write: Write, file: Path) -> Write:
    """Makes transactions at whose commit everything may end; all processes of the group count together."""
    passed = Value("i", 0)

    def moment() -> None:
        if not file.exists():
            return
        with passed.get_lock():
            passed.value += 1
            if passed.value == int(file.read_text()):
                os.killpg(0, signal.SIGKILL)

    @contextmanager
    def watched(database: Database) -> Iterator[Tx]:
        with write(database) as tx:
            yield tx
            moment()
        moment()

    return watched


def run(folder: Path, environment: dict[str, str], command: list[str]) -> None:
    """Becomes the app."""
    os.environ.update(environment)  # noqa: TID251 - it is the app's own
    os.setsid()
    os.dup2(os.open(folder / "input", os.O_RDONLY), 0)
    for number, name in ((1, "output"), (2, "errors")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_APPEND), number)
    setattr(app, "make_parts", with_clock(folder / "clock"))  # noqa: B010 - from outside, as this file says
    setattr(Database, "write", mortal(Database.write, folder / "moment"))  # noqa: B010 - the same
    try:
        command_line(command, prog_name="saleor-kupikupi")
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(int(end.code or 0))  # taking the interpreter apart is slow


def serve_starts(folder: Path) -> None:
    """Runs one command after the other."""
    while line := sys.stdin.readline():
        child = os.fork()
        if child == 0:
            run(folder, *json.loads(line))
        os.write(1, f"{child}\n".encode())
        _, status = os.waitpid(child, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    serve_starts(Path(sys.argv[1]))
