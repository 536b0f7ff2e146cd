from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.domain.connection import WireFormat
from saleor_kupikupi.kupikupi.signing import PLATFORM_FIELDS, sign

texts = st.text(st.characters(codec="utf-8"), max_size=20)
requests = st.dictionaries(texts, st.integers() | texts, max_size=8)
formats = st.sampled_from(WireFormat)


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("wire_format", "concatenated"),
    [
        (WireFormat.DOCUMENTED, "secret25000R79123456789uid"),
        (WireFormat.PHP_CLIENT, "25000R79123456789uidsecret"),
    ],
)
def test_an_init_is_signed_in_the_order_of_its_wire_format(wire_format: WireFormat, concatenated: str) -> None:
    parameters = {"phone": 79123456789, "orderId": "R", "amount": 25000, PLATFORM_FIELDS[wire_format]: "uid"}
    assert sign(parameters, "secret", wire_format) == hashed(concatenated)


def test_upper_case_keys_come_before_lower_case_ones() -> None:
    assert sign({"a": 1, "B": 2, "Z": 3}, "s", WireFormat.PHP_CLIENT) == hashed("231s")


def test_keys_beyond_the_basic_plane_keep_their_byte_order() -> None:
    assert sign({"\U00010000": 2, "\uffff": 1}, "s", WireFormat.PHP_CLIENT) == hashed("s12")


@given(parameters=requests, secret=texts, wire_format=formats)
def test_the_order_of_the_parameters_does_not_matter(
    parameters: dict[str, int | str], secret: str, wire_format: WireFormat
) -> None:
    backwards = dict(reversed(parameters.items()))
    assert sign(parameters, secret, wire_format) == sign(backwards, secret, wire_format)


@given(parameters=requests, wire_format=formats, token=texts, nested=st.lists(st.integers()))
def test_a_token_and_nested_values_are_not_signed(
    parameters: dict[str, int | str], wire_format: WireFormat, token: str, nested: list[int]
) -> None:
    bare = {key: value for key, value in parameters.items() if key not in ("token", "list", "map", "tuple")}
    more = {**bare, "token": token, "list": nested, "map": {"a": 1}, "tuple": tuple(nested)}
    assert sign(more, "secret", wire_format) == sign(bare, "secret", wire_format)


@given(parameters=requests, wire_format=formats)
def test_another_secret_makes_another_token(parameters: dict[str, int | str], wire_format: WireFormat) -> None:
    assert sign(parameters, "one", wire_format) != sign(parameters, "two", wire_format)


@given(amount=st.integers(1, 9_999_999_999), other=st.integers(1, 9_999_999_999), wire_format=formats)
def test_another_amount_makes_another_token(amount: int, other: int, wire_format: WireFormat) -> None:
    same = sign({"amount": amount}, "s", wire_format) == sign({"amount": other}, "s", wire_format)
    assert same == (amount == other)


@given(parameters=requests, secret=texts, wire_format=formats)
def test_a_token_is_lower_case_hex(parameters: dict[str, int | str], secret: str, wire_format: WireFormat) -> None:
    token = sign(parameters, secret, wire_format)
    assert len(token) == 64
    assert set(token) <= set("0123456789abcdef")
