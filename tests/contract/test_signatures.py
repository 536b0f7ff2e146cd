"""The vectors recorded from the provider's own client: the same token, and a body that means the same."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from saleor_kupikupi.domain.connection import WireFormat
from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.kupikupi import messages
from saleor_kupikupi.kupikupi.signing import PLATFORM_FIELDS, sign
from tests.kupikupi.makings import credentials

RECORDED = Path(__file__).parents[3] / "shared" / "kupikupi" / "signatures.json"
VECTORS: list[dict[str, Any]] = json.loads(RECORDED.read_text())["vectors"] if RECORDED.is_file() else []

pytestmark = pytest.mark.skipif(not VECTORS, reason="no ../shared/kupikupi with the provider's recorded requests")


def named(vector: dict[str, Any]) -> str:
    return f"{vector['wire_format']}-{vector['method']}"


def written(vector: dict[str, Any]) -> bytes:
    """Writes the vector's request the way the client does."""
    given, platform = vector["parameters"], PLATFORM_FIELDS[WireFormat(vector["wire_format"])]
    ours = credentials(wire_format=WireFormat(vector["wire_format"]), secret=vector["secret"], uid=given[platform])
    phone, amount = str(given.get("phone")), given.get("amount", 0)
    match vector["method"]:
        case "balance":
            return messages.balance_request(ours, phone)
        case "confirmation":
            return messages.confirmation_request(ours, phone, str(given["code"]))
        case "receipt":
            return messages.receipt_request(ours, _receipt(given))
        case "init" if isinstance(given["orderId"], str):
            return messages.init_request(ours, phone, Reference(given["orderId"]), amount)
        case "checkout" if isinstance(given["orderId"], str):
            return messages.checkout_request(ours, Reference(given["orderId"]), amount)
        case _:  # an order numbered by a shop, which our references never are
            return messages.signed_body(ours, {key: value for key, value in given.items() if key != platform})


def _receipt(given: dict[str, Any]) -> messages.Receipt:
    return messages.Receipt(
        phone=str(given["phone"]),
        amount=given["amount"],
        fn=str(given["fn"]),
        fd=str(given["fd"]),
        fp=str(given["fp"]),
        paid_at=datetime.strptime(given["pay_date"], "%d.%m.%Y %H:%M:%S"),  # noqa: DTZ007  # printed without offset
        receipt_type=given["receipt_type"],
        discount=given["discount"],
    )


def test_both_wire_formats_and_all_five_methods_are_recorded() -> None:
    assert {vector["wire_format"] for vector in VECTORS} == set(WireFormat)
    assert {vector["method"] for vector in VECTORS} == {"balance", "init", "checkout", "confirmation", "receipt"}


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_token_is_the_recorded_one(vector: dict[str, Any]) -> None:
    token = sign(vector["parameters"], vector["secret"], WireFormat(vector["wire_format"]))
    assert token == vector["token"]


@pytest.mark.parametrize("vector", VECTORS, ids=named)
def test_the_body_means_what_was_recorded(vector: dict[str, Any]) -> None:
    expected = vector["parameters"] | {"token": vector["token"]}
    if "raw_body" in vector:
        assert json.loads(vector["raw_body"]) == expected
    sent = json.loads(written(vector))
    assert sent == expected
    assert {name: type(value) for name, value in sent.items()} == {
        name: type(value) for name, value in expected.items()
    }
