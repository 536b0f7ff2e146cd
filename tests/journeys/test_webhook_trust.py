"""A webhook is believed only from a Saleor that installed the app, for this app, for this route, now."""

import base64
import hmac
import json
import socket
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from saleor_kupikupi.saleor.events import EVENTS
from saleor_kupikupi_sandbox.saleor_signing import SigningKey, b64url
from tests.journeys.payments import error_of, open_payment
from tests.world import RICH, World

START = "transaction_initialize_session"


@pytest.fixture
def believed(world: World) -> tuple[World, bytes]:
    """Gives a body that the app has believed once; a repeat of it changes nothing."""
    open_payment(world)
    return world, world.saleor.last_webhook(START)[1]


def send(world: World, body: bytes, event: str = START, **more: Any) -> requests.Response:
    return world.saleor.send_webhook(world.app, event, body, **more)


def signed_with(world: World, body: bytes, **header: Any) -> dict[str, str]:
    return {"Saleor-Signature": world.saleor._site.key.sign_detached(body, **header)}  # noqa: SLF001 - no other way


def changed(body: bytes, **fields: Any) -> bytes:
    return json.dumps(json.loads(body) | fields).encode()


def test_the_same_webhook_again_is_believed(believed: tuple[World, bytes]) -> None:
    world, body = believed
    assert send(world, body).json()["result"] == "CHARGE_ACTION_REQUIRED"


def test_another_key_is_not_believed(believed: tuple[World, bytes]) -> None:
    world, body = believed
    assert error_of(send(world, body, key=SigningKey())) == (401, "SIGNATURE_VERIFICATION_FAILED")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS512"},
        {"b64": True},
        {"b64": None},
        {"crit": None},
        {"crit": ["b64", "exp"]},
        {"kid": None},
        {"kid": "another"},
    ],
)
def test_an_unusual_signature_is_not_believed(believed: tuple[World, bytes], header: dict[str, Any]) -> None:
    world, body = believed
    answer = send(world, body, headers=signed_with(world, body, **header))
    assert error_of(answer) == (401, "SIGNATURE_VERIFICATION_FAILED")


def test_a_signature_made_with_the_public_key_as_a_secret_is_not_believed(believed: tuple[World, bytes]) -> None:
    world, body = believed
    jwks = requests.get(f"{world.saleor.url}/.well-known/jwks.json", timeout=5).content
    header = b64url(json.dumps({"alg": "HS256", "b64": False, "crit": ["b64"], "kid": world.key.kid}).encode())
    mac = b64url(hmac.digest(jwks, header.encode() + b"." + body, "sha256"))
    answer = send(world, body, headers={"Saleor-Signature": f"{header}..{mac}"})
    assert error_of(answer) == (401, "SIGNATURE_VERIFICATION_FAILED")


@pytest.mark.parametrize("signature", ["nonsense", "a.b.c", "..", "a..b", "é..x", "." * 5000])
def test_what_is_no_signature_is_not_believed(believed: tuple[World, bytes], signature: str) -> None:
    world, body = believed
    answer = send(world, body, headers={"Saleor-Signature": signature.encode()})
    assert error_of(answer) == (401, "SIGNATURE_VERIFICATION_FAILED")


def test_a_changed_byte_is_not_believed(believed: tuple[World, bytes]) -> None:
    world, body = believed
    headers = signed_with(world, body)
    for tampered in (body[:-1], body + b" ", b" " + body, body.replace(b"RUB", b"USD", 1)):
        assert error_of(send(world, tampered, headers=headers)) == (401, "SIGNATURE_VERIFICATION_FAILED")


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Saleor-Api-Url", "MISSING_API_URL_HEADER"),
        ("Saleor-Event", "MISSING_EVENT_HEADER"),
        ("Saleor-Signature", "MISSING_SIGNATURE_HEADER"),
    ],
)
def test_a_missing_header_is_named(believed: tuple[World, bytes], header: str, kind: str) -> None:
    world, body = believed
    assert error_of(send(world, body, headers={header: ""})) == (400, kind)


def test_the_route_the_header_and_the_body_must_name_the_same_event(believed: tuple[World, bytes]) -> None:
    world, body = believed
    process = "transaction_process_session"
    assert error_of(send(world, body, headers={"Saleor-Event": process})) == (400, "WRONG_EVENT")
    assert error_of(send(world, body, event=process)) == (400, "WRONG_EVENT")
    assert send(world, body, headers={"Saleor-Event": START.upper()}).ok


def test_a_saleor_that_never_installed_the_app_is_unknown(believed: tuple[World, bytes]) -> None:
    world, body = believed
    answer = send(world, body, headers={"Saleor-Api-Url": "http://127.0.0.1:9/graphql/"})
    assert error_of(answer) == (401, "NOT_REGISTERED")


def test_an_empty_body_is_a_message_only_where_saleor_repeats_without_one(world: World) -> None:
    for event in EVENTS:
        answer = send(world, b"", event=event)
        if event in {f"transaction_{action}_requested" for action in ("charge", "cancelation", "refund")}:
            assert answer.json()["result"].endswith("_FAILURE")
        else:
            assert error_of(answer) == (400, "MISSING_REQUEST_BODY")
        forged = send(world, b"", event=event, key=SigningKey())
        assert forged.status_code in (400, 401)


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b'{"__typename": 7}', b"{}"])
def test_a_signed_body_that_cannot_be_read_is_refused(world: World, body: bytes) -> None:
    answer = send(world, body)
    assert answer.status_code == 400
    assert error_of(answer)[1] in {"CANT_BE_PARSED", "WRONG_EVENT"}


def test_a_huge_body_is_refused_unread(world: World) -> None:
    assert send(world, b" " * (1024 * 1024 + 1)).status_code == 413


def test_a_body_that_ends_too_early_is_refused(believed: tuple[World, bytes]) -> None:
    world, body = believed
    parts = urlsplit(world.url)
    head = f"POST /api/webhooks/{START} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
    for name, value in signed_with(world, body).items():
        head += f"{name}: {value}\r\nSaleor-Api-Url: {world.saleor.api_url}\r\nSaleor-Event: {START}\r\n"
    with socket.create_connection((parts.hostname, parts.port), timeout=5) as sock:
        sock.sendall(head.encode() + b"\r\n" + body[:40])
        sock.shutdown(socket.SHUT_WR)
        assert b" 200 " not in sock.recv(200)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_only_a_post_is_a_webhook(world: World, method: str) -> None:
    answer = requests.request(method, f"{world.url}/api/webhooks/{START}", timeout=5)
    assert error_of(answer) == (405, "WRONG_METHOD")
    assert "POST" in answer.headers["Allow"]


def test_a_message_for_another_app_is_refused(believed: tuple[World, bytes]) -> None:
    world, body = believed
    other = changed(body, recipient={"id": base64.b64encode(b"App:999").decode()})
    assert error_of(send(world, other)) == (401, "WRONG_RECIPIENT")


@pytest.mark.parametrize(
    ("event", "age", "believable"),
    [
        (START, timedelta(minutes=9), True),
        (START, timedelta(minutes=11), False),
        (START, timedelta(minutes=-1), True),
        (START, timedelta(minutes=-3), False),
        ("app_deleted", timedelta(days=6), True),
        ("app_deleted", timedelta(days=8), False),
        ("app_deleted", timedelta(minutes=-3), False),
    ],
)
def test_a_message_is_believed_for_as_long_as_its_event_allows(
    believed: tuple[World, bytes], event: str, age: timedelta, believable: bool
) -> None:
    world, body = believed
    issued = (world.clock.now() - age).isoformat()
    if event == "app_deleted":
        body = json.dumps(
            {
                "__typename": "AppDeleted",
                "version": "3.23.1",
                "recipient": {"id": world.app.id},
                "app": {"id": "QXBwOjk="},
            }
        ).encode()
    answer = send(world, changed(body, issuedAt=issued), event=event)
    # The app of the announcement is another one, which is refused only once the message itself is believed.
    kind = "" if answer.ok else error_of(answer)[1]
    assert (kind in ("", "WRONG_RECIPIENT")) is believable


def test_a_rotated_key_is_fetched_once_a_minute(world: World) -> None:
    old = world.saleor.rotate_key()
    checkout = world.saleor.create_checkout(phone=RICH)
    assert world.offer(checkout.id)["available"]
    body = world.saleor.last_webhook("payment_gateway_initialize_session")[1]
    gateway = "payment_gateway_initialize_session"
    assert error_of(send(world, body, event=gateway, key=old)) == (401, "SIGNATURE_VERIFICATION_FAILED")
    world.saleor.rotate_key()
    assert error_of(send(world, body, event=gateway)) == (401, "SIGNATURE_VERIFICATION_FAILED")
    world.clock.forward(seconds=61)
    assert send(world, body, event=gateway).ok


def test_keys_that_cannot_be_fetched_or_read_are_no_keys(world: World) -> None:
    body = json.dumps({"__typename": "AppDeleted"}).encode()
    stranger = SigningKey()
    world.saleor.down()
    assert error_of(send(world, body, key=stranger)) == (401, "SIGNATURE_VERIFICATION_FAILED")
    world.saleor.clear()
    assert open_payment(world).event.type == "CHARGE_ACTION_REQUIRED"


def test_another_process_learns_of_new_keys_from_the_database(world: World) -> None:
    world.saleor.rotate_key()
    open_payment(world)
    world.other_process()
    assert open_payment(world).event.type == "CHARGE_ACTION_REQUIRED"


def test_the_installations_version_follows_the_webhooks(world: World) -> None:
    world.saleor.upgrade("3.23")
    payment = open_payment(world)
    world.paid(payment)
    (charge,) = [each for each in world.saleor.reports if each.input["type"] == "CHARGE_SUCCESS"]
    assert charge.input["paymentMethodDetails"] is not None
