import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from saleor_kupikupi.domain.errors import StaffNotTrusted
from saleor_kupikupi.saleor.dashboard_token import StaffClaims, issuer_of, key_id_of, read_claims
from saleor_kupikupi.saleor.signature import Keys, read_jwks
from saleor_kupikupi_sandbox.saleor import SigningKey
from tests.contract.saleor_files import RECORDINGS, needs_saleor_files
from tests.keys import usual_key

NOW = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
ISSUED = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iat": ISSUED,
    "exp": ISSUED + 300,
    "iss": "https://shop.example/graphql/",
    "type": "thirdparty",
    "app": "QXBwOjE=",
    "user_id": "VXNlcjox",
    "email": "admin@shop.example",
    "is_staff": True,
    "permissions": ["HANDLE_PAYMENTS", "MANAGE_APPS"],
    "user_permissions": ["MANAGE_ORDERS", "HANDLE_PAYMENTS"],
}
STAFF = StaffClaims(
    issuer="https://shop.example/graphql/",
    app_id="QXBwOjE=",
    user_id="VXNlcjox",
    email="admin@shop.example",
    is_staff=True,
    permissions=frozenset({"MANAGE_ORDERS", "HANDLE_PAYMENTS"}),
)


def token(**changes: Any) -> str:
    made = CLAIMS | changes
    return usual_key().token({name: value for name, value in made.items() if value is not None})


def keys(key: SigningKey | None = None) -> Keys:
    return read_jwks(json.dumps((key or usual_key()).jwks()))


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def refusal(text: str, now: datetime = NOW) -> str:
    with pytest.raises(StaffNotTrusted) as refused:
        read_claims(text, keys(), now)
    assert text not in str(refused.value)
    return refused.value.kind


def test_a_token_tells_who_is_there_and_what_that_person_may_do() -> None:
    made = token()

    assert read_claims(made, keys(), NOW) == STAFF
    assert issuer_of(made) == "https://shop.example/graphql/"
    assert key_id_of(made) == usual_key().kid


@needs_saleor_files
def test_a_real_saleors_token_is_believed_at_its_time() -> None:
    recorded = (RECORDINGS / "3.22" / "app_bridge_jwt.txt").read_text().strip()
    known = read_jwks((RECORDINGS / "3.22" / "jwks.json").read_text())

    claims = read_claims(recorded, known, datetime.fromtimestamp(1795486049, UTC))

    assert (claims.app_id, claims.email, claims.is_staff) == ("QXBwOjE=", "admin@example.com", True)
    assert claims.issuer == issuer_of(recorded) == "http://127.0.0.1:8000/graphql/"
    assert {"HANDLE_PAYMENTS", "MANAGE_STAFF"} <= claims.permissions
    with pytest.raises(StaffNotTrusted, match="expired"):
        read_claims(recorded, known, datetime.fromtimestamp(1795486049 + 310, UTC))


def test_a_token_lives_ten_seconds_longer_than_it_says_and_no_more() -> None:
    assert read_claims(token(), keys(), NOW + timedelta(seconds=309)) == STAFF
    assert refusal(token(), NOW + timedelta(seconds=310)) == "TOKEN_EXPIRED"


def test_a_token_may_be_issued_two_minutes_ahead_and_no_more() -> None:
    assert read_claims(token(iat=ISSUED + 120), keys(), NOW) == STAFF
    assert refusal(token(iat=ISSUED + 121)) == "TOKEN_NOT_TRUSTED"


@pytest.mark.parametrize("name", ["iat", "exp", "iss", "app", "type", "user_id", "email"])
def test_a_token_that_lacks_a_claim_is_refused(name: str) -> None:
    assert refusal(token(**{name: None})) == "TOKEN_NOT_TRUSTED"


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "access"},
        {"exp": "soon"},
        {"exp": True},
        {"exp": float(ISSUED + 300)},
        {"exp": 10**30},
        {"iat": [ISSUED]},
        {"app": 1},
        {"app": ""},
    ],
    ids=str,
)
def test_a_token_of_another_kind_is_refused(changes: dict[str, Any]) -> None:
    assert refusal(token(**changes)) == "TOKEN_NOT_TRUSTED"


@pytest.mark.parametrize("said", [None, "true", 1, False])
def test_only_a_plain_yes_makes_staff(said: object) -> None:
    assert not read_claims(token(is_staff=said), keys(), NOW).is_staff


@pytest.mark.parametrize("said", [None, "HANDLE_PAYMENTS", {"HANDLE_PAYMENTS": True}, [1, None]])
def test_permissions_that_are_no_list_of_names_are_none(said: object) -> None:
    assert read_claims(token(user_permissions=said), keys(), NOW).permissions == frozenset()


def test_a_token_of_another_saleors_key_is_refused() -> None:
    stranger = SigningKey()
    forged = stranger.token(CLAIMS)

    assert refusal(forged) == "TOKEN_NOT_TRUSTED"
    header = encoded({"alg": "RS256", "kid": usual_key().kid, "typ": "JWT"})
    renamed = ".".join([header, *forged.split(".")[1:]])
    assert refusal(renamed) == "TOKEN_NOT_TRUSTED"


def test_a_token_whose_claims_were_changed_is_refused() -> None:
    header, _, signature = token().split(".")

    assert refusal(f"{header}.{encoded(CLAIMS | {'email': 'other@shop.example'})}.{signature}") == "TOKEN_NOT_TRUSTED"


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "RS512", "", None])
@pytest.mark.parametrize("signed", [False, True])
def test_no_other_algorithm_is_believed(algorithm: str | None, *, signed: bool) -> None:
    header = {"alg": algorithm, "kid": usual_key().kid, "typ": "JWT"}
    unsigned = f"{encoded(header)}.{encoded(CLAIMS)}"

    assert refusal(f"{unsigned}.{token().split('.')[2] if signed else ''}") == "TOKEN_NOT_TRUSTED"


def test_the_public_key_is_no_secret_to_sign_with() -> None:
    (published,) = usual_key().jwks()["keys"]
    modulus = urlsafe_b64decode(published["n"] + "==")
    unsigned = f"{encoded({'alg': 'HS256', 'kid': usual_key().kid, 'typ': 'JWT'})}.{encoded(CLAIMS)}"
    for secret in (modulus, published["n"].encode(), json.dumps(published).encode(), pem()):
        mac = hmac.new(secret, unsigned.encode(), hashlib.sha256).digest()
        assert refusal(f"{unsigned}.{encoded(mac)}") == "TOKEN_NOT_TRUSTED"


def pem() -> bytes:
    (key,) = keys().values()
    text: bytes = key.to_pem()
    return text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "token",
        "a.b.c",
        "ы.ы.ы",
        f"{encoded([])}.{encoded({})}.",
        f"{encoded({'kid': 'one'})}.{encoded([])}.",
        f"{encoded({'kid': 'one'})}.{encoded(b'not json')}.",
        f"{encoded({'kid': 'one'})}.{encoded(b'[' * 5000)}.",
        f"{encoded({'kid': 5})}.{encoded({})}.",
        "a" * 20_000,
    ],
    ids=range(10),
)
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(StaffNotTrusted):
        issuer_of(text)
    with pytest.raises(StaffNotTrusted):
        key_id_of(text)
    with pytest.raises(StaffNotTrusted):
        read_claims(text, keys(), NOW)
