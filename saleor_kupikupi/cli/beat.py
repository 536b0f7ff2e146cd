"""The beat of the background work: a file whose time says when work was last looked for.

A container asks it of its own worker alone, without the database and without a network.
"""

import os
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import click

from saleor_kupikupi.settings import WrongSettings

LATE = 60.0  # seconds; a look at an idle database comes every quarter of one, and one piece of work takes up to 12


Beat = Callable[[datetime], None]


def beating(file: Path | None) -> Beat:
    """Makes the file, if one is wanted, and gives what keeps its time; raises WrongSettings if it cannot be written."""
    if file is None:
        return lambda _: None

    def beat(looked_at: datetime) -> None:
        with file.open("a"):
            os.utime(file, (looked_at.timestamp(), looked_at.timestamp()))

    try:
        file.touch()
    except OSError as error:
        raise WrongSettings(f"WORKER_BEAT_FILE: {file} cannot be written: {error.strerror}") from None
    return beat


def tell_beat(file: Path | None) -> None:
    """Says how long ago work was looked for; raises ClickException where that is too long ago or never was."""
    if file is None:
        raise WrongSettings("WORKER_BEAT_FILE: without it the background work leaves no sign of itself")
    try:
        ago = time.time() - file.stat().st_mtime
    except OSError as error:
        raise click.ClickException(f"no background work has begun here: {file}: {error.strerror}") from None
    said = f"the background work last looked for something to do {max(0.0, ago):.0f} s ago"
    if ago > LATE:
        raise click.ClickException(f"{said}: it hangs, or the database does not serve it")
    click.echo(said)
