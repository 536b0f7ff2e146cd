"""The catalogues of the Dashboard page's texts. `make messages` brings them in line with the code; a test compares.

It knows where texts stand and how a catalogue is written, not what the texts say.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "saleor_kupikupi"
LANGUAGES = ("en", "ru")
SOURCES = [("web/dashboard/**.py", "python"), ("web/templates/dashboard/**.html", "jinja2")]
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "ngettext": (1, 2)}


class PlainCatalogue(Catalog):
    """A catalogue whose header says what gettext needs, and no dates, names or versions."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Are the header's lines."""
        return [("Content-Type", "text/plain; charset=utf-8"), ("Plural-Forms", self.plural_forms)]


def catalogue_file(language: str, ending: str) -> Path:
    """Names a catalogue's file; the ending is po or mo."""
    return PACKAGE / "locale" / language / "LC_MESSAGES" / f"dashboard.{ending}"


def wanted(language: str) -> Catalog:
    """Makes the catalogue of what the code says, with the translations that there are; English translates itself."""
    made = PlainCatalogue(locale=language, header_comment="", fuzzy=False)
    old = written(language)
    for file, _, message, comments, context in sorted(_texts(), key=lambda text: (text[0], text[1])):
        entry = made.add(message, locations=[(f"saleor_kupikupi/{file}", 0)], auto_comments=comments, context=context)
        entry.string = _english(entry) if language == "en" else _known(old, entry)
    return made


def written(language: str) -> Catalog:
    """Reads the catalogue as it stands."""
    file = catalogue_file(language, "po")
    if not file.exists():
        return Catalog(locale=language)
    with file.open("rb") as stream:
        return read_po(stream, locale=language)


def text_of(catalogue: Catalog) -> bytes:
    """Writes a catalogue for people, without line numbers, which would change with every edit."""
    stream = BytesIO()
    write_po(stream, catalogue, width=120, include_lineno=False)
    return stream.getvalue().lstrip()


def compiled(catalogue: Catalog) -> bytes:
    """Writes a catalogue for the app; what is not translated is left out."""
    stream = BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def missing(catalogue: Catalog) -> list[str]:
    """Lists the texts that have no translation."""
    return [str(entry.id) for entry in catalogue if entry.id and not _complete(entry)]


def main() -> None:
    """Writes the catalogues, and says what is still to be translated."""
    for language in LANGUAGES:
        made = wanted(language)
        file = catalogue_file(language, "po")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text_of(made))
        catalogue_file(language, "mo").write_bytes(compiled(made))
        for text in missing(made):
            print(f"{language}: no translation of {text!r}")  # noqa: T201 - this is a command


def _texts() -> list[tuple[str, int, Any, list[str], str | None]]:
    options = {"**.html": {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"}}
    return list(extract_from_dir(PACKAGE, SOURCES, options, KEYWORDS, directory_filter=lambda _: True))


def _english(entry: Message) -> Any:
    return tuple(entry.id) if isinstance(entry.id, list | tuple) else entry.id


def _known(old: Catalog, entry: Message) -> Any:
    found = old.get(entry.id, entry.context)
    if found is not None and found.pluralizable == entry.pluralizable:
        return found.string
    return ("",) * old.num_plurals if entry.pluralizable else ""


def _complete(entry: Message) -> bool:
    return all(entry.string) if isinstance(entry.string, list | tuple) else bool(entry.string)


if __name__ == "__main__":
    main()
