import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.domain.errors import CallerNotTrusted
from saleor_kupikupi.saleor.signature import key_id, read_jwks, verify

HEADER = {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": "one", "typ": "JWT"}
BODY = b'{"__typename": "TransactionProcessSession", "data": {"phone": "+79000000001"}}'
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwk(**changes: Any) -> dict[str, Any]:
    numbers = KEY.public_key().public_numbers()
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": number(numbers.n), "e": number(numbers.e)}
    return {name: value for name, value in (key | changes).items() if value is not None}


def signed(body: bytes, header: object = HEADER) -> str:
    segment = encoded(json.dumps(header).encode())
    signature = KEY.sign(segment.encode() + b"." + body, padding.PKCS1v15(), hashes.SHA256())
    return f"{segment}..{encoded(signature)}"


KEYS = read_jwks(json.dumps({"keys": [jwk()]}))
SIGNATURE = signed(BODY)


def test_a_signed_body_is_accepted() -> None:
    verify(BODY, SIGNATURE, KEYS)
    assert key_id(SIGNATURE) == "one"


def test_an_empty_body_can_be_signed_too() -> None:
    verify(b"", signed(b""), KEYS)


@given(st.integers(0, len(BODY) * 8 - 1))
def test_a_body_with_one_changed_bit_is_refused(bit: int) -> None:
    changed = bytearray(BODY)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CallerNotTrusted):
        verify(bytes(changed), SIGNATURE, KEYS)


@given(st.integers(0, len(SIGNATURE) - 1), st.characters())
def test_a_signature_has_one_spelling(position: int, other: str) -> None:
    changed = SIGNATURE[:position] + other + SIGNATURE[position + 1 :]
    if changed != SIGNATURE:
        with pytest.raises(CallerNotTrusted):
            verify(BODY, changed, KEYS)


@pytest.mark.parametrize("body", [BODY + b" ", b" " + BODY, BODY[:-1], b""])
def test_a_longer_or_shorter_body_is_refused(body: bytes) -> None:
    with pytest.raises(CallerNotTrusted, match="does not belong"):
        verify(body, SIGNATURE, KEYS)


def test_an_unknown_key_is_told_apart_by_its_id() -> None:
    signature = signed(BODY, HEADER | {"kid": "another"})
    assert key_id(signature) not in KEYS
    with pytest.raises(CallerNotTrusted, match="not known"):
        verify(BODY, signature, KEYS)


@pytest.mark.parametrize(
    "header",
    [
        HEADER | {"alg": "none"},
        HEADER | {"alg": "HS256"},
        HEADER | {"alg": "RS512"},
        HEADER | {"b64": True},
        HEADER | {"b64": 0},
        HEADER | {"crit": ["b64", "exp"]},
        HEADER | {"crit": "b64"},
        HEADER | {"kid": ""},
        HEADER | {"kid": 1},
        {name: value for name, value in HEADER.items() if name != "b64"},
        {name: value for name, value in HEADER.items() if name != "crit"},
        {name: value for name, value in HEADER.items() if name != "kid"},
        ["RS256"],
        "RS256",
        None,
    ],
)
def test_a_header_that_saleor_would_not_write_is_refused_though_signed(header: object) -> None:
    with pytest.raises(CallerNotTrusted) as refusal:
        verify(BODY, signed(BODY, header), KEYS)
    assert (refusal.value.kind, refusal.value.status) == ("SIGNATURE_VERIFICATION_FAILED", 401)


def test_an_attached_payload_is_refused() -> None:
    header, _, signature = SIGNATURE.partition("..")
    with pytest.raises(CallerNotTrusted):
        verify(BODY, f"{header}.{encoded(BODY)}.{signature}", KEYS)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        ".",
        "..",
        "a..b",
        "!!!!..!!!!",
        "Ж..Ж",
        f"{encoded(b'[' * 100_000)}..",
        f"{encoded(b'[' * 5_000)}..",
        f"{encoded(b'no json')}..",
        f"{encoded(bytes([255, 254, 250]))}..",
        SIGNATURE.replace("..", "."),
        SIGNATURE + "=",
        SIGNATURE + "\n",
        SIGNATURE.split("..")[0] + "..",
        "f" * 64,
    ],
)
def test_what_is_no_detached_signature_is_refused(signature: str) -> None:
    with pytest.raises(CallerNotTrusted):
        verify(BODY, signature, KEYS)


def test_keys_for_other_purposes_are_passed_over() -> None:
    others = [jwk(kid="a", use="enc"), jwk(kid="b", alg="RS512"), jwk(kid="c", kty="EC"), jwk(kid=None), jwk(kid=7)]
    keys = read_jwks(json.dumps({"keys": [*others, jwk(), jwk(kid="d", use=None, alg=None)]}))
    assert sorted(keys) == ["d", "one"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "[]",
        "{}",
        '{"keys": {}}',
        '{"keys": null}',
        '{"keys": []}',
        '{"keys": [1]}',
        json.dumps({"keys": [jwk(use="enc")]}),
        json.dumps({"keys": [jwk(n=None)]}),
        json.dumps({"keys": [jwk(n=1)]}),
        json.dumps({"keys": [jwk(n="")]}),
        json.dumps({"keys": [jwk(e="AA")]}),
        json.dumps({"keys": [jwk(n="Ж")]}),
        "[" * 100_000,
    ],
)
def test_a_document_without_a_usable_key_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="JWKS"):
        read_jwks(text)


def test_the_keys_of_a_text_are_made_once_however_often_it_is_read() -> None:
    text = json.dumps({"keys": [jwk(kid="read often")]})
    assert read_jwks(text) is read_jwks("".join(text))
