"""Knows Saleor's payment verbs: gateway initialize, transaction initialize and process, staff's requests to an app.

Each finds the objects, sends the webhook and lets the books judge the answer. Must not know GraphQL's syntax or HTTP.
"""

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from graphql import GraphQLError

from saleor_kupikupi_sandbox.saleor_answers import InternalServerError
from saleor_kupikupi_sandbox.saleor_apps import App, AppRegistry, Requestor, Webhook
from saleor_kupikupi_sandbox.saleor_books import default_amount, final_event, open_request
from saleor_kupikupi_sandbox.saleor_payment_views import HOLLOW_GRANT, PaymentViews
from saleor_kupikupi_sandbox.saleor_records import (
    Event,
    GrantedRefund,
    Source,
    Transaction,
    from_global_id,
    in_currency,
)
from saleor_kupikupi_sandbox.saleor_shop import KeyTaken, Shop
from saleor_kupikupi_sandbox.saleor_site import Site
from saleor_kupikupi_sandbox.saleor_verdicts import Verdicts
from saleor_kupikupi_sandbox.saleor_views import PermissionDenied, View, app_view, user_view
from saleor_kupikupi_sandbox.saleor_webhooks import Courier, webhook_of

LIMIT = 100
NO_WEBHOOK = "Cannot find a webhook that can process the action."
_ACTION_EVENTS = {
    "CHARGE": "TRANSACTION_CHARGE_REQUESTED",
    "CANCEL": "TRANSACTION_CANCELATION_REQUESTED",
    "REFUND": "TRANSACTION_REFUND_REQUESTED",
}


class Refused(Exception):
    """A mutation's own `errors`: the field, the code, the text."""

    def __init__(self, field: str, code: str, message: str) -> None:
        super().__init__(message)
        self.view = {"field": field, "message": message, "code": code}


@dataclass(frozen=True)
class Result:
    """What a storefront gets back; `errors` are the mutation's, or one without a code where Saleor itself broke."""

    transaction: Transaction | None = None
    event: Event | None = None
    data: Any = None
    errors: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Ask:
    """What a storefront sends along: its `data`, the amount and key if it names them, who it is."""

    data: Any = None
    amount: Decimal | None = None
    key: str | None = None
    action: str | None = None
    ip: str | None = "127.0.0.1"
    requestor: Requestor = field(default_factory=Requestor)


class Sessions:
    """The payment verbs of one Saleor."""

    def __init__(
        self, site: Site, shop: Shop, apps: AppRegistry, views: PaymentViews, courier: Courier, verdicts: Verdicts
    ) -> None:
        self._site = site
        self._shop = shop
        self._verdicts = verdicts
        self._apps = apps
        self._views = views
        self._courier = courier

    def gateway(self, source_id: str, gateway_id: str, ask: Ask) -> View:
        """Asks one app how it offers itself; gives the `gatewayConfigs` entry. Raises Refused."""
        source = self._source(source_id)
        app = self._apps.by_identifier(gateway_id)
        hook = webhook_of(app, "PAYMENT_GATEWAY_INITIALIZE_SESSION")
        if app is None or hook is None:
            return _config(gateway_id, None, "NOT_FOUND", "Active app with its webhook not found.")
        event = self._event("PaymentGatewayInitializeSession", app, ask.requestor) | {
            "sourceObject": self._views.source(source),
            "data": ask.data,
            "amount": in_currency(self._amount(source, ask.amount)),
        }
        body = self._courier.body(app, hook, event)
        answer = self._courier.ask(app, hook, "PAYMENT_GATEWAY_INITIALIZE_SESSION", body)
        if answer is None:
            return _config(gateway_id, None, "INVALID", "Unable to process a payment gateway response.")
        if not isinstance(answer, dict) or "data" not in answer:
            return _config(gateway_id, None, "INVALID", "Incorrect value for field: data.")
        return _config(gateway_id, answer["data"])

    def initialize(self, source_id: str, gateway_id: str, ask: Ask) -> Result:
        """Opens a transaction, or finds the key's one, and asks the app. Raises Refused and InternalServerError."""
        source = self._source(source_id)
        if ask.key == "":
            raise Refused("idempotencyKey", "INVALID", "Cannot be provided as an empty string.")
        if ask.action is not None and (ask.requestor.app is None or not ask.requestor.allows("HANDLE_PAYMENTS")):
            raise PermissionDenied("HANDLE_PAYMENTS")
        flow, amount = ask.action or source.channel.flow, self._amount(source, ask.amount)
        app = self._apps.by_identifier(gateway_id)
        if app is None:
            raise Refused("paymentGateway", "NOT_FOUND", "App with provided identifier not found.")
        key = ask.key or str(uuid.uuid4())
        try:
            transaction, request = self._shop.open_transaction(source, app, key, amount, flow)
        except KeyTaken as taken:
            message = "Different transaction with provided idempotency key already exists."
            raise Refused("idempotencyKey", "UNIQUE", message) from taken
        details = {"idempotencyKey": key}
        return self._session("TransactionInitializeSession", app, transaction, request, ask, details)

    def process(self, id_or_token: str, ask: Ask) -> Result:
        """Asks the app how a transaction stands, unless it is final. Raises Refused and InternalServerError."""
        transaction = self.find(id_or_token)
        if (final := final_event(transaction)) is not None:
            return Result(transaction, final)
        request = open_request(transaction)
        if request is None:
            raise Refused("id", "INVALID", "Missing call of `transactionInitialize` mutation.")
        app = self._apps.by_identifier(transaction.app_identifier)
        if app is None:
            raise Refused("id", "MISSING_PAYMENT_APP", "Payment app attached to the transaction, doesn't exist.")
        return self._session("TransactionProcessSession", app, transaction, request, ask, {})

    def request_action(
        self,
        token: str,
        action: str,
        amount: Decimal | None = None,
        reason: str = "",
        granted: GrantedRefund | None = None,
    ) -> tuple[Event, "Future[Event]"]:
        """Stores what staff asks for and lets a worker ask the app; the future is what becomes of it.

        No more is asked for than is charged (refund) or authorised (charge, cancel): that may be nothing.
        A granted refund asks for what was granted.
        """
        transaction = self.find(token)
        amount = granted.amount if granted else amount
        most = transaction.sums.charged if action == "REFUND" else transaction.sums.authorized
        value = min(in_currency(amount) if amount else most, most)
        reason, promise = (reason or granted.reason, granted.id) if granted else (reason, None)
        transaction, request = self._shop.request_action(transaction.token, action, value, reason, promise)
        outcome: Future[Event] = Future()
        app = self._apps.by_identifier(transaction.app_identifier)
        hook = webhook_of(app, _ACTION_EVENTS[action])
        if app is None or hook is None:
            outcome.set_result(self._verdicts.failure(transaction, request, NO_WEBHOOK).event)
        else:
            body = self._courier.body(app, hook, self._action_event(app, transaction, request, granted))
            work = (app, hook, transaction, request, body, outcome)
            threading.Thread(target=self._work, args=work, name=f"saleor-{action.lower()}", daemon=True).start()
        return request, outcome

    def find(self, id_or_token: str | None) -> Transaction:
        """Finds a transaction; raises Refused."""
        transaction = self._shop.transaction(id_or_token or "")
        if transaction is None:
            raise Refused("id", "NOT_FOUND", "Couldn't resolve to a transaction.")
        return transaction

    def _source(self, source_id: str) -> Source:
        kind, _ = from_global_id(source_id) or (None, None)
        if kind is None:
            raise GraphQLError(f"Invalid ID: {source_id}. Expected one of: Checkout, Order.")
        if kind not in ("Checkout", "Order"):
            raise Refused("id", "INVALID", f"Expected one of: Checkout, Order, received: {kind}.")
        source = self._shop.source(source_id)
        if source is None:
            raise Refused("id", "NOT_FOUND", "`Order` or `Checkout` not found.")
        if len(self._shop.transactions_of(source_id)) >= LIMIT:
            raise Refused("transactions", "INVALID", f"{kind} transactions limit of {LIMIT} reached.")
        return source

    def _amount(self, source: Source, amount: Decimal | None) -> Decimal:
        if amount is None:
            amount = default_amount(source.total, self._shop.transactions_of(source.id))
        return amount.quantize(Decimal("0.001"))

    def _event(self, kind: str, app: App, requestor: Requestor) -> View:
        principal = app_view(requestor.app) or user_view(requestor.user)
        return {
            "__typename": kind,
            "issuedAt": self._site.now(),
            "version": self._site.full_version,
            "issuingPrincipal": principal,
            "recipient": app_view(app),
        }

    def _action_event(self, app: App, transaction: Transaction, request: Event, granted: GrantedRefund | None) -> View:
        action = request.type.removesuffix("_REQUEST")
        kind = "".join(part.capitalize() for part in _ACTION_EVENTS[action].split("_"))
        return self._event(kind, app, Requestor()) | {
            "action": {"amount": in_currency(request.amount), "currency": transaction.currency, "actionType": action},
            "transaction": self._views.transaction(transaction),
            "grantedRefund": HOLLOW_GRANT if granted is None else self._views.granted(granted, transaction),
        }

    def _session(
        self, kind: str, app: App, transaction: Transaction, request: Event, ask: Ask, details: View
    ) -> Result:
        name = "TRANSACTION_INITIALIZE_SESSION" if details else "TRANSACTION_PROCESS_SESSION"
        hook = webhook_of(app, name)
        flow = request.type.removesuffix("_REQUEST")
        event = self._event(kind, app, ask.requestor) | details
        event |= {
            "transaction": self._views.transaction(transaction),
            "sourceObject": self._views.source(
                self._shop.source(transaction.checkout_id or transaction.order_id or "")
            ),
            "data": ask.data,
            "merchantReference": transaction.id,
            "customerIpAddress": ask.ip,
            "action": {"amount": in_currency(request.amount), "currency": transaction.currency, "actionType": flow},
        }
        answer = None
        if hook is not None:
            answer = self._courier.ask(app, hook, name, self._courier.body(app, hook, event))
        booked = self._verdicts.session(app, transaction, request, answer)
        return Result(booked.transaction, booked.event, None if answer is None else answer.get("data"))

    def _work(
        self, app: App, hook: Webhook, transaction: Transaction, request: Event, body: bytes, outcome: "Future[Event]"
    ) -> None:
        action = request.type.removesuffix("_REQUEST")
        try:
            answer = self._courier.ask_again(app, hook, _ACTION_EVENTS[action], body)
            outcome.set_result(self._verdicts.action(app, transaction, request, answer).event)
        except InternalServerError as broken:
            outcome.set_exception(broken)


def _config(gateway_id: str, data: Any, code: str | None = None, message: str = "") -> View:
    errors = [] if code is None else [{"field": "id", "message": message, "code": code}]
    return {"id": gateway_id, "data": data, "errors": errors}


def as_result(call: Callable[[], Result]) -> Result:
    """Turns refusals into the `errors` a storefront would read."""
    try:
        return call()
    except Refused as refused:
        return Result(errors=[refused.view])
    except InternalServerError as broken:
        return Result(errors=[{"message": str(broken)}])
