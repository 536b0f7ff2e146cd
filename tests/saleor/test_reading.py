import contextlib
import json
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saleor_kupikupi.domain.errors import MalformedMessage
from saleor_kupikupi.saleor import reading
from saleor_kupikupi.saleor.events import EVENTS, parse

numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,25})?", fullmatch=True)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(numbers)
@example("1e9999999999")
@example("1e999999999999999999")
@example("1e-9999999999999999999")
@example("9" * 5000)
def test_any_number_of_json_is_read_or_refused(number: str) -> None:
    try:
        body = reading.decoded(f'{{"a": {number}}}')
    except ValueError:
        return
    read = reading.maybe_number(body, "a")
    assert read is None or read.is_finite()


@given(st.text(alphabet='{}[]":,.eE+-0123456789NaInfty\\u ', max_size=60))
def test_any_text_is_json_or_refused(document: str) -> None:
    with contextlib.suppress(ValueError):
        reading.decoded(document)


@given(values)
def test_any_value_is_read_or_refused(value: object) -> None:
    body = reading.decoded(json.dumps({"a": {"b": value}}))
    assert isinstance(reading.maybe_text(body, "a", "b"), str | None)
    assert isinstance(reading.maybe_number(body, "a", "b"), Decimal | None)
    for read, kind in ((reading.text, str), (reading.number, Decimal), (reading.moment, datetime)):
        with contextlib.suppress(MalformedMessage):
            assert isinstance(read(body, "a", "b"), kind)


@given(st.sampled_from(sorted(EVENTS)), st.binary(max_size=200))
def test_any_bytes_are_an_event_or_refused(event: str, raw: bytes) -> None:
    with pytest.raises(MalformedMessage):
        parse(event, raw)


@pytest.mark.parametrize(
    ("written", "read"),
    [("x" * 512, "x" * 512), ("x" * 513, None), (" " * 512, None), ("", None), (None, None), (5, None)],
)
def test_a_text_of_an_answer_is_nothing_where_it_is_too_long_for_a_name(written: object, read: str | None) -> None:
    assert reading.maybe_text({"a": written}, "a") == read


@pytest.mark.parametrize(
    ("written", "read"),
    [("x" * 5000, "x" * 4000), (" a ", " a "), (" " * 5000, ""), ("", ""), (None, ""), (5, ""), ([], "")],
)
def test_what_people_wrote_is_cut(written: object, read: str) -> None:
    assert reading.words({"a": written}, "a") == read
