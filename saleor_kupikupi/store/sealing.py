"""What is written down sealed, and what is looked up by a fingerprint. It knows keys and texts, and no table.

Every purpose has keys of its own, derived from each SECRET_KEY by HKDF-SHA256, so that a token put into the place of a
secret does not open. The first SECRET_KEY seals and fingerprints; the others still open and are still found.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, get_args

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from saleor_kupikupi.domain.errors import AppError

Purpose = Literal["app token", "secret", "phone", "notification key", "canary", "return page"]

MIN_KEY_LENGTH = 32
_OPENED_AT_ONCE = 256


class CannotUnseal(AppError):
    """Something stored was sealed under a key that we were not given, or was changed."""

    def __init__(self, purpose: Purpose) -> None:
        super().__init__(f"a stored {purpose} cannot be opened with any of the keys in SECRET_KEY")
        self.purpose = purpose


class Vault:
    """Seals, opens and fingerprints under the given keys; made once, used by every thread."""

    def __init__(self, secret_keys: Sequence[str]) -> None:
        """Derives every key now; raises ValueError where a key is missing or shorter than 32 characters."""
        if not secret_keys or any(len(key) < MIN_KEY_LENGTH for key in secret_keys):
            raise ValueError(f"each key in SECRET_KEY needs at least {MIN_KEY_LENGTH} characters")
        self._seals: dict[Purpose, MultiFernet] = {
            purpose: MultiFernet([_fernet(key, purpose) for key in secret_keys]) for purpose in get_args(Purpose)
        }
        self._fingerprint_keys: dict[Purpose, tuple[bytes, ...]] = {
            purpose: tuple(_derive(key, f"fingerprint of {purpose}") for key in secret_keys)
            for purpose in get_args(Purpose)
        }
        # A webhook opens the same token and secret each time; this process holds them in its memory anyway.
        self._open = lru_cache(_OPENED_AT_ONCE)(self._open_sealed)

    def seal(self, text: str, purpose: Purpose) -> str:
        """Seals a text under the first key."""
        return self._seals[purpose].encrypt(text.encode()).decode("ascii")

    def unseal(self, sealed: str, purpose: Purpose) -> str:
        """Opens what any of the keys sealed for this purpose; raises CannotUnseal, which names the purpose alone."""
        return self._open(sealed, purpose)

    def fingerprint(self, text: str, purpose: Purpose) -> str:
        """Gives the HMAC-SHA256 of a text under the first key, in hex: what is stored."""
        return _fingerprint(self._fingerprint_keys[purpose][0], text)

    def fingerprints(self, text: str, purpose: Purpose) -> tuple[str, ...]:
        """Gives the fingerprints under every key, the first key's first: what is looked for."""
        return tuple(_fingerprint(key, text) for key in self._fingerprint_keys[purpose])

    def _open_sealed(self, sealed: str, purpose: Purpose) -> str:
        try:
            return self._seals[purpose].decrypt(sealed).decode()
        except InvalidToken:
            raise CannotUnseal(purpose) from None


def _fernet(secret_key: str, purpose: Purpose) -> Fernet:
    return Fernet(urlsafe_b64encode(_derive(secret_key, f"seal of {purpose}")))


def _derive(secret_key: str, use: str) -> bytes:
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"saleor-kupikupi: {use}".encode())
    return hkdf.derive(secret_key.encode())


def _fingerprint(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()
