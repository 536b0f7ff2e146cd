"""Whether bytes come from a Saleor: its detached signatures and the keys that check them.

Saleor signs `<header>.<raw body>` and sends `<header>..<signature>`: RS256 with the body left out and not encoded
(RFC 7515 appendix F, RFC 7797). It must not know where keys are kept, nor read a body.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from jose import jwk
from jose.backends.base import Key
from jose.exceptions import JOSEError

from saleor_kupikupi.domain.errors import CallerNotTrusted

Keys = Mapping[str, Key]
"""Public keys by their id, made once: making one costs more than a check."""

_LONGEST = 8192


@lru_cache(maxsize=64)
def read_jwks(text: str) -> Keys:
    """Makes the keys of a JWKS document, once for each text; those that are no RS256 signing keys are passed over.

    Raises ValueError when none is left.
    """
    try:
        listed = json.loads(text)["keys"]
        keys = {entry["kid"]: _key(entry) for entry in listed if _usable(entry)}
    except (ValueError, KeyError, TypeError, RecursionError, JOSEError) as error:
        raise ValueError(f"this is no JWKS document ({type(error).__name__})") from None
    if not keys:
        raise ValueError("the JWKS document holds no RS256 signing key")
    return MappingProxyType(keys)


def key_id(signature: str) -> str:
    """Reads which key a signature claims to be made with.

    Raises CallerNotTrusted when it is not of the one shape and algorithm that Saleor uses.
    """
    header, separator, _ = signature.partition("..") if len(signature) <= _LONGEST else ("", "", "")
    if not separator:
        raise _untrusted("the signature is not a detached one")
    return _kid_of(header)


def verify(raw_body: bytes, signature: str, keys: Keys) -> None:
    """Checks that exactly these bytes were signed by one of the keys; raises CallerNotTrusted otherwise."""
    key = keys.get(key_id(signature))
    if key is None:
        raise _untrusted("the signature is made with a key that is not known")
    header, _, encoded = signature.partition("..")
    if not key.verify(header.encode() + b"." + raw_body, _decoded(encoded)):
        raise _untrusted("the signature does not belong to this body")


@lru_cache(maxsize=64)
def _kid_of(header: str) -> str:
    # Saleor's header is the same text for as long as its key is, so it is read once.
    try:
        fields = json.loads(_decoded(header))
    except (ValueError, RecursionError):
        raise _untrusted("the signature's header cannot be read") from None
    if not isinstance(fields, dict) or fields.get("alg") != "RS256":
        raise _untrusted("the signature is not RS256")
    if fields.get("b64") is not False or fields.get("crit") != ["b64"]:
        raise _untrusted("the signature is not made over the bare body")
    kid = fields.get("kid")
    if not isinstance(kid, str) or not kid:
        raise _untrusted("the signature names no key")
    return kid


def _decoded(encoded: str) -> bytes:
    # Python's decoder passes over foreign characters and spare bits; then two texts would be one signature.
    try:
        segment = encoded.encode("ascii")
        decoded = urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except (UnicodeEncodeError, binascii.Error):
        raise _untrusted("the signature is not base64url") from None
    if urlsafe_b64encode(decoded).rstrip(b"=") != segment:
        raise _untrusted("the signature is not base64url")
    return decoded


def _usable(entry: object) -> bool:
    return (
        isinstance(entry, dict)
        and entry.get("kty") == "RSA"
        and entry.get("use", "sig") == "sig"
        and entry.get("alg", "RS256") == "RS256"
        and all(isinstance(entry.get(name), str) for name in ("kid", "n", "e"))
    )


def _key(entry: Mapping[str, object]) -> Key:
    return jwk.construct({"kty": "RSA", "n": entry["n"], "e": entry["e"]}, "RS256")


def _untrusted(message: str) -> CallerNotTrusted:
    return CallerNotTrusted("SIGNATURE_VERIFICATION_FAILED", message)
