"""The languages of the Dashboard page, and how a language writes amounts and moments.

The texts are gettext catalogues in locale/; a text's name is its English.
"""

import gettext
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from markupsafe import Markup

LANGUAGES = ("en", "ru")

_CATALOGUES = Path(__file__).parents[2] / "locale"
_NARROW_SPACE = "\u202f"
_MOMENTS = {"en": "%d %b %Y, %H:%M UTC", "ru": "%d.%m.%Y %H:%M UTC"}

_DAYS = {"en": "%d %b %Y", "ru": "%d.%m.%Y"}

Texts = gettext.NullTranslations


@cache
def texts_in(language: str) -> Texts:
    """Reads the catalogue of a language."""
    return gettext.translation("dashboard", _CATALOGUES, [language])


def amount_in(language: str, kopecks: int) -> str:
    """Writes an amount in roubles or points, such as 1 234,50 or 1,234.50."""
    text = f"{abs(kopecks) // 100:,}.{abs(kopecks) % 100:02d}"
    if language == "ru":
        text = text.replace(",", _NARROW_SPACE).replace(".", ",")
    return ("\u2212" if kopecks < 0 else "") + text


def moment_in(language: str, at: datetime) -> Markup:
    """Writes a moment to the minute, in UTC and saying so; the page's script then puts the reader's own time there."""
    text = at.astimezone(UTC).strftime(_MOMENTS[language])
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), text)  # both are escaped


def day_in(language: str, day: date) -> str:
    """Writes a day."""
    return day.strftime(_DAYS[language])
