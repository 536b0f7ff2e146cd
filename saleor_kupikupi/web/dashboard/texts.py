"""The languages of the Dashboard page, and how a language writes amounts and moments.

The texts are gettext catalogues in locale/; a text's name is its English. Values are put into them afterwards, so what
somebody else wrote must never be looked up there.
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


class _Unknown(Texts):
    """Comes after a catalogue, and refuses what is not in it."""

    def gettext(self, message: str) -> str:  # noqa: ARG002 - gettext's signature
        raise LookupError("this is no text of the catalogue")

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002 - gettext's signature
        return self.gettext(msgid1)


@cache
def texts_in(language: str) -> Texts:
    """Reads the catalogue of a language, whose `gettext` and `ngettext` raise LookupError for what is not in it."""
    texts = gettext.translation("dashboard", _CATALOGUES, [language])
    texts.add_fallback(_Unknown())
    return texts


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
