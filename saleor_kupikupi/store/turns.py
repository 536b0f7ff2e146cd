"""Whose turn it is to write, among the threads of all processes. It knows a lock file, and no database.

SQLite has one writer at a time and lets the others sleep and try again, longer each time: with two busy processes some
wait for a second while the disk is idle. The kernel wakes who waits for a file lock at once, and takes the lock from a
process that dies.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def turn(lock_file: Path) -> Iterator[None]:
    """Waits until nobody else holds the lock, and holds it for the block."""
    # Opened anew each time: the lock belongs to the open file, so threads that shared one would all hold it.
    lock = os.open(lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
