import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from threading import Event, Thread, active_count
from time import monotonic

import pytest

from saleor_kupikupi.store.turns import NoTurn, Turns
from tests.clock import eventually

LONG = 20.0


@contextmanager
def another_process_writes(lock: Path) -> Iterator[None]:
    """Holds the lock as another process does: by an open file of its own."""
    file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
    finally:
        os.close(file)


def is_free(lock: Path) -> bool:
    file = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(file)


def test_only_one_at_a_time_holds_the_turn(tmp_path: Path) -> None:
    turns, inside, done = Turns(tmp_path / "lock"), Event(), []

    def wait_for_it() -> None:
        inside.set()
        with turns.turn(LONG):
            done.append("second")

    with turns.turn(LONG):
        second = Thread(target=wait_for_it)
        second.start()
        assert inside.wait(5)
        second.join(0.05)
        assert second.is_alive()
        done.append("first")
    second.join(5)
    assert done == ["first", "second"]


def test_the_turn_is_passed_on_when_its_block_raises(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    turns = Turns(lock)
    with pytest.raises(ZeroDivisionError), turns.turn(LONG):
        _ = 1 / 0
    with turns.turn(LONG):
        assert lock.stat().st_mode & 0o777 == 0o600
    assert is_free(lock)


def test_a_turn_comes_as_soon_as_the_other_process_is_done(tmp_path: Path) -> None:
    lock, got = tmp_path / "lock", Event()
    turns = Turns(lock)

    def wait_for_it() -> None:
        with turns.turn(LONG):
            got.set()

    waiting = Thread(target=wait_for_it)
    with another_process_writes(lock):
        waiting.start()
        assert not got.wait(0.05)
    assert got.wait(5)
    waiting.join(5)
    assert is_free(lock)


def test_nobody_waits_longer_than_was_said(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    turns, began = Turns(lock), monotonic()
    with another_process_writes(lock):
        before = active_count()
        for _ in range(3):
            with pytest.raises(NoTurn), turns.turn(0.05):
                pass
        assert active_count() <= before + 1
    assert monotonic() - began < LONG
    assert eventually(lambda: is_free(lock))
    with turns.turn(LONG):
        assert not is_free(lock)


def test_who_comes_after_one_that_gave_up_gets_the_turn(tmp_path: Path) -> None:
    lock, got = tmp_path / "lock", Event()
    turns = Turns(lock)

    def wait_for_it() -> None:
        with turns.turn(LONG):
            got.set()

    waiting = Thread(target=wait_for_it)
    with another_process_writes(lock):
        with pytest.raises(NoTurn), turns.turn(0.01):
            pass
        waiting.start()
        assert not got.wait(0.05)
    assert got.wait(5)
    waiting.join(5)


def test_a_thread_that_writes_for_long_is_not_waited_for_without_end(tmp_path: Path) -> None:
    turns, refused = Turns(tmp_path / "lock"), Event()

    def give_up() -> None:
        with pytest.raises(NoTurn), turns.turn(0.01):
            pass
        refused.set()

    with turns.turn(LONG):
        impatient = Thread(target=give_up)
        impatient.start()
        assert refused.wait(5)
    impatient.join(5)


def _count(lock: Path, counter: Path, times: int) -> None:
    turns = Turns(lock)
    for _ in range(times):
        with turns.turn(LONG):
            counter.write_text(str(int(counter.read_text()) + 1))


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    counter.write_text("0")
    processes = [get_context("fork").Process(target=_count, args=(tmp_path / "lock", counter, 300)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert counter.read_text() == "600"
