"""Who is believed: every webhook is signed over its bytes by the Saleor that it names, for us, for this route, now."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from saleor_kupikupi.store.database import migrate
from saleor_kupikupi_sandbox.saleor import SigningKey
from tests.journeys.letters import ACTIONS, EVENTS, SESSIONS, Letter, letters_of, send
from tests.journeys.payments import error_of
from tests.world import World
from tests.world import world as made_world

SIGNATURE = (401, "SIGNATURE_VERIFICATION_FAILED")
UNREADABLE = (400, "CANT_BE_PARSED")
WRONG_EVENT = (400, "WRONG_EVENT")
Hostile = Callable[[Letter, SigningKey], Letter]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world in which every webhook is refused, so that nothing in it ever changes."""
    database_url = f"sqlite:///{tmp_path_factory.mktemp('site')}/app.db"
    migrate(database_url)
    with made_world(database_url, version="3.23") as made:
        yield made


@pytest.fixture(scope="module")
def letters(site: World) -> dict[str, Letter]:
    return letters_of(site)


@pytest.fixture(scope="module")
def stranger() -> SigningKey:
    return SigningKey()


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def with_public_key_as_secret(letter: Letter, key: SigningKey) -> Letter:
    """Takes the public key, which all the world knows, for the secret of an HMAC."""
    (public,) = key.jwks()["keys"]
    n, e = (int.from_bytes(base64.urlsafe_b64decode(public[name] + "=="), "big") for name in ("n", "e"))
    pem = RSAPublicNumbers(e, n).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = b64(json.dumps({"alg": "HS256", "b64": False, "crit": ["b64"], "kid": key.kid}).encode())
    mac = hmac.new(pem, header.encode() + b"." + letter.body, hashlib.sha256).digest()
    return letter.having(Saleor_Signature=f"{header}..{b64(mac)}")


def with_no_algorithm(letter: Letter, key: SigningKey) -> Letter:
    header = b64(json.dumps({"alg": "none", "b64": False, "crit": ["b64"], "kid": key.kid}).encode())
    return letter.having(Saleor_Signature=f"{header}..")


def with_body_attached(letter: Letter, key: SigningKey) -> Letter:
    header, _, mac = letter.headers["Saleor-Signature"].partition("..")
    return letter.having(Saleor_Signature=f"{header}.{b64(letter.body)}.{mac}")


def with_body(letter: Letter, change: Callable[[bytes], bytes]) -> Letter:
    return replace(letter, body=change(letter.body))


NOT_SIGNED_BY_SALEOR: dict[str, Hostile] = {
    "the public key as secret": with_public_key_as_secret,
    "no algorithm": with_no_algorithm,
    "another algorithm's name": lambda letter, key: letter.signed(key, alg="RS512"),
    "an encoded body": lambda letter, key: letter.signed(key, b64=True),
    "encoding not mentioned": lambda letter, key: letter.signed(key, b64=None),
    "nothing critical": lambda letter, key: letter.signed(key, crit=None),
    "something else critical": lambda letter, key: letter.signed(key, crit=["b64", "exp"]),
    "no key named": lambda letter, key: letter.signed(key, kid=None),
    "an empty key named": lambda letter, key: letter.signed(key, kid=""),
    "a list of keys named": lambda letter, key: letter.signed(key, kid=[key.kid]),
    "the body attached": with_body_attached,
    "the signature cut": lambda letter, _: letter.having(Saleor_Signature=letter.headers["Saleor-Signature"][:-4]),
    "the signature padded": lambda letter, _: letter.having(Saleor_Signature=letter.headers["Saleor-Signature"] + "=="),
    "a signature of words": lambda letter, _: letter.having(Saleor_Signature="let me in"),
    "a signature of dots": lambda letter, _: letter.having(Saleor_Signature=".."),
    "a signature without end": lambda letter, _: letter.having(Saleor_Signature="a" * 8000 + ".." + "b" * 40),
    "a byte changed": lambda letter, _: with_body(letter, lambda body: body.replace(b'"', b"'", 1)),
    "a blank added": lambda letter, _: with_body(letter, lambda body: body + b"\n"),
    "the body cut": lambda letter, _: with_body(letter, lambda body: body[:-20]),
    "another body": lambda letter, _: with_body(letter, lambda _: b"{}"),
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("hostile", NOT_SIGNED_BY_SALEOR)
def test_what_its_saleor_has_not_signed_is_refused(
    site: World, letters: dict[str, Letter], event: str, hostile: str
) -> None:
    calls = len(site.provider.calls())
    letter = NOT_SIGNED_BY_SALEOR[hostile](letters[event], site.key)
    assert error_of(send(site, letter)) == SIGNATURE
    assert len(site.provider.calls()) == calls


@pytest.mark.parametrize("event", EVENTS)
def test_another_key_is_refused_under_its_own_name_and_under_saleors(
    site: World, letters: dict[str, Letter], stranger: SigningKey, event: str
) -> None:
    assert error_of(send(site, letters[event].signed(stranger))) == SIGNATURE
    assert error_of(send(site, letters[event].signed(stranger, kid=site.key.kid))) == SIGNATURE


@pytest.mark.parametrize("event", EVENTS)
def test_a_signature_is_good_for_one_body_only(site: World, letters: dict[str, Letter], event: str) -> None:
    other = letters[EVENTS[EVENTS.index(event) - 1]]
    letter = letters[event].having(Saleor_Signature=other.headers["Saleor-Signature"])
    assert error_of(send(site, letter)) == SIGNATURE


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Saleor-Api-Url", "MISSING_API_URL_HEADER"),
        ("Saleor-Event", "MISSING_EVENT_HEADER"),
        ("Saleor-Signature", "MISSING_SIGNATURE_HEADER"),
    ],
)
def test_a_missing_header_is_named(site: World, letters: dict[str, Letter], event: str, header: str, kind: str) -> None:
    response = send(site, letters[event].without(header))
    assert error_of(response) == (400, kind)
    assert header in response.json()["error"]["message"]


@pytest.mark.parametrize("event", EVENTS)
def test_the_body_of_another_event_is_refused_by_its_header_and_by_what_it_is(
    site: World, letters: dict[str, Letter], event: str
) -> None:
    other = letters[EVENTS[EVENTS.index(event) - 1]]
    assert error_of(send(site, replace(other, event=event))) == WRONG_EVENT
    assert error_of(send(site, replace(other, event=event).having(Saleor_Event=event))) == WRONG_EVENT


@pytest.mark.parametrize("event", EVENTS)
def test_a_saleor_that_did_not_install_us_is_not_known(site: World, letters: dict[str, Letter], event: str) -> None:
    for address in (site.saleor.url, site.saleor.api_url[:-1], "https://elsewhere.example/graphql/", "x" * 250):
        assert error_of(send(site, letters[event].having(Saleor_Api_Url=address))) == (401, "NOT_REGISTERED")


@pytest.mark.parametrize("event", EVENTS)
def test_a_message_to_another_app_is_refused(site: World, letters: dict[str, Letter], event: str) -> None:
    letter = letters[event].saying(site.key, recipient={"id": "QXBwOjk5OQ=="})
    assert error_of(send(site, letter)) == (401, "WRONG_RECIPIENT")


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize(
    ("field", "value"), [("recipient", None), ("recipient", {}), ("issuedAt", None), ("issuedAt", "yesterday")]
)
def test_a_signed_message_without_its_envelope_cannot_be_read(
    site: World, letters: dict[str, Letter], event: str, field: str, value: object
) -> None:
    assert error_of(send(site, letters[event].saying(site.key, **{field: value}))) == UNREADABLE


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("body", [b"hello", b"[]", b"null", b'{"a": ', b"\xff\xfe", b"[" * 50_000])
def test_a_signed_body_that_is_no_json_object_cannot_be_read(
    site: World, letters: dict[str, Letter], event: str, body: bytes
) -> None:
    letter = replace(letters[event], body=body).signed(site.key)
    assert error_of(send(site, letter)) == UNREADABLE


@pytest.mark.parametrize("event", EVENTS)
def test_a_signed_message_that_was_cut_cannot_be_read(site: World, letters: dict[str, Letter], event: str) -> None:
    letter = replace(letters[event], body=letters[event].body[:-1]).signed(site.key)
    assert error_of(send(site, letter)) == UNREADABLE


@pytest.mark.parametrize("event", [*SESSIONS, "app_deleted"])
def test_only_action_requests_may_come_without_a_body(site: World, letters: dict[str, Letter], event: str) -> None:
    letter = replace(letters[event], body=b"").signed(site.key)
    assert error_of(send(site, letter)) == (400, "MISSING_REQUEST_BODY")


@pytest.mark.parametrize("event", ACTIONS)
def test_an_empty_body_must_be_signed_by_saleor(
    site: World, letters: dict[str, Letter], stranger: SigningKey, event: str
) -> None:
    empty = replace(letters[event], body=b"")
    assert error_of(send(site, empty)) == SIGNATURE
    assert error_of(send(site, empty.signed(stranger, kid=site.key.kid))) == SIGNATURE


@pytest.mark.parametrize("event", EVENTS)
def test_a_body_that_is_far_too_large_is_refused_unread(site: World, letters: dict[str, Letter], event: str) -> None:
    letter = replace(letters[event], body=b" " * (1024 * 1024 + 1)).signed(site.key)
    assert error_of(send(site, letter))[0] == 413


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_webhook_takes_posts_only(site: World, event: str, method: str) -> None:
    response = requests.request(method, f"{site.url}/api/webhooks/{event}", timeout=10)
    assert error_of(response) == (405, "WRONG_METHOD")
    assert "POST" in response.headers["Allow"]


def test_there_is_no_webhook_that_nobody_asked_for(site: World, letters: dict[str, Letter]) -> None:
    assert send(site, replace(letters["app_deleted"], event="order_created")).status_code == 404


def test_a_refusal_tells_nothing_of_what_was_sent(site: World, letters: dict[str, Letter]) -> None:
    letter = letters["transaction_initialize_session"]
    said = send(site, replace(letter, body=letter.body + b" ")).json()["error"]
    assert set(said) == {"type", "message"}
    assert json.loads(letter.body)["transaction"]["token"] not in said["message"]


# when


def issued(world: World, letter: Letter, ago: timedelta) -> Letter:
    return letter.saying(world.key, issuedAt=(world.clock.now() - ago).isoformat())


TOO_OLD = [(event, timedelta(minutes=10)) for event in SESSIONS] + [
    (event, timedelta(days=7)) for event in (*ACTIONS, "app_deleted")
]


@pytest.mark.parametrize(("event", "limit"), TOO_OLD)
def test_a_message_is_believed_for_a_while_only(world: World, event: str, limit: timedelta) -> None:
    letter, moment = letters_of(world)[event], timedelta(seconds=5)
    too_old = send(world, issued(world, letter, limit + moment))
    too_new = send(world, issued(world, letter, -timedelta(minutes=2) - moment))
    assert error_of(too_old) == error_of(too_new) == (401, "ISSUED_AT_OUT_OF_RANGE")
    assert "s ago" in too_old.json()["error"]["message"]
    assert "in the future" in too_new.json()["error"]["message"]
    assert send(world, issued(world, letter, moment - timedelta(minutes=2))).status_code == 200
    assert send(world, issued(world, letter, limit - moment)).status_code == 200


def test_a_message_that_was_really_sent_is_believed(world: World) -> None:
    for event, letter in letters_of(world).items():
        assert (event, send(world, letter).status_code) == (event, 200)
