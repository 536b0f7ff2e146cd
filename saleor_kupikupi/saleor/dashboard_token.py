"""What the Dashboard's token says of the person in front of it, once its signature and its claims hold.

A JWT of five minutes, RS256 by the Saleor's own key. It must not know which Saleors installed us, nor where keys are
kept: the issuer is read first, unverified, only to choose whose keys are tried.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from jose import jws
from jose.exceptions import JOSEError

from saleor_kupikupi.domain.errors import StaffNotTrusted
from saleor_kupikupi.saleor.signature import Keys

LATE = timedelta(seconds=10)
AHEAD = timedelta(minutes=2)

_LONGEST = 16384


@dataclass(frozen=True, slots=True)
class StaffClaims:
    """Who looks at the page, in which Saleor, for which app (its App row's global id), and what they may do there."""

    issuer: str
    app_id: str
    user_id: str
    email: str
    is_staff: bool
    permissions: frozenset[str]


def issuer_of(token: str) -> str:
    """Reads which Saleor's API a token claims to come from, unverified; raises StaffNotTrusted."""
    _, claims = _unverified(token)
    return _text(claims, "iss")


def key_id_of(token: str) -> str:
    """Reads which key a token claims to be made with, unverified; raises StaffNotTrusted."""
    header, _ = _unverified(token)
    return _text(header, "kid")


def read_claims(token: str, keys: Keys, now: datetime) -> StaffClaims:
    """Believes a token that one of the keys signed and that is neither late nor early; raises StaffNotTrusted.

    Who the issuer and the app are is for the caller to compare.
    """
    key = keys.get(key_id_of(token))
    if key is None:
        raise _untrusted("the token is made with a key that is not known")
    try:
        payload: str | bytes = jws.verify(token, key, ["RS256"])
        claims = _object(json.loads(payload))
    except (JOSEError, ValueError, TypeError, RecursionError):
        raise _untrusted("the token's signature does not belong to it") from None
    _check(claims, now)
    return StaffClaims(
        issuer=_text(claims, "iss"),
        app_id=_text(claims, "app"),
        user_id=_text(claims, "user_id"),
        email=_text(claims, "email"),
        is_staff=claims.get("is_staff") is True,
        permissions=_names(claims.get("user_permissions")),
    )


def _check(claims: Mapping[str, Any], now: datetime) -> None:
    if claims.get("type") != "thirdparty":
        raise _untrusted("the token is not of the kind that the Dashboard hands to apps")
    if _moment(claims, "iat") > now + AHEAD:
        raise _untrusted("the token was issued in the future; check both machines' clocks")
    if _moment(claims, "exp") <= now - LATE:
        raise StaffNotTrusted("TOKEN_EXPIRED", "the token has expired")


def _unverified(token: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if len(token) > _LONGEST:
        raise _untrusted("the token is too long")
    try:
        return _object(jws.get_unverified_header(token)), _object(json.loads(jws.get_unverified_claims(token)))
    except (JOSEError, ValueError, TypeError, RecursionError):
        raise _untrusted("the token cannot be read") from None


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _untrusted("the token is not made of JSON objects")
    return value


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise _untrusted(f"the token names no {name}")
    return value


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    value = claims.get(name)
    if type(value) is not int:
        raise _untrusted(f"the token names no {name}")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise _untrusted(f"the token's {name} is no moment of time") from None


def _names(value: object) -> frozenset[str]:
    return frozenset(name for name in value if isinstance(name, str)) if isinstance(value, list) else frozenset()


def _untrusted(message: str) -> StaffNotTrusted:
    return StaffNotTrusted("TOKEN_NOT_TRUSTED", message)
