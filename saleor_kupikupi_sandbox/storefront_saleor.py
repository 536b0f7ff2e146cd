"""Knows what a storefront asks of Saleor, over its public GraphQL API as any shop would.

Must not know pages or the mini Saleor's inside.
"""

from dataclasses import dataclass
from typing import Any

import requests

PAID = ("FULL", "OVERCHARGED")

_GATEWAY = """mutation($id: ID!, $gateway: String!, $data: JSON) {
  paymentGatewayInitialize(id: $id, paymentGateways: [{id: $gateway, data: $data}]) {
    gatewayConfigs { data errors { message } } errors { message } } }"""
_INITIALIZE = """mutation($id: ID!, $gateway: String!, $key: String!) {
  transactionInitialize(id: $id, paymentGateway: {id: $gateway}, idempotencyKey: $key) {
    transaction { id } transactionEvent { type message } data errors { message } } }"""
_PROCESS = """mutation($id: ID!) {
  transactionProcess(id: $id) { transactionEvent { type message } data errors { message } } }"""
_CHECKOUT = "query($id: ID!) { checkout(id: $id) { chargeStatus } }"
_COMPLETE = "mutation($id: ID!) { checkoutComplete(id: $id) { order { number } errors { code } } }"


class SaleorAway(Exception):
    """Saleor gave no usable answer."""


@dataclass(frozen=True)
class Step:
    """What a session call came to: the event's type, what to tell the buyer, the app's `data`."""

    event: str
    messages: tuple[str, ...]
    data: dict[str, Any]
    transaction_id: str | None = None


class SaleorClient:
    """Calls one Saleor as a buyer: anonymous, or logged in by a token."""

    def __init__(self, api_url: str, token: str | None, timeout: float = 25.0) -> None:
        self._api_url = api_url
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = timeout

    def offer(self, checkout_id: str, gateway_id: str) -> dict[str, Any] | None:
        """Asks the gateway whether it can be used, with a look at the balance; empty where it cannot say.

        None means that the checkout is gone.
        """
        answer = self._ask(_GATEWAY, id=checkout_id, gateway=gateway_id, data={"checkBalance": True})
        configs = answer["paymentGatewayInitialize"]["gatewayConfigs"]
        return _object(configs[0]["data"]) if configs else None

    def initialize(self, checkout_id: str, gateway_id: str, key: str) -> Step:
        """Opens a payment; the same key again asks about the same payment."""
        answer = self._ask(_INITIALIZE, id=checkout_id, gateway=gateway_id, key=key)
        return _step(answer["transactionInitialize"])

    def process(self, transaction_id: str) -> Step:
        """Asks how a payment stands."""
        return _step(self._ask(_PROCESS, id=transaction_id)["transactionProcess"])

    def is_paid(self, checkout_id: str) -> bool:
        """Says whether a checkout is paid; one that is gone has become an order."""
        checkout = self._ask(_CHECKOUT, id=checkout_id)["checkout"]
        return checkout is None or checkout["chargeStatus"] in PAID

    def complete(self, checkout_id: str) -> tuple[str | None, str | None]:
        """Places the order, or finds it placed; gives its number, or the code of what is in the way."""
        done = self._ask(_COMPLETE, id=checkout_id)["checkoutComplete"]
        if done["order"] is not None:
            return str(done["order"]["number"]), None
        return None, str(done["errors"][0]["code"])

    def _ask(self, query: str, **variables: Any) -> Any:
        try:
            response = requests.post(
                self._api_url,
                json={"query": query, "variables": variables},
                headers=self._headers,
                timeout=self._timeout,
            )
            answer = response.json()
        except requests.RequestException as error:
            raise SaleorAway(type(error).__name__) from error
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or answer.get("errors"):
            raise SaleorAway("Saleor answered with an error")
        return data


def _object(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}


def _step(answer: dict[str, Any]) -> Step:
    data = _object(answer["data"])
    event = answer["transactionEvent"] or {"type": "CHARGE_FAILURE", "message": ""}
    texts = [error["message"] for error in answer["errors"]]
    texts += [error["message"] for error in data.get("errors") or [] if isinstance(error, dict) and "message" in error]
    transaction = answer.get("transaction") or {}
    return Step(event["type"], tuple(texts), data, transaction.get("id"))
