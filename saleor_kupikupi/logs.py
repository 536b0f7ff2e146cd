"""One log line a step, with the reference; secrets, codes, bodies and full phone numbers never reach it.

To log never raises and never waits: lines queue up for a thread that writes them, and those that find the queue full,
or that cannot be written, are counted instead.
"""

import logging
import os
import queue
import re
import sys
import threading
from collections.abc import Callable
from multiprocessing.util import Finalize
from time import monotonic, sleep
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

_LONG_NUMBER = re.compile(r"(?<!\d)(?:\+?7|8)?9\d{5}(\d{4})(?!\d)")
LONGEST_TEXT = 10_000  # characters of one value
_QUEUE = 5_000  # lines
_LAST_WORDS = 1.0  # seconds that a process which ends waits for its last lines to be written
_SECRET_WORDS = frozenset({"token", "auth_token", "secret", "code_entered", "phone", "body", "key"})


class Sink:
    """Writes lines to a descriptor on a thread of its own, one in each process; `dropped` counts lost ones."""

    def __init__(self, descriptor: int, size: int = _QUEUE) -> None:
        self._descriptor = descriptor
        self._size = size
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def msg(self, line: str) -> None:
        """Takes a line; what is no valid text in it is written as an escape."""
        if self._thread is None:
            self._begin()
        try:
            self._lines.put_nowait(line.encode(errors="backslashreplace") + b"\n")
        except queue.Full:
            self.drop()

    debug = info = warning = error = critical = exception = msg

    @property
    def is_stuck(self) -> bool:
        """Tells whether lines are lost now: the last one could not be written, or the queue is full."""
        return self._failing or self._lines.full()

    def flush(self, seconds: float) -> None:
        """Waits until all lines are written, for some seconds at most."""
        ends = monotonic() + seconds
        while self._lines.unfinished_tasks and monotonic() < ends:
            sleep(0.005)

    def _reset(self) -> None:
        """Begins anew, after a fork too: neither the thread nor what others hold is there then."""
        self._lines: queue.Queue[bytes] = queue.Queue(self._size)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._failing = False
        self._untold = self.dropped = 0

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
                self._thread.start()
                Finalize(None, self.flush, (_LAST_WORDS,), exitpriority=0)

    def drop(self) -> None:
        """Counts a lost line."""
        with self._lock:
            self.dropped += 1
            self._untold += 1

    def _write_all(self) -> None:
        while True:
            line = self._lines.get()
            try:
                self._write(line)
                self._failing = False
            except OSError:
                self._failing = True
                self.drop()
            self._lines.task_done()
            if self._untold and not self._failing:
                self._tell()

    def _write(self, line: bytes) -> None:
        while line:
            line = line[os.write(self._descriptor, line) :]

    def _tell(self) -> None:
        with self._lock:
            lost, self._untold = self._untold, 0
        log = structlog.get_logger()  # only now: it goes where logs are configured to go at present
        log.error("log lines dropped", lines=lost)


def configure(level: str, form: str, stream: TextIO | None = None) -> Sink:
    """Sets the process's logging up: JSON lines for machines, or text for people, coloured on a terminal alone."""
    descriptor = _descriptor_of(stream or sys.stdout)
    sink = Sink(descriptor)
    renderer: Callable[..., Any] = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=os.isatty(descriptor))
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masked,
            _laid_out(renderer, sink),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=lambda *_names: sink,
        cache_logger_on_first_use=True,
    )
    # gql's own log holds whole payloads, urllib3's holds addresses and what a peer sent wrongly.
    for name in ("gql", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return sink


def _descriptor_of(stream: TextIO | None) -> int:
    """Finds where to write: without stdout, not to whatever was opened in its place."""
    return os.open(os.devnull, os.O_WRONLY) if stream is None else stream.fileno()


def _laid_out(renderer: Callable[..., Any], sink: Sink) -> Callable[..., Any]:
    def lay_out(logger: WrappedLogger, method: str, event: EventDict) -> Any:
        try:
            return renderer(logger, method, event)
        except Exception:  # noqa: BLE001 - a value that cannot even be shown
            sink.drop()
            raise structlog.DropEvent from None

    return lay_out


def masked(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hides what must not be read in a log, whoever wrote it there."""
    for name, value in event.items():
        if name in _SECRET_WORDS:
            event[name] = "***"
        elif isinstance(value, str):
            event[name] = _LONG_NUMBER.sub(r"***\1", value[:LONGEST_TEXT])
    return event
