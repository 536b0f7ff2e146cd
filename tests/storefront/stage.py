"""The world on a stage for tests in JavaScript: a program that serves Saleor, the provider and the app on loopback.

It prints one line of JSON with the addresses, does what is posted to its control address, and ends with its input.
"""

import itertools
import json
import sys
import tempfile
from collections.abc import Callable
from typing import Any

from flask import Flask, jsonify, request
from werkzeug.wrappers import Response

from saleor_kupikupi import logs
from saleor_kupikupi.store.database import migrate
from saleor_kupikupi_sandbox.serving import serve
from tests.clock import eventually
from tests.sandbox.saleor.recording_app import RecordingApp
from tests.world import RICH_DIGITS, World, world

CARD = "app.card"
PHONES = [str(79161000000 + n) for n in range(200)]  # a buyer each: codes work only for a phone's one open transfer


class Stage:
    """What a test may ask for, each by its name; whatever an answer holds is JSON."""

    def __init__(self, made: World) -> None:
        self._world = made
        self._phones = iter(PHONES)

    def checkout(self, **buyer: Any) -> str:
        """Makes a checkout and gives its id."""
        return self._world.saleor.create_checkout(**self._buyer(buyer)).id

    def order(self, **buyer: Any) -> str:
        """Makes an unpaid order and gives its id."""
        return self._world.saleor.create_order(**self._buyer(buyer)).id

    def transactions(self, source: str) -> list[dict[str, Any]]:
        """Lists what was opened to pay for a checkout, an order, or what a checkout became."""
        order = self._world.saleor.order_from(source)
        found = self._world.saleor.transactions(order.id if order else source)
        return [{"id": each.id, "token": each.token, "charged": f"{each.charged:.2f}"} for each in found]

    def code(self, source: str) -> str:
        """Reads the code that the buyer of the newest transaction got."""
        return self._world.provider.transfer(self._newest(source)).code

    def type_code(self, source: str) -> bool:
        """Types the right code on the form and lets Saleor hear of it."""
        token, provider = self._newest(source), self._world.provider
        transfer = provider.transfer(token)
        form = f"{provider.url}/form/{transfer.form_key}"
        provider.open_form(form)
        provider.type_code(form, transfer.code)
        return self.settle(source)

    def end(self, source: str, status: str) -> bool:
        """Lets the provider end the newest transfer in any way."""
        self._world.provider.force(self._newest(source), status)
        return True

    def settle(self, source: str) -> bool:
        """Lets everything settle, until Saleor holds a charge."""

        def charged() -> bool:
            self._world.work()
            return any(each["charged"] != "0.00" for each in self.transactions(source))

        return eventually(charged, within=30)

    def forward(self, seconds: float) -> int:
        """Puts the clock forward and does what is due."""
        self._world.forget()
        self._world.clock.forward(seconds=seconds)
        return self._world.work()

    def change_total(self, source: str, total: str) -> str:
        """Changes what a basket costs."""
        return self._world.saleor.change_total(source, total).id

    def place(self, source: str) -> str:
        """Places the order in the shop's stead and gives its number."""
        return self._world.saleor.checkout_complete(source).number

    def pay_by_card(self, source: str) -> str:
        """Pays what is left by the stand-in of a card."""
        result = self._world.saleor.transaction_initialize(source, CARD)
        return result.event.type if result.event else ""

    def down(self, **how: Any) -> None:
        """Fails Saleor's API, or only the app's webhooks."""
        if how.pop("app", False):
            self._world.saleor.deactivate(self._world.app)
        else:
            self._world.saleor.down(**how)

    def clear(self) -> None:
        """Ends that."""
        self._world.saleor.activate(self._world.app)
        self._world.saleor.clear()

    def provider_fault(self, **fault: Any) -> None:
        """Lets the provider fail."""
        self._world.provider.fault(**fault)

    def choose(self, **choices: Any) -> None:
        """Changes the connection's choices."""
        self._world.choose(**choices)

    def allow_return(self, url: str) -> None:
        """Lists a return address."""
        self._world.choose(return_urls=(url,))

    def asked(self) -> list[str]:
        """Lists the names of the documents that Saleor's API got."""
        calls = self._world.saleor.graphql_calls
        return [call.query.split("(")[0].split()[-1] for call in calls if " Kupikupi" in call.query]

    def _buyer(self, buyer: dict[str, Any]) -> dict[str, Any]:
        return {"phone": next(self._phones), "language": "EN", **buyer}

    def _newest(self, source: str) -> str:
        token: str = self.transactions(source)[-1]["token"]
        return token


def control(stage: Stage) -> Flask:
    """Makes the control address: POST /<name> with the arguments as a JSON object."""
    app = Flask("stage")
    app.config["PROPAGATE_EXCEPTIONS"] = True

    def do(name: str) -> Response:
        verb: Callable[..., Any] = getattr(stage, name)
        return jsonify(verb(**(request.get_json(silent=True) or {})))

    app.add_url_rule("/<name>", view_func=do, methods=["POST"])
    return app


def card(made: World) -> RecordingApp:
    """Installs the stand-in of a card: what it is asked for is charged at once."""
    numbers = itertools.count(1)
    app = RecordingApp(identifier=CARD)
    app.answers["transaction_initialize_session"] = lambda: (
        200,
        {"result": "CHARGE_SUCCESS", "pspReference": f"card-{next(numbers)}"},
    )
    app.start()
    made.saleor.install(app.manifest_url)
    return app


def main() -> None:
    """Serves until the input ends."""
    logs.configure("critical", "json", sys.stderr)
    with tempfile.TemporaryDirectory(prefix="storefront-stage-") as folder:
        migrate(f"sqlite:///{folder}/app.db")
        with world(f"sqlite:///{folder}/app.db", balances=dict.fromkeys([RICH_DIGITS, *PHONES], 100_000)) as made:
            cards, served = card(made), serve(control(Stage(made)))
            sys.stdout.write(json.dumps({"graphql": made.saleor.api_url, "control": served.url}) + "\n")
            sys.stdout.flush()
            sys.stdin.read()
            served.stop()
            cards.stop()


if __name__ == "__main__":
    main()
