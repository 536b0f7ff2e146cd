import json
from base64 import b64decode, urlsafe_b64decode
from typing import Any

import requests
from jose import jwk, jwt

from saleor_kupikupi_sandbox.saleor import Saleor, SigningKey
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.sandbox.saleor.asking import GATEWAY, start, token_of
from tests.sandbox.saleor.recording_app import REDIRECT, RecordingApp


def test_a_webhook_is_ascii_unwrapped_and_looks_as_recorded(any_saleor: Saleor, recorder: RecordingApp) -> None:
    app = any_saleor.install(recorder.manifest_url)
    recorder.answer("transaction_initialize_session", body=REDIRECT)
    checkout = any_saleor.create_checkout(phone="89000000001")
    result = any_saleor.transaction_initialize(checkout.id, GATEWAY, data={"ю": 1}, idempotency_key="key")
    seen = recorder.received("transaction_initialize_session")[0]
    body = json.loads(seen.body)
    assert seen.body.isascii()
    assert b'"action": {"amount": 1234.5, "currency": "RUB", "actionType": "CHARGE"}' in seen.body
    assert list(body)[:6] == ["__typename", "issuedAt", "version", "issuingPrincipal", "recipient", "data"]
    assert body["version"].startswith(any_saleor.version)
    assert body["recipient"] == {"id": app.id, "identifier": GATEWAY}
    assert body["data"] == {"ю": 1}
    assert body["idempotencyKey"] == "key"
    assert body["merchantReference"] == body["transaction"]["id"]
    assert b64decode(body["transaction"]["id"]).decode() == f"TransactionItem:{token_of(result)}"
    assert body["sourceObject"]["billingAddress"] == {"phone": "+79000000001", "city": "МОСКВА"}
    assert body["sourceObject"]["user"] is None
    assert [event["type"] for event in body["transaction"]["events"]] == ["CHARGE_REQUEST"]
    assert body["transaction"]["events"][0]["createdBy"] is None
    assert "errors" not in body


def test_a_webhook_carries_the_recorded_headers_and_no_schema_version(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    start(saleor, recorder)
    headers = recorder.received("transaction_initialize_session")[0].headers
    assert headers["User-Agent"] == "Saleor/3.22"
    assert headers["Accept-Encoding"] == "gzip, deflate"
    assert headers["Content-Type"] == "application/json"
    assert headers["Saleor-Api-Url"] == saleor.api_url
    for name in ("Event", "Domain", "Signature"):
        assert headers[f"Saleor-{name}"] == headers[f"X-Saleor-{name}"]
    assert headers["Saleor-Event"] == "transaction_initialize_session"
    assert headers["Saleor-Domain"] == saleor.url.removeprefix("http://")
    assert "Traceparent" in headers
    assert "Saleor-Schema-Version" not in headers


def test_a_signature_verifies_over_the_raw_bytes_and_only_with_the_current_key(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    start(saleor, recorder)
    old_jwks = requests.get(f"{saleor.url}/.well-known/jwks.json", timeout=5).json()
    old = saleor.rotate_key()
    saleor.send_webhook(app, "TRANSACTION_PROCESS_SESSION", b"{}")
    saleor.send_webhook(app, "TRANSACTION_PROCESS_SESSION", b"{}", key=old, headers={"Saleor-Event": "x"})
    jwks = requests.get(f"{saleor.url}/.well-known/jwks.json", timeout=5).json()
    first = recorder.received("transaction_initialize_session")[0]
    second, third = recorder.received("transaction_process_session")

    def verifies(keys: Any, seen: Any, body: bytes) -> bool:
        header, nothing, signature = seen.headers["Saleor-Signature"].split(".")
        claims = json.loads(urlsafe_b64decode(header + "=="))
        assert nothing == ""
        assert (claims["alg"], claims["b64"], claims["crit"], claims["typ"]) == ("RS256", False, ["b64"], "JWT")
        raw = urlsafe_b64decode(signature + "==")
        return bool(jwk.construct(keys["keys"][0], "RS256").verify(f"{header}.".encode() + body, raw))

    assert verifies(old_jwks, first, first.body)
    assert not verifies(old_jwks, first, first.body + b" ")
    assert verifies(jwks, second, b"{}")
    assert not verifies(jwks, third, b"{}")
    assert third.headers["Saleor-Event"] == "x"
    assert list(jwks["keys"][0]) == list(old_jwks["keys"][0])


def test_the_dashboards_token_is_signed_with_the_same_key(saleor: Saleor, app: App) -> None:
    jwks = requests.get(f"{saleor.url}/.well-known/jwks.json", timeout=5).json()
    claims = jwt.decode(saleor.bridge_token(app, is_staff=None), jwks, algorithms=["RS256"])
    assert (claims["iss"], claims["app"], claims["type"]) == (saleor.api_url, app.id, "thirdparty")
    assert claims["exp"] - claims["iat"] == 300
    assert "is_staff" not in claims


def test_a_logged_in_buyer_is_the_principal(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    recorder.answer("payment_gateway_initialize_session", body={"data": None})
    checkout = saleor.create_checkout(user="buyer@example.com")
    assert saleor.gateway_initialize(checkout.id, GATEWAY) == {"id": GATEWAY, "data": None, "errors": []}
    body = json.loads(recorder.received("payment_gateway_initialize_session")[0].body)
    assert body["issuingPrincipal"]["email"] == "buyer@example.com"
    assert body["sourceObject"]["user"]["email"] == "buyer@example.com"
    assert body["amount"] == 1234.5


def test_a_wrongly_signed_body_can_be_sent(saleor: Saleor, recorder: RecordingApp, app: App) -> None:
    response = saleor.send_webhook(app, "TRANSACTION_REFUND_REQUESTED", None, key=SigningKey())
    assert response.status_code == 200
    headers, body, signature, answer = saleor.last_webhook("transaction_refund_requested")
    assert (body, answer) == (b"", response.content)
    assert headers["Saleor-Signature"] == signature
    assert recorder.received("transaction_refund_requested")[0].headers["Content-Length"] == "0"
