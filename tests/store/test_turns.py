from pathlib import Path
from threading import Event, Thread

import pytest

from saleor_kupikupi.store.turns import turn


def test_only_one_at_a_time_holds_the_turn(tmp_path: Path) -> None:
    lock, inside, done = tmp_path / "lock", Event(), []

    def wait_for_it() -> None:
        inside.set()
        with turn(lock):
            done.append("second")

    with turn(lock):
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
    with pytest.raises(ZeroDivisionError), turn(lock):
        _ = 1 / 0
    with turn(lock):
        assert lock.stat().st_mode & 0o777 == 0o600
