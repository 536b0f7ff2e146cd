"""A text that anybody can guess is no key."""

import pytest

from saleor_kupikupi.domain.secret_key import flaw


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("# a comment", "begins with #"),
        ("short", "32 characters"),
        ("# any text of 32 characters or more: openssl rand -hex 32", "begins with #"),
        ("# 00c8f9a1e3b7d5264f8a1b2c3d4e5f60", "begins with #"),
        ("any text of 32 characters or more", "documents' own"),
        ("любой текст от 32 знаков: a b c d e f", "documents' own"),
        ("$(openssl rand -hex 32) or the like", "documents' own"),
        ("x" * 64, "again and again"),
        ("changeme" * 4, "again and again"),
        ("0123456789" * 4, "again and again"),
        ("0123456789abcdef" * 2, "again and again"),
    ],
)
def test_a_text_that_is_no_secret_has_a_flaw(key: str, why: str) -> None:
    assert why in str(flaw(key))


@pytest.mark.parametrize(
    "key",
    [
        "00c8f9a1e3b7d5264f8a1b2c3d4e5f60",  # openssl rand -hex 16
        "40171839205561728394026157839204",
        "n2Jm9yq0Zx8sD4vK7bT1cW5eR3uY6iO+aP/fGhLk=",
        "a sentence that only its author knows",
    ],
)
def test_a_text_that_nobody_can_guess_has_none(key: str) -> None:
    assert flaw(key) is None
