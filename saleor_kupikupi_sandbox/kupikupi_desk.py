"""Knows the provider's support, to which a shop's letter goes: it hands out keys and registers the three addresses.

Must not know what the addresses are for. Here the keys are read on a page; the real support sends them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import flask
from werkzeug.wrappers import Response

from saleor_kupikupi_sandbox.kupikupi_ledger import Ledger

ADDRESSES: Final = {"success_url": "SuccessURL", "fail_url": "FailURL", "notification_url": "NotificationURL"}
KEYS: Final = {"test": "DevSecretKey", "production": "SecretKey"}


class Desk:
    """Support's page; `base_url` tells the address that a shop calls."""

    def __init__(self, ledger: Ledger, base_url: Callable[[], str]) -> None:
        self._ledger = ledger
        self._base_url = base_url

    def add_to(self, blueprint: flask.Blueprint) -> None:
        """Adds the routes to those of the other pages, whose layout and texts they share."""
        blueprint.add_url_rule("/desk", "desk", self.show)
        blueprint.add_url_rule("/desk", "register", self.register, methods=["POST"])

    def show(self) -> str:
        """Shows each shop's keys and addresses."""
        return flask.render_template(
            "kupikupi/desk.html",
            platforms=self._ledger.platforms,
            base_url=self._base_url(),
            addresses=ADDRESSES,
            keys=KEYS,
        )

    def register(self) -> Response:
        """Writes down the addresses of one shop, and forgets those that are empty."""
        posted = flask.request.form
        platform = next((each for each in self._ledger.platforms if each.uid == posted.get("uid")), None)
        if platform is None:
            flask.abort(404)
        for name in ADDRESSES:
            setattr(platform, name, posted.get(name, "").strip() or None)
        return flask.redirect("desk", 303)
