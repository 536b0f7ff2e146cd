"""A member of staff at work: fragments that are fetched and forms that are sent, as the page does it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import requests

from saleor_kupikupi_sandbox.saleor_apps import App
from tests.world import World

STAFF = "anna@shop.example"


def visit(
    world: World,
    path: str,
    *,
    language: str = "en",
    app: App | None = None,
    headers: Mapping[str, str] | None = None,
    **claims: Any,
) -> requests.Response:
    """Fetches a fragment."""
    said = _bearer(world, language, app, claims) | dict(headers or {})
    return requests.get(f"{world.url}/api/dashboard{path}", headers=said, timeout=5)


def send(world: World, path: str, form: dict[str, str], *, language: str = "en", **claims: Any) -> requests.Response:
    """Sends a form, as it was drawn just now unless it has a key already."""
    headers = _bearer(world, language, None, claims)
    return requests.post(f"{world.url}/api/dashboard{path}", data=form_key() | form, headers=headers, timeout=5)


def form_key() -> dict[str, str]:
    """Gives the field that tells one drawing of a form from every other."""
    return {"form-key": uuid4().hex}


def toast(answer: requests.Response) -> str:
    """Reads the word that the answer says in the corner."""
    said: dict[str, str] = json.loads(unquote(answer.headers["X-Toast"]))
    return said["title"]


def _bearer(world: World, language: str, app: App | None, claims: dict[str, Any]) -> dict[str, str]:
    token = world.saleor.bridge_token(app or world.app, **({"email": STAFF} | claims))
    return {"Authorization": f"Bearer {token}", "Accept-Language": language}
