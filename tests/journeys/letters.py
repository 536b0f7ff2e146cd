"""Webhooks as a Saleor has sent them, to be sent again in every way that a stranger could think of."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import requests

from saleor_kupikupi_sandbox.saleor import SigningKey
from tests.journeys.payments import open_payment
from tests.world import World

SESSIONS = (
    "payment_gateway_initialize_session",
    "transaction_initialize_session",
    "transaction_process_session",
)
ACTIONS = (
    "transaction_charge_requested",
    "transaction_cancelation_requested",
    "transaction_refund_requested",
)
EVENTS = (*SESSIONS, *ACTIONS, "app_deleted")


@dataclass(frozen=True)
class Letter:
    """One webhook: to which route, with which headers and body."""

    event: str
    headers: Mapping[str, str]
    body: bytes

    def without(self, header: str) -> "Letter":
        """Leaves a header out."""
        return replace(self, headers={name: value for name, value in self.headers.items() if name != header})

    def having(self, **headers: str) -> "Letter":
        """Gives headers another value; an underscore stands for a dash."""
        return replace(
            self, headers={**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        )

    def signed(self, key: SigningKey, **header: Any) -> "Letter":
        """Signs the body as it is now; `header` changes what the signature says about itself."""
        return self.having(Saleor_Signature=key.sign_detached(self.body, **header))

    def saying(self, key: SigningKey, **fields: Any) -> "Letter":
        """Changes fields of the body and signs it."""
        body = json.dumps(json.loads(self.body) | fields).encode()
        return replace(self, body=body).signed(key)


def send(world: World, letter: Letter) -> requests.Response:
    """Posts a letter."""
    address = f"{world.url}/api/webhooks/{letter.event}"
    return requests.post(address, data=letter.body, headers=dict(letter.headers), timeout=10)


def letters_of(world: World) -> dict[str, Letter]:
    """Lets the world's Saleor send one webhook of each event, and writes the last one, which would be the end."""
    payment = open_payment(world)
    world.offer(world.saleor.create_checkout(total="100").id)
    world.process(payment)
    world.saleor.request_action(payment.token, "CHARGE")
    world.saleor.request_action(payment.token, "CANCEL")
    world.saleor.request_action(payment.token, "REFUND")
    sent = {each.event: Letter(each.event, each.headers, each.body) for each in world.saleor.deliveries}
    said = json.loads(sent[SESSIONS[0]].body)
    fields = {name: said[name] for name in ("issuedAt", "version", "recipient")}
    body = json.dumps({"__typename": "AppDeleted", **fields, "app": {"id": world.app.id}}).encode()
    deleted = Letter("app_deleted", sent[SESSIONS[0]].headers, body).having(Saleor_Event="app_deleted")
    return {**sent, "app_deleted": deleted.signed(world.key)}
