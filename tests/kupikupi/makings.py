"""What the tests of the provider's side are made of."""

import json
from typing import Any

from saleor_kupikupi.domain.connection import Credentials, WireFormat
from saleor_kupikupi.domain.identifiers import Reference, reference_of
from saleor_kupikupi.domain.transfer import Environment

REFERENCE: Reference = reference_of("3f2504e0-4f89-11d3-9a0c-0305e82c3301")
PHONE = "79123456789"
AMOUNT = 25_000
UID = "M2hULcD58iYGkmS7"
SECRET = "a secret of the sandbox"
BASE_URL = "https://payapi.example/api/v1/transfer/"
FORM_URL = "https://payapi.example/form/1"


def credentials(
    base_url: str = BASE_URL, wire_format: WireFormat = WireFormat.DOCUMENTED, secret: str = SECRET, uid: str = UID
) -> Credentials:
    return Credentials(
        id=1,
        connection_id=1,
        environment=Environment.TEST,
        platform_uid=uid,
        secret=secret,
        base_url=base_url,
        wire_format=wire_format,
        settled=True,
    )


def raw(**fields: Any) -> bytes:
    """Writes a successful answer with these fields, in which None leaves a field out."""
    answer = {"status": True, "errorCode": "0", **fields}
    return json.dumps({name: value for name, value in answer.items() if value is not None}).encode()


def init_answer(**changed: Any) -> bytes:
    fields = {"paymentId": "77", "orderId": REFERENCE, "amount": AMOUNT, "transferURL": FORM_URL}
    return raw(**(fields | changed))


def checkout_answer(**changed: Any) -> bytes:
    return raw(**({"transferStatus": "NEW", "paymentId": "77", "orderId": REFERENCE} | changed))
