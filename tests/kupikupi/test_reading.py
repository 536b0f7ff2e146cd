import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from saleor_kupikupi.kupikupi.reading import Unreadable, decimal, flag, read_object, text, words


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b"[]",
        b'"OK"',
        b"null",
        b"1",
        b"{",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xff\xfe{}",
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 60_000,
    ],
)
def test_what_is_no_json_object_is_refused(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        read_object(raw)


numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,25})?", fullmatch=True)


@given(numbers)
@example("1e9999999999")
@example("1e999999999999999999")
@example("1e-9999999999999999999")
@example("9" * 5000)
@example("-0.0e0")
def test_any_number_of_json_is_read_or_refused(number: str) -> None:
    try:
        fields = read_object(f'{{"a": {number}, "b": [{{"c": {number}}}]}}'.encode())
    except Unreadable:
        return
    for read in (text, flag, decimal, words):
        with contextlib.suppress(Unreadable):
            read(fields, "a")


@given(st.binary(max_size=200) | st.text(alphabet='{}[]":,.eE+-0123456789NaInfty\\u \ud800', max_size=60).map(_bytes))
def test_any_bytes_are_an_object_or_refused(raw: bytes) -> None:
    try:
        fields = read_object(raw)
    except Unreadable:
        return
    assert isinstance(fields, dict)


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_object(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_numbers_never_pass_through_binary_floats() -> None:
    fields = read_object(b'{"a": 0.1, "b": 99999999.99, "c": 12345678901234567890123456789012345678901234567890}')
    assert fields == {"a": Decimal("0.1"), "b": Decimal("99999999.99"), "c": int("1234567890" * 5)}


@pytest.mark.parametrize(
    ("value", "read"),
    [("x", "x"), (" x ", "x"), (12, "12"), (10**42, "1" + "0" * 42), (0, "0"), ("Заказ-1", "Заказ-1"), ("x" * 64,) * 2],
)
def test_a_text_may_be_a_whole_number(value: object, read: str) -> None:
    assert text({"a": value}, "a") == read


@pytest.mark.parametrize(
    "value", [None, "", " ", "x" * 65, True, Decimal("1.5"), Decimal("1e30"), [], {}, "a\0b", "a\nb", "\ud800"]
)
def test_what_is_no_text_is_refused_by_its_name(value: object) -> None:
    with pytest.raises(Unreadable, match="paymentId"):
        text({"paymentId": value}, "paymentId")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (True, True),
        ("true", True),
        ("True", True),
        (1, True),
        ("1", True),
        (False, False),
        ("false", False),
        (0, False),
        ("0", False),
    ],
)
def test_a_flag_may_be_a_word_or_a_bit(value: object, read: bool) -> None:
    assert flag({"a": value}, "a") is read


@pytest.mark.parametrize("value", [None, "", "yes", "ok", 2, -1, Decimal("1.0"), [], {}, [True]])
def test_what_is_no_flag_is_refused(value: object) -> None:
    with pytest.raises(Unreadable, match="status"):
        flag({"status": value}, "status")


@given(st.decimals(min_value=-(10**8), max_value=10**8, places=2), st.booleans())
def test_a_number_is_read_exactly_from_text_or_number(number: Decimal, quoted: bool) -> None:
    raw = f'{{"a": "{number}"}}' if quoted else f'{{"a": {number}}}'
    assert decimal(read_object(raw.encode()), "a") == number


@pytest.mark.parametrize("value", [None, "", "x", "1e3", "1,5", "NaN", "٣", "1_0", True, [], "1" * 21])
def test_what_is_no_number_is_refused(value: object) -> None:
    with pytest.raises(Unreadable, match="amount"):
        decimal({"amount": value}, "amount")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("Недостаточно баллов", "Недостаточно баллов"),
        (" a\r\nb\0 ", "a  b"),
        ("x" * 600, "x" * 512),
        ("\ud800x", "x"),
        (None, ""),
        (5, ""),
        ([], ""),
    ],
)
def test_words_are_made_fit_to_be_shown_and_stored(value: object, read: str) -> None:
    assert words({"message": value}, "message") == read


@given(json_values)
def test_any_value_is_read_or_refused(value: object) -> None:
    fields = read_object(json.dumps({"a": value}).encode())
    for read in (text, flag, decimal, words):
        with contextlib.suppress(Unreadable):
            got = str(read(fields, "a"))
            assert got.isprintable()
            got.encode()
