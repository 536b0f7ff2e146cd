"""Only a platform's own signed request is heard, in either wire format."""

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from saleor_kupikupi_sandbox.kupikupi_wire import WIRE_FORMATS, token
from tests.sandbox.kupikupi.stage import BUYER, PAYS, SECRET, UID, signed


def recorded_vectors() -> list[dict[str, Any]]:
    beside = Path(__file__).parents[4] / "shared" / "kupikupi" / "signatures.json"
    if not beside.exists():
        pytest.skip("the vectors recorded from the provider's own client are not beside this clone")
    vectors = json.loads(beside.read_text(encoding="utf-8"))["vectors"]
    assert isinstance(vectors, list)
    return vectors


def test_every_recorded_signature_is_accepted_and_none_with_a_changed_character() -> None:
    vectors = recorded_vectors()
    platforms = [Platform(f"uid-{number}", vector["secret"]) for number, vector in enumerate(vectors)]
    for platform, vector in zip(platforms, vectors, strict=True):
        platform.uid = vector["parameters"][WIRE_FORMATS[vector["wire_format"]].platform_field]
    provider = Kupikupi(platforms)
    provider.start()
    try:
        for vector in vectors:
            wire_format = WIRE_FORMATS[vector["wire_format"]]
            assert token(vector["parameters"], vector["secret"], wire_format) == vector["token"]
            raw = vector.get("raw_body") or json.dumps({**vector["parameters"], "token": vector["token"]})
            assert answered(provider, vector["method"], raw)["errorCode"] != "103"
            forged = raw.replace(vector["token"], vector["token"][:-1] + ("0" if vector["token"][-1] != "0" else "1"))
            assert answered(provider, vector["method"], forged)["errorCode"] == "103"
    finally:
        provider.stop()


def answered(provider: Kupikupi, method: str, raw: str) -> Any:
    return requests.post(provider.base_url + method, data=raw.encode(), timeout=5).json()


@pytest.mark.parametrize(
    ("platform_field", "signature"),
    [
        ("uidPlatform", "b46065d229bbd128f2b84e89810fcacdfff46da40d0574cd76d619bd5063b315"),
        ("platformUid", "6be020c18d3a6bf33eaa97db6e35fb66bf81b2c1b152e17a9eedc819fa4aba5b"),
    ],
)
def test_a_platform_that_speaks_one_format_only_does_not_know_the_other(platform_field: str, signature: str) -> None:
    example = Platform("M2hULcD58iYGkmS7", "yIKirCvplm8N1D9g")
    raw = json.dumps({"phone": PAYS, platform_field: example.uid, "token": signature})
    for name, wire_format in WIRE_FORMATS.items():
        provider = Kupikupi([example], wire_formats=[name])
        provider.start()
        spoken = wire_format.platform_field == platform_field
        assert answered(provider, "balance", raw)["status"] is spoken
        provider.stop()


def test_a_parameter_changed_after_signing_is_refused(provider: Kupikupi) -> None:
    body = signed({"uidPlatform": UID, "phone": BUYER, "orderId": "order-1", "amount": 100})
    answer = requests.post(provider.base_url + "init", json={**body, "amount": 1}, timeout=5).json()
    assert answer == {"status": False, "errorCode": "103", "message": "Неверная подпись запроса"}
    assert provider.transfers() == []


def test_one_uid_with_two_secrets_is_two_environments() -> None:
    platforms = [Platform(UID, "dev", "test"), Platform(UID, "real", "production")]
    provider = Kupikupi(platforms, {str(BUYER): 5})
    provider.start()
    known = {}
    for secret in ("dev", "real"):
        body = signed({"uidPlatform": UID, "phone": PAYS}, secret)
        known[secret] = requests.post(provider.base_url + "balance", json=body, timeout=5).json()["status"]
    provider.stop()
    assert known == {"dev": True, "real": False}


@pytest.mark.parametrize("raw", ["", "[]", "1", '"text"', "{", "{}", '{"uidPlatform": "stranger"}', "[" * 100_000])
def test_what_is_not_a_platforms_request_is_refused(provider: Kupikupi, raw: str) -> None:
    assert answered(provider, "balance", raw)["status"] is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "79161234567"},
        {"phone": 9161234567},
        {"phone": 89161234567},
        {"amount": 0},
        {"amount": -1},
        {"amount": 10_000_000_000},
        {"amount": "100"},
        {"amount": 1.5},
        {"amount": True},
        {"orderId": ""},
        {"orderId": "o" * 37},
        {"orderId": None},
        {"orderId": ["order-1"]},
    ],
)
def test_a_field_of_another_type_or_size_than_the_manual_says_is_refused(
    provider: Kupikupi, wrong: dict[str, Any]
) -> None:
    body = {"uidPlatform": UID, "phone": BUYER, "orderId": "order-1", "amount": 100, **wrong}
    body["token"] = token(body, SECRET, WIRE_FORMATS["documented"])
    answer = requests.post(provider.base_url + "init", json=body, timeout=5).json()
    assert answer["errorCode"] == "101"
    assert provider.transfers() == []


def test_an_unknown_method_and_another_verb_get_a_page(provider: Kupikupi) -> None:
    assert requests.post(provider.base_url + "refund", json={}, timeout=5).status_code == 404
    assert requests.get(provider.base_url + "init", timeout=5).status_code == 405
