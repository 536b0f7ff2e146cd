"""What a log must not tell, and what it must never do to a request."""

import fcntl
import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from saleor_kupikupi import logs
from tests.clock import eventually

PATIENCE = 10.0  # seconds


Written = Callable[[], str]


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Written]:
    """Reads what was logged so far."""
    before = structlog.get_config()
    file = tmp_path / "log"
    with file.open("w") as stream:
        sink = logs.configure("info", "json", stream)

        def read() -> str:
            sink.flush(PATIENCE)
            return file.read_text(encoding="utf-8")

        yield read
        sink.flush(PATIENCE)
    structlog.configure(**before)


def test_a_line_is_one_json_object_with_its_reference(written: Written) -> None:
    structlog.get_logger().info("opened", reference="cb492f89-8baa-4fcc-bba9-c1d9c4c162da", amount=123_450)
    line = json.loads(written())
    assert line["event"] == "opened"
    assert line["reference"] == "cb492f89-8baa-4fcc-bba9-c1d9c4c162da"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("phone", ["79161234567", "+79161234567", "89161234567", "9161234567"])
def test_a_phone_is_cut_to_its_last_four_digits_wherever_it_stands(written: Written, phone: str) -> None:
    structlog.get_logger().warning("odd", error=f"the phone {phone} is refused")
    assert "916123" not in written()
    assert "4567" in written()


@pytest.mark.parametrize("name", ["token", "secret", "phone", "body", "key", "auth_token"])
def test_what_is_named_like_a_secret_is_not_written(written: Written, name: str) -> None:
    structlog.get_logger().error("odd", **{name: "hush-hush"})
    assert "hush-hush" not in written()


def test_an_exception_is_written_without_the_values_of_its_variables(written: Written) -> None:
    hidden = "hush" + "-hush"

    def fail(secret: str) -> None:
        raise ValueError(len(secret))

    try:
        fail(hidden)
    except ValueError:
        structlog.get_logger().exception("defect")
    assert "ValueError" in written()
    assert hidden not in written()


def test_text_that_goes_to_no_terminal_has_no_colours(written: Written, tmp_path: Path) -> None:
    with (tmp_path / "text").open("w") as stream:
        sink = logs.configure("info", "text", stream)
        structlog.get_logger().info("opened", reference="a-reference")
        sink.flush(PATIENCE)
    assert "reference=a-reference" in (tmp_path / "text").read_text()
    assert written() == ""


def test_below_its_level_nothing_is_written(written: Written) -> None:
    structlog.get_logger().debug("detail")
    assert written() == ""


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", "\x00\x1b[2J", "\u2028\n\r", "%s %(x)s {} {0}"])
def test_any_text_can_be_logged_and_is_one_line(written: Written, text: str) -> None:
    structlog.get_logger().info("opened", source=text)
    assert len(written().splitlines()) == 1 or "\u2028" in text
    assert json.loads(written())["source"] == text


def test_a_text_without_end_is_cut(written: Written) -> None:
    structlog.get_logger().info("opened", source="9" * 1_000_000)
    assert len(written()) < 2 * logs.LONGEST_TEXT


class Unspeakable:
    def __repr__(self) -> str:
        raise RuntimeError


def test_what_cannot_be_shown_costs_its_own_line_alone(written: Written) -> None:
    structlog.get_logger().info("opened", source=Unspeakable())
    structlog.get_logger().info("next")
    lines = [json.loads(line) for line in written().splitlines()]
    assert {"next", "log lines dropped"} == {line["event"] for line in lines}


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    for end in (reading, writing):
        with suppress(OSError):  # a test may have closed it
            os.close(end)


def test_lines_that_nobody_reads_are_dropped_and_told_of_later(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    sink = logs.Sink(writing, size=10)
    for _ in range(30):
        sink.msg("x" * 999)
    assert sink.is_stuck
    lost = sink.dropped
    assert lost >= 30 - 10 - 5
    kept = b""
    while kept.count(b"\n") < 30 - lost:
        kept += os.read(reading, 4096)
    assert eventually(lambda: not sink.is_stuck)


def test_a_closed_log_is_noticed_and_used_again_when_it_is_back(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    os.close(reading)
    sink = logs.Sink(writing)
    sink.msg("nobody hears")
    sink.flush(PATIENCE)
    assert (sink.is_stuck, sink.dropped) == (True, 1)
    reading, back = os.pipe()
    os.dup2(back, writing)
    os.close(back)
    sink.msg("somebody hears")
    assert os.read(reading, 100) == b"somebody hears\n"
    assert eventually(lambda: not sink.is_stuck)
    os.close(reading)


def test_a_child_process_writes_its_own_lines(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    sink = logs.Sink(writing)
    sink.msg("parent")
    sink.flush(PATIENCE)
    child = multiprocessing.get_context("fork").Process(target=sink.msg, args=("child",))
    child.start()
    child.join(PATIENCE)
    assert child.exitcode == 0
    assert os.read(reading, 100) == b"parent\nchild\n"
