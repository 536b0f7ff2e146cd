"""The `token` that proves a request to be ours, and the two spellings of the wire that it depends on.

It knows names and hashing, not methods. The concatenated text holds the secret: it is hashed and never kept or shown.
"""

from collections.abc import Mapping
from hashlib import sha256

from saleor_kupikupi.domain.connection import WireFormat

PLATFORM_FIELDS = {WireFormat.DOCUMENTED: "uidPlatform", WireFormat.PHP_CLIENT: "platformUid"}
_SECRET_KEYS = {WireFormat.DOCUMENTED: "SecretKey", WireFormat.PHP_CLIENT: "secretKey"}


def sign(parameters: Mapping[str, object], secret: str, wire_format: WireFormat) -> str:
    """Computes the token of a request from its parameters, the platform field among them.

    Section "Token" of the manual: the values' text, sorted by key in byte order (PHP's `ksort`) with the secret among
    them, run together and hashed. A `token` and nested values are left out; the other values are strings and integers.
    """
    signed = {key: value for key, value in parameters.items() if key != "token" and not _nested(value)}
    signed[_SECRET_KEYS[wire_format]] = secret
    text = "".join(str(signed[key]) for key in sorted(signed, key=str.encode))
    return sha256(text.encode()).hexdigest()


def _nested(value: object) -> bool:
    return isinstance(value, Mapping | list | tuple)
