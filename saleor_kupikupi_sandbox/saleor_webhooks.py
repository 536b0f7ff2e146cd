"""Knows how a webhook leaves Saleor: the body made by its subscription, the headers, the signature, the patience.

Must not know what an answer means: it is handed on as parsed JSON, or as nothing where delivery failed.
"""

import json
import secrets
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests
from graphql import ExecutionResult, GraphQLError, execute

from saleor_kupikupi_sandbox.saleor_apps import App, Requestor, Webhook
from saleor_kupikupi_sandbox.saleor_schema import document_of
from saleor_kupikupi_sandbox.saleor_signing import SigningKey
from saleor_kupikupi_sandbox.saleor_site import Site
from saleor_kupikupi_sandbox.saleor_views import View

CONNECT_TIMEOUT = 2.0


@dataclass(frozen=True)
class Delivery:
    """One webhook as it was sent, and the answer's status and body; both are None where none came."""

    event: str
    app_id: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None
    answer: bytes | None

    @property
    def signature(self) -> str:
        """Is what the `Saleor-Signature` header said."""
        return self.headers.get("Saleor-Signature", "")


def error_view(error: GraphQLError) -> dict[str, Any]:
    """Shows a GraphQL error as Saleor does: the kind of exception stands under `extensions`."""
    return dict(error.formatted) | {"extensions": error.extensions or {"exception": {"code": "GraphQLError"}}}


def webhook_of(app: App | None, event: str) -> Webhook | None:
    """Finds the one webhook of an app that gets an event: the first active one, if the app may have it."""
    if app is None:
        return None
    if event != "APP_DELETED" and not app.allows("HANDLE_PAYMENTS"):
        return None
    return next((hook for hook in app.webhooks if hook.is_active and event in hook.events), None)


def parsed(body: bytes | None) -> Any:
    """Reads an answer's JSON, numbers as Decimal; what is none becomes None."""
    try:
        return json.loads(body or b"", parse_float=Decimal)
    except ValueError:
        return None


class Courier:
    """Signs and sends webhooks, and remembers every one."""

    def __init__(self, site: Site, timeout: float, retry_delays: Sequence[float]) -> None:
        self._site = site
        self._timeout = timeout
        self._retry_delays = tuple(retry_delays)
        self._closing = threading.Event()
        self.deliveries: list[Delivery] = []

    def close(self) -> None:
        """Gives up waiting retries."""
        self._closing.set()

    def last(self, event: str) -> Delivery:
        """Finds the last webhook of an event; raises LookupError."""
        for delivery in reversed(self.deliveries):
            if delivery.event == event.lower():
                return delivery
        raise LookupError(f"No webhook of this event was sent: {event}")

    def body(self, app: App, hook: Webhook, event: View) -> bytes:
        """Makes a webhook's body: the subscription's selection of the event, unwrapped, in ASCII JSON.

        A field that cannot be had becomes null and adds `errors`.
        """
        result = execute(
            self._site.schema, document_of(hook.query), root_value={"event": event}, context_value=Requestor(app=app)
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("A subscription's selection is executed at once")
        payload: dict[str, Any] = dict((result.data or {}).get("event") or {})
        if result.errors:
            payload["errors"] = [error_view(error) for error in result.errors]
        return json.dumps(payload).encode("ascii")

    def post(
        self,
        app: App,
        hook: Webhook,
        event: str,
        body: bytes,
        *,
        key: SigningKey | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Signs and posts one webhook; raises requests' errors where no answer came in time."""
        sent = self._headers(hook, event.lower(), (key or self._site.key).sign_detached(body)) | dict(headers or {})
        response = None
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.post(
                    hook.target_url,
                    data=body,
                    headers=sent,
                    timeout=(CONNECT_TIMEOUT, self._timeout),
                    allow_redirects=False,
                )
            return response
        finally:
            answer = (None, None) if response is None else (response.status_code, response.content)
            self.deliveries.append(Delivery(event.lower(), app.id, hook.target_url, sent, body, *answer))

    def ask(self, app: App, hook: Webhook, event: str, body: bytes) -> Any:
        """Sends a session webhook once; only a 2xx with JSON is an answer."""
        response = self._try(app, hook, event, body)
        return parsed(response.content) if response is not None and 200 <= response.status_code < 300 else None

    def ask_again(self, app: App, hook: Webhook, event: str, body: bytes) -> Any:
        """Sends an action webhook, and again after each 5xx: then with an empty body, signed over nothing.

        A 3xx or 4xx with a JSON object is an answer like any other; a timeout is not retried.
        """
        for delay in (*self._retry_delays, None):
            response = self._try(app, hook, event, body)
            if response is None or response.status_code < 500 or delay is None or self._closing.wait(delay):
                return _any_answer(response)
            body = b""
        return None

    def tell(self, app: App, hook: Webhook, event: str, body: bytes) -> None:
        """Sends an asynchronous event, and again in full after a failure that is neither 3xx nor 4xx."""
        for delay in (*self._retry_delays, None):
            response = self._try(app, hook, event, body)
            delivered = response is not None and response.status_code < 500
            if delivered or delay is None or self._closing.wait(delay):
                return

    def _try(self, app: App, hook: Webhook, event: str, body: bytes) -> requests.Response | None:
        try:
            return self.post(app, hook, event, body)
        except requests.RequestException:
            return None

    def _headers(self, hook: Webhook, event: str, signature: str) -> dict[str, str]:
        domain = self._site.domain
        return {
            "User-Agent": f"Saleor/{self._site.version}",
            "Accept-Encoding": "gzip, deflate",
            "Accept": "*/*",
            "Connection": "keep-alive",
            "Content-Type": "application/json",
            "X-Saleor-Event": event,
            "X-Saleor-Domain": domain,
            "X-Saleor-Signature": signature,
            "Saleor-Event": event,
            "Saleor-Domain": domain,
            "Saleor-Signature": signature,
            "Saleor-Api-Url": self._site.api_url,
            "traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01",
            **dict(hook.custom_headers),
        }


def _any_answer(response: requests.Response | None) -> Any:
    if response is None or response.status_code >= 500:
        return None
    answer = parsed(response.content)
    return answer if response.status_code < 300 or isinstance(answer, dict) else None
