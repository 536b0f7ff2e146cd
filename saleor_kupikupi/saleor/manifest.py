"""The manifest that Saleor installs the app from: manifest.json with its blanks filled and its queries put in.

It must not know who asks, nor where the app runs: its addresses are arguments.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from saleor_kupikupi import __version__

LONGEST_URL = 200  # Saleor's columns for addresses

_PACKAGE = Path(__file__).parents[1]
_QUERIES = Path(__file__).parent / "graphql"


def read_template() -> dict[str, Any]:
    """Reads manifest.json, which lies in the installed package or, in a checkout of the sources, beside it."""
    places = (_PACKAGE / "manifest.json", _PACKAGE.parent / "manifest.json")
    found = next(place for place in places if place.is_file())
    template: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return template


def document(name: str) -> str:
    """Reads a GraphQL document by its name, together with the fragment that it may use."""
    text = (_QUERIES / f"{name}.graphql").read_text(encoding="utf-8")
    if "...Source" in text:
        text += "\n" + (_QUERIES / "source.graphql").read_text(encoding="utf-8")
    return text


class Manifest:
    """The manifest of one copy of the app; raises ValueError when its addresses are longer than Saleor keeps."""

    def __init__(
        self, template: Mapping[str, Any], app_identifier: str, base_url: str, iframe_url: str | None = None
    ) -> None:
        blanks = {
            "{version}": __version__,
            "{app_identifier}": app_identifier,
            "{base_url}": base_url.rstrip("/"),
            "{iframe_url}": (iframe_url or base_url).rstrip("/"),
        }
        filled = _filled(template, blanks)
        webhooks = [{**webhook, "query": document(webhook["query"])} for webhook in filled["webhooks"]]
        self._newest = {**filled, "webhooks": webhooks}
        self._nameless = {
            **filled,
            "webhooks": [_without_identifier(webhook) for webhook in webhooks],
            "extensions": [_without_identifier(extension) for extension in filled["extensions"]],
        }
        self._oldest = {**self._nameless, "extensions": []}

    def for_version(self, schema_version: str | None) -> dict[str, Any]:
        """Gives the manifest for a Saleor that says it is of this version, such as 3.22; any other suits all.

        Identifiers are known since 3.23. Widgets came with 3.22, and an older Saleor would not install with one.
        """
        version = _numbers(schema_version or "")
        if version >= (3, 23):
            return self._newest
        return self._nameless if version >= (3, 22) else self._oldest


def _filled(value: Any, blanks: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, blanks) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, blanks) for inner in value]
    if not isinstance(value, str):
        return value
    for blank, text in blanks.items():
        value = value.replace(blank, text)
    if value.startswith("http") and len(value) > LONGEST_URL:
        raise ValueError(f"{value} is longer than the {LONGEST_URL} characters that Saleor keeps of an address")
    return value


def _without_identifier(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name != "identifier"}


def _numbers(schema_version: str) -> tuple[int, int]:
    numbers = re.match(r"(\d{1,4})\.(\d{1,4})(?!\d)", schema_version, re.ASCII)
    return (0, 0) if numbers is None else (int(numbers[1]), int(numbers[2]))
