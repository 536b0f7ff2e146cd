"""Roubles and kopecks: the only place where an amount changes its unit.

Inside the app money is whole kopecks in an `int`. Saleor speaks decimal roubles, Kupi-Kupi speaks kopecks, and one
point pays one rouble.
"""

import re
from decimal import Decimal

CURRENCY = "RUB"
MIN_KOPECKS = 1
MAX_KOPECKS = 9_999_999_999  # `init`: amount is Number(10)

_LONGEST = 32
_SPACES = " \N{NO-BREAK SPACE}\N{THIN SPACE}\N{NARROW NO-BREAK SPACE}"
# In thousands or not, with a comma or a point before the kopecks; a comma between thousands needs the point.
_TYPED = re.compile(
    rf"(\d{{1,3}}(?:[{_SPACES}]\d{{3}})+|\d+)(?:[.,](\d{{1,2}}))?|(\d{{1,3}}(?:,\d{{3}})+)\.(\d{{1,2}})", re.ASCII
)


class UnusableAmount(ValueError):
    """The amount is not a whole number of kopecks within the provider's limits."""


def kopecks_of(roubles: Decimal) -> int:
    """Turns decimal roubles into whole kopecks, exactly.

    Raises UnusableAmount for a fraction of a kopeck, for less than 1 kopeck and for more than 10 digits of kopecks.
    """
    if not roubles.is_finite():
        raise UnusableAmount("the amount is not a number")
    if roubles.adjusted() > 12:  # spare Decimal the work on absurd exponents
        raise UnusableAmount(f"the amount is above {roubles_text(MAX_KOPECKS)} roubles")
    scaled = roubles * 100
    if scaled != scaled.to_integral_value():
        raise UnusableAmount("the amount has a fraction of a kopeck")
    kopecks = int(scaled)
    if kopecks < MIN_KOPECKS:
        raise UnusableAmount("the amount is below 0.01 roubles")
    if kopecks > MAX_KOPECKS:
        raise UnusableAmount(f"the amount is above {roubles_text(MAX_KOPECKS)} roubles")
    return kopecks


def kopecks_typed(text: str) -> int:
    """Reads an amount as people type it, such as 1 234,50 or 1,234.50, into whole kopecks; it guesses nothing.

    Raises UnusableAmount as `kopecks_of` does, and for what can be read in two ways, such as 1,234.
    """
    typed = _TYPED.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if typed is None:
        raise UnusableAmount("this is not an amount")
    whole = re.sub(r"\D", "", typed[1] or typed[3])
    return kopecks_of(Decimal(f"{whole}.{typed[2] or typed[4] or 0}"))


def roubles_of(kopecks: int) -> Decimal:
    """Turns whole kopecks into decimal roubles with two places."""
    return Decimal(kopecks).scaleb(-2)


def roubles_text(kopecks: int) -> str:
    """Writes kopecks as roubles with two places and no grouping, such as 1234.50."""
    sign = "-" if kopecks < 0 else ""
    return f"{sign}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"
