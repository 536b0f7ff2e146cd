"""Our commands as real processes: started, watched, stopped and killed.

Knows process groups and ports; must not know what the app does.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.clock import eventually

COMMAND = Path(sys.executable).with_name("saleor-kupikupi")
_LAUNCHER = Path(__file__).with_name("launcher.py")
PATIENCE = 20.0  # seconds; a busy machine is slow

Environment = dict[str, str]


def free_port() -> int:
    """Finds a port that nobody uses now."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def is_ready(port: int) -> bool:
    """Tells whether an app answers that it can do its work."""
    try:
        return requests.get(f"http://127.0.0.1:{port}/health/ready", timeout=5).status_code == 200
    except requests.RequestException:
        return False


@dataclass(frozen=True)
class Process:
    """A process that runs."""

    pid: int
    parent: int
    group: int
    started: int


def processes() -> list[Process]:
    """Lists what runs on this machine, the oldest first; what is dead and only not yet buried is left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with suppress(OSError):  # gone meanwhile
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            if fields[0] in "ZX":
                continue
            found.append(Process(int(entry.name), int(fields[1]), int(fields[2]), int(fields[19])))
    return sorted(found, key=lambda process: (process.started, process.pid))


class Running:
    """One command as a process group of its own; what it prints is kept."""

    def __init__(self, folder: Path, environment: Environment, *arguments: str) -> None:
        self._file = folder / f"{arguments[0]}-{time.monotonic_ns()}.output"
        with self._file.open("wb") as output:
            self._process = subprocess.Popen(
                [COMMAND, *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.pid = self._process.pid

    @property
    def output(self) -> str:
        """Is everything printed so far."""
        return self._file.read_text(encoding="utf-8")

    @property
    def group(self) -> list[Process]:
        """Lists the processes of the group."""
        return [each for each in processes() if each.group == self.pid]

    @property
    def children(self) -> list[Process]:
        """Lists the first process's own children, the oldest first."""
        return [each for each in processes() if each.parent == self.pid]

    def await_ready(self, port: int) -> None:
        """Waits until the app can do its work."""
        assert eventually(lambda: is_ready(port) or self._process.poll() is not None, PATIENCE), self.output
        assert self._process.poll() is None, self.output

    def signal(self, number: int) -> None:
        """Signals the first process alone."""
        self._process.send_signal(number)

    def ended(self, within: float = PATIENCE) -> int:
        """Waits for the end and gives the exit code, minus the signal's number where one ended it."""
        return self._process.wait(within)

    def end(self) -> None:
        """Leaves nothing behind."""
        for each in self.group:
            with suppress(ProcessLookupError):  # it may end by itself once its parent is gone
                os.kill(each.pid, signal.SIGKILL)
        self._process.wait()


class Mortal:
    """The app under `launcher.py`: it dies when it is told to and can be started again.

    `folder` holds the clock that it goes by; `environment` is all that it is told.
    """

    def __init__(self, folder: Path) -> None:
        self.environment: Environment = {}
        self._folder = folder
        self._moment = folder / "moment"
        self._lock = threading.Lock()
        self._group: int | None = None
        for name in ("input", "output", "errors"):
            (folder / name).touch()
        self._launcher = subprocess.Popen[bytes](
            [sys.executable, _LAUNCHER, folder],
            bufsize=0,
            cwd=folder,
            env={},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._launcher.stdin
        assert self._launcher.stdout
        self._stdin = self._launcher.stdin
        self._stdout = self._launcher.stdout

    @property
    def output(self) -> str:
        """Is everything printed so far, to stdout first."""
        return "".join((self._folder / name).read_text(encoding="utf-8") for name in ("output", "errors"))

    def start(self, *command: str) -> None:
        """Starts a command, to live on until it is told otherwise."""
        self._moment.unlink(missing_ok=True)
        with self._lock:
            self._stdin.write(json.dumps([self.environment, command]).encode() + b"\n")
            self._group = self._told()

    def await_ready(self, port: int) -> None:
        """Waits until the app can do its work."""
        assert eventually(lambda: is_ready(port) or self.is_dead, PATIENCE), self.output
        assert not self.is_dead, self.output

    def die_at(self, moment: int) -> None:
        """Lets it kill itself at a moment from now; the first is 1."""
        new = self._moment.with_suffix(".new")
        new.write_text(str(moment))
        new.replace(self._moment)  # at once: it is being read

    @property
    def is_dead(self) -> bool:
        """Tells whether it has ended."""
        with self._lock:
            if self._group is not None and select.select([self._stdout], [], [], 0)[0]:
                self._bury()
            return self._group is None

    def kill(self) -> None:
        """Kills the whole group, wherever it is just now, and waits for its end."""
        with self._lock:
            if self._group is not None:
                os.killpg(self._group, signal.SIGKILL)
                self._bury()

    def ended(self) -> int:
        """Waits for the end and gives the exit code."""
        with self._lock:
            return self._bury()

    def end(self) -> None:
        """Leaves nothing behind."""
        self.kill()
        self._stdin.close()
        self._stdout.close()
        self._launcher.wait()

    def _bury(self) -> int:
        self._group = None
        return self._told()

    def _told(self) -> int:
        return int(self._stdout.readline())


@dataclass(frozen=True)
class Said:
    """What a command came to: its exit code and what it printed."""

    code: int
    out: str
    errors: str

    @property
    def json(self) -> Any:
        """Is what it printed, read as JSON."""
        return json.loads(self.out)


class CommandLine(Mortal):
    """What an operator types, each time in a process of its own."""

    @property
    def folder(self) -> Path:
        """Is the folder in which commands are typed."""
        return self._folder

    def __call__(self, *command: str, typed: str = "") -> Said:
        (self._folder / "input").write_text(typed, encoding="utf-8")
        for name in ("output", "errors"):
            (self._folder / name).write_text("")
        self.start(*command)
        code = self.ended()
        return Said(code, *((self._folder / name).read_text(encoding="utf-8") for name in ("output", "errors")))
