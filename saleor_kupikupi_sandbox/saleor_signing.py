"""Knows how Saleor signs: an RSA key, its JWKS, detached JWS over raw bytes, tokens for the Dashboard.

Must not know what is signed or to whom it goes.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256


def b64url(data: bytes) -> str:
    """Encodes bytes as JOSE does: URL-safe, without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _number(value: int) -> str:
    return b64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _compact(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


class SigningKey:
    """One RSA key of a Saleor; its id is the key's RFC 7638 thumbprint."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = self._key.public_key().public_numbers()
        self._n, self._e = _number(public.n), _number(public.e)
        thumbprint = _compact({"e": self._e, "kty": "RSA", "n": self._n})
        self.kid = b64url(hashlib.sha256(thumbprint).digest())

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """Answers `/.well-known/jwks.json`: this key alone, for a new key replaces the old one at once."""
        key = {
            "kty": "RSA",
            "key_ops": ["verify"],
            "n": self._n,
            "e": self._e,
            "use": "sig",
            "kid": self.kid,
            "alg": "RS256",
        }
        return {"keys": [key]}

    def sign_detached(self, body: bytes, **header: Any) -> str:
        """Signs raw bytes as RFC 7797 says (`b64: false`): header, nothing, signature.

        Fields of the header given here replace or add, None removes.
        """
        usual = {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": self.kid, "typ": "JWT"}
        said = {name: value for name, value in (usual | header).items() if value is not None}
        segment = b64url(_compact(said))
        return f"{segment}..{self._signature(segment.encode('ascii') + b'.' + body)}"

    def token(self, claims: Mapping[str, Any]) -> str:
        """Signs claims as an ordinary JWT."""
        header = {"alg": "RS256", "kid": self.kid, "typ": "JWT"}
        signed = f"{b64url(_compact(header))}.{b64url(_compact(dict(claims)))}"
        return f"{signed}.{self._signature(signed.encode('ascii'))}"

    def _signature(self, data: bytes) -> str:
        return b64url(self._key.sign(data, padding.PKCS1v15(), SHA256()))
