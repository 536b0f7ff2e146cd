"""What a log must not tell."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from saleor_kupikupi import logs


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    before = structlog.get_config()
    stream = io.StringIO()
    logs.configure("info", "json", stream)
    yield stream
    structlog.configure(**before)


def test_a_line_is_one_json_object_with_its_reference(written: io.StringIO) -> None:
    structlog.get_logger().info("opened", reference="cb492f89-8baa-4fcc-bba9-c1d9c4c162da", amount=123_450)
    line = json.loads(written.getvalue())
    assert line["event"] == "opened"
    assert line["reference"] == "cb492f89-8baa-4fcc-bba9-c1d9c4c162da"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("phone", ["79161234567", "+79161234567", "89161234567", "9161234567"])
def test_a_phone_is_cut_to_its_last_four_digits_wherever_it_stands(written: io.StringIO, phone: str) -> None:
    structlog.get_logger().warning("odd", error=f"the phone {phone} is refused")
    assert "916123" not in written.getvalue()
    assert "4567" in written.getvalue()


@pytest.mark.parametrize("name", ["token", "secret", "phone", "body", "key", "auth_token"])
def test_what_is_named_like_a_secret_is_not_written(written: io.StringIO, name: str) -> None:
    structlog.get_logger().error("odd", **{name: "hush-hush"})
    assert "hush-hush" not in written.getvalue()


def test_an_exception_is_written_without_the_values_of_its_variables(written: io.StringIO) -> None:
    hidden = "hush" + "-hush"

    def fail(secret: str) -> None:
        raise ValueError(len(secret))

    try:
        fail(hidden)
    except ValueError:
        structlog.get_logger().exception("defect")
    assert "ValueError" in written.getvalue()
    assert hidden not in written.getvalue()


def test_text_that_goes_to_no_terminal_has_no_colours(written: io.StringIO) -> None:
    logs.configure("info", "text", written)
    structlog.get_logger().info("opened", reference="a-reference")
    assert "reference=a-reference" in written.getvalue()


def test_below_its_level_nothing_is_written(written: io.StringIO) -> None:
    structlog.get_logger().debug("detail")
    assert written.getvalue() == ""
