"""Requests of the Dashboard page's own API, as its script sends them."""

from typing import Any

import requests

from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.store import installations
from saleor_kupikupi.store.database import Tx
from tests.web.visits import form_key
from tests.world import World


def bearer(world: World, language: str = "en", **claims: Any) -> dict[str, str]:
    token = world.saleor.bridge_token(world.app, **claims)
    return {"Authorization": f"Bearer {token}", "Accept-Language": language}


def get(world: World, route: str, language: str = "en", **claims: Any) -> requests.Response:
    return requests.get(f"{world.url}/api/dashboard{route}", headers=bearer(world, language, **claims), timeout=10)


def post(
    world: World, route: str, form: dict[str, str] | None = None, language: str = "en", **claims: Any
) -> requests.Response:
    headers = bearer(world, language, **claims)
    return requests.post(
        f"{world.url}/api/dashboard{route}", data=form_key() | (form or {}), headers=headers, timeout=10
    )


def other_shop(world: World, tx: Tx) -> int:
    """Lets another Saleor install the app too, and gives that installation's id."""
    draft = Installation(0, "https://other.example/graphql/", world.parts.app_identifier, "QXBwOjk=", "token", "3.22")
    return installations.register(tx, world.parts.vault, draft, "{}", world.clock.now()).id
