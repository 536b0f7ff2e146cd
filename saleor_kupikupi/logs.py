"""One log line a step, with the reference; secrets, codes, bodies and full phone numbers never reach it."""

import logging
import re
import sys
from collections.abc import Callable
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

_LONG_NUMBER = re.compile(r"(?<!\d)(?:\+?7|8)?9\d{5}(\d{4})(?!\d)")
_SECRET_WORDS = frozenset({"token", "auth_token", "secret", "code_entered", "phone", "body", "key"})


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Sets the process's logging up: JSON lines for machines, or text for people, coloured on a terminal alone."""
    stream = stream or sys.stdout
    renderer: Callable[..., Any] = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=stream.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            masked,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    # gql's own log holds whole payloads, urllib3's holds addresses and what a peer sent wrongly.
    for name in ("gql", "urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def masked(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Hides what must not be read in a log, whoever wrote it there."""
    for name, value in event.items():
        if name in _SECRET_WORDS:
            event[name] = "***"
        elif isinstance(value, str) and "9" in value:
            event[name] = _LONG_NUMBER.sub(r"***\1", value)
    return event
