"""The app as another program: starts it with its own command line, kills it, stops it, and keeps what it printed.

Knows commands, settings by name and processes. Must not know a line of the app's code.
"""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sysconfig
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import click
import requests

COMMAND: Final = "saleor-kupikupi"
START_SECONDS: Final = 30.0
STOP_SECONDS: Final = 15.0
COMMAND_SECONDS: Final = 60.0
TAIL: Final = 40  # lines


class Trouble(Exception):
    """The demo cannot go on; the text says why and shows what the app itself said."""


class Program:
    """One app on this machine, with its database in a folder of its own; `settings` go to its environment."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._command = _installed()
        self._folder = folder
        self._output = folder / "app.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._over = False
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database_url = f"sqlite:///{folder}/app.db"
        # Nothing else of this shell: its proxies and its settings of another app are not meant for the demo.
        self._environment = {
            "PATH": os.defpath,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PORT": str(self.port),
            "DATABASE_URL": self.database_url,
            "LOG_FORMAT": "text",
            **settings,
        }

    def start(self) -> None:
        """Serves, and returns once the app is ready. Raises Trouble."""
        with self._output.open("ab") as output, self._lock:
            if self._over:
                raise Trouble("the demo is over")
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                [self._command, "serve"],
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a group of its own, to kill all of it at once; and Ctrl-C is ours to handle
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._is_ready():
            self.still_runs()
            if time.monotonic() > deadline:
                raise Trouble(f"The app is not ready after {START_SECONDS:.0f} s at {self.url}\n{self.tail()}")
            time.sleep(0.05)

    def still_runs(self) -> None:
        """Raises Trouble where the app does not run."""
        process = self._process
        if process is None:
            raise Trouble("the app was stopped")
        if process.poll() is not None:
            why = f": another program has port {self.port}" if self._port_is_taken() else ""
            raise Trouble(f"The app at {self.url} ended by itself, exit code {process.returncode}{why}\n{self.tail()}")

    def kill(self) -> None:
        """Kills every process of the app at once, as a power cut does."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def stop(self) -> None:
        """Asks the app to stop for good, and kills what does not."""
        with self._lock:
            self._over = True
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_SECONDS)
        self.kill()

    def run(self, arguments: Sequence[str], typed: str = "") -> str:
        """Runs one command beside the running app and gives what it printed. Raises Trouble."""
        try:
            done = subprocess.run(  # noqa: S603 - our own program
                [self._command, *arguments],
                cwd=self._folder,
                env=self._environment,
                input=typed,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Trouble(f"No end after {COMMAND_SECONDS:.0f} s: {COMMAND} {' '.join(arguments)}") from None
        if done.returncode != 0:
            raise Trouble(f"Exit code {done.returncode}: {COMMAND} {' '.join(arguments)}\n{_indented(done.stdout)}")
        return done.stdout

    def shell_command(self, arguments: Sequence[str]) -> str:
        """Spells a command so that it can be typed in a shell."""
        needed = ("PORT", "DATABASE_URL", "SECRET_KEY_FILE")
        settings = [f"{name}={shlex.quote(self._environment[name])}" for name in needed]
        return " ".join([*settings, shlex.quote(self._command), *arguments])

    def tail(self) -> str:
        """Gives the last lines that the app printed."""
        # A panic of the web server ends with a page of addresses, which would push the reason out of sight.
        printed = self._output.read_text(encoding="utf-8", errors="replace").partition("\nStack backtrace:")[0]
        lines = printed.splitlines()[-TAIL:]
        return f"The app's own output:\n{_indented(chr(10).join(lines)) or '    (nothing)'}"

    def _port_is_taken(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _is_ready(self) -> bool:
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.get(f"{self.url}/health/ready", timeout=2).status_code == 200
            except requests.RequestException:
                return False


def _installed() -> str:
    """Finds the command beside this Python, else wherever the shell would."""
    beside = Path(sysconfig.get_path("scripts")) / COMMAND
    found = str(beside) if beside.exists() else shutil.which(COMMAND)
    if found is None:
        raise Trouble(f"{COMMAND} is not installed for this Python ({beside} is missing): run `make demo`")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in click.unstyle(text).splitlines())
