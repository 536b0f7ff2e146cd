"""A payment app that records what a Saleor sends it and answers as a test says."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, jsonify, request

from saleor_kupikupi_sandbox.serving import HangUp, Served, serve

BASE = (
    "__typename issuedAt version issuingPrincipal { __typename ... on User { id email } } recipient { id identifier }"
)
SOURCE = """sourceObject { __typename
  ... on Checkout { id checkoutToken: token email languageCode channel { id slug currencyCode }
    checkoutCharge: chargeStatus totalPrice { gross { amount currency } }
    billingAddress { phone city } shippingAddress { phone } user { id email }
    lines { id quantity totalPrice { gross { amount } } variant { sku name product { name } } } }
  ... on Order { id number orderCharge: chargeStatus userEmail total { gross { amount currency } }
    billingAddress { phone } channel { slug } } }"""
TRANSACTION = """transaction { id token pspReference name createdAt actions externalUrl
  chargedAmount { amount currency } canceledAmount { amount }
  events { id type pspReference message idempotencyKey createdAt amount { amount currency } createdBy { __typename } }
  checkout { id channel { slug } } order { id number channel { slug } } }"""
SESSION = f"{BASE} data {SOURCE}"
PROCESS = f"{SESSION} merchantReference customerIpAddress action {{ amount currency actionType }} {TRANSACTION}"
ACTION = f"{BASE} action {{ amount currency actionType }} {TRANSACTION}"
SELECTIONS = {
    "PAYMENT_GATEWAY_INITIALIZE_SESSION": f"{SESSION} amount",
    "TRANSACTION_INITIALIZE_SESSION": f"{PROCESS} idempotencyKey",
    "TRANSACTION_PROCESS_SESSION": PROCESS,
    "TRANSACTION_CHARGE_REQUESTED": ACTION,
    "TRANSACTION_CANCELATION_REQUESTED": ACTION,
    "TRANSACTION_REFUND_REQUESTED": f"{ACTION} grantedRefund {{ amount {{ amount }} }}",
    "APP_DELETED": f"{BASE} app {{ id identifier isActive }}",
}
REDIRECT = {"result": "CHARGE_ACTION_REQUIRED", "pspReference": "R", "data": {"transferURL": "http://form.test/1"}}


def subscription(event: str, selection: str) -> str:
    kind = "".join(part.capitalize() for part in event.split("_"))
    return f"subscription {{ event {{ ... on {kind} {{ {selection} }} }} }}"


@dataclass(frozen=True)
class Seen:
    """One request the app got."""

    path: str
    headers: Mapping[str, str]
    body: bytes


Fixed = tuple[int, Any]
Answer = Fixed | Callable[[], Fixed]


@dataclass
class RecordingApp:
    """Answers each path with what `answers` holds: a status and a body (bytes as they are, else JSON)."""

    answers: dict[str, Answer] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    changes: dict[str, Any] = field(default_factory=dict)
    identifier: str = "app.recorder"
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _served: Served | None = None

    def start(self) -> "RecordingApp":
        app = Flask("recording app")
        app.config["PROPAGATE_EXCEPTIONS"] = True
        app.add_url_rule("/<path:path>", view_func=self._respond, methods=["GET", "POST"])
        self._served = serve(app)
        return self

    def stop(self) -> None:
        if self._served is not None:
            self._served.stop()

    @property
    def url(self) -> str:
        assert self._served is not None
        return self._served.url

    @property
    def manifest_url(self) -> str:
        return f"{self.url}/manifest"

    def answer(self, event: str, *, status: int = 200, body: Any = None, raw: bytes | None = None) -> None:
        self.answers[event.lower()] = (status, body if raw is None else raw)

    def received(self, path: str) -> list[Seen]:
        with self._lock:
            return [seen for seen in self.seen if seen.path == path.lower()]

    def manifest(self) -> dict[str, Any]:
        hooks = [self._hook(event, selection) for event, selection in SELECTIONS.items()]
        made = {
            "id": self.identifier,
            "name": "Recorder",
            "version": "1.0.0",
            "tokenTargetUrl": f"{self.url}/register",
            "permissions": ["HANDLE_PAYMENTS"],
            "webhooks": hooks,
        }
        return {key: value for key, value in (made | self.changes).items() if value is not None}

    def _hook(self, event: str, selection: str) -> dict[str, Any]:
        kind = "asyncEvents" if event == "APP_DELETED" else "syncEvents"
        query = subscription(event, selection)
        return {"name": event, "targetUrl": f"{self.url}/{event.lower()}", "query": query, kind: [event]}

    def _respond(self, path: str) -> Response:
        with self._lock:
            self.seen.append(Seen(path, dict(request.headers), request.get_data()))
        given: Answer = self.answers.get(path, (200, self.manifest() if path == "manifest" else {}))
        status, body = given if isinstance(given, tuple) else given()
        if status == 0:
            raise HangUp
        if isinstance(body, bytes):
            return Response(body, status=status, headers={"Location": "/elsewhere"} if status == 302 else None)
        response = jsonify(body)
        response.status_code = status
        return response
