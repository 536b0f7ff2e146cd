"""The key that Saleors in tests sign with, unless a test gives one another."""

from functools import cache

from saleor_kupikupi_sandbox.saleor import SigningKey


@cache
def usual_key() -> SigningKey:
    """Makes it once: that takes longer than many a test."""
    return SigningKey()
