"""Knows which queries and mutations the mini Saleor answers, and turns each into a call of what does the work.

Must not know HTTP. A mutation's own refusals are its `errors`; a missing permission is a top-level error.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from saleor_kupikupi_sandbox import saleor_hooks
from saleor_kupikupi_sandbox.saleor_answers import InternalServerError
from saleor_kupikupi_sandbox.saleor_apps import App, AppRegistry, Webhook
from saleor_kupikupi_sandbox.saleor_payment_views import PaymentViews
from saleor_kupikupi_sandbox.saleor_records import Checkout, Order, global_id
from saleor_kupikupi_sandbox.saleor_reports import Report, report, update
from saleor_kupikupi_sandbox.saleor_sessions import Ask, Refused, Result, Sessions
from saleor_kupikupi_sandbox.saleor_shop import NotPayable, Shop
from saleor_kupikupi_sandbox.saleor_site import Site
from saleor_kupikupi_sandbox.saleor_views import (
    Info,
    PermissionDenied,
    View,
    app_view,
    channel_view,
    problem_view,
    require,
    require_known,
    webhook_view,
)
from saleor_kupikupi_sandbox.saleor_writer import Writer


class Operations:
    """The root fields of one Saleor's API."""

    def __init__(
        self, site: Site, shop: Shop, apps: AppRegistry, views: PaymentViews, sessions: Sessions, writer: Writer
    ) -> None:
        self._site = site
        self._shop = shop
        self._writer = writer
        self._apps = apps
        self._views = views
        self._sessions = sessions
        self.reports: list[Report] = []

    def root(self) -> dict[str, Callable[..., Any]]:
        """Lists the root fields, queries and mutations alike."""
        return {
            "app": self._app,
            "transaction": self._transaction,
            "checkout": self._checkout,
            "order": self._order,
            "shop": self._shop_view,
            "channels": self._channels,
            "channel": self._channel,
            "transactionEventReport": self._report,
            "transactionUpdate": self._update,
            "appProblemCreate": self._problem,
            "appProblemDismiss": self._dismiss,
            "webhookCreate": self._create_webhook,
            "webhookUpdate": self._update_webhook,
            "webhookDelete": self._delete_webhook,
            "paymentGatewayInitialize": self._gateways,
            "transactionInitialize": self._initialize,
            "transactionProcess": self._process,
            "checkoutComplete": self._complete,
            "transactionRequestAction": self._request_action,
        }

    # Queries

    def _app(self, info: Info, **arguments: Any) -> View | None:
        requestor = require_known(info)
        wanted = arguments.get("id")
        if requestor.app is not None and wanted in (None, requestor.app.id):
            return app_view(requestor.app)
        require(info, "MANAGE_APPS")
        return next((app_view(app) for app in self._apps.live() if app.id == wanted), None)

    def _transaction(self, info: Info, **arguments: Any) -> View | None:
        require(info, "HANDLE_PAYMENTS")
        transaction = self._shop.transaction(arguments.get("id") or arguments.get("token") or "")
        return None if transaction is None else self._views.transaction(transaction)

    def _checkout(self, _info: Info, **arguments: Any) -> View | None:
        source = self._shop.source(arguments.get("id") or global_id("Checkout", arguments.get("token")))
        return self._views.source(source) if isinstance(source, Checkout) else None

    def _order(self, _info: Info, **arguments: Any) -> View | None:
        source = self._shop.source(arguments.get("id") or "")
        return self._views.source(source) if isinstance(source, Order) else None

    def _shop_view(self, _info: Info) -> View:
        def version(info: Info) -> str:
            require_known(info)
            return self._site.full_version

        return {
            "name": "Sandbox",
            "domain": {"host": self._site.domain, "url": f"{self._site.url}/"},
            "version": version,
            "schemaVersion": self._site.version,
        }

    def _channels(self, info: Info) -> list[View]:
        require_known(info)
        return [channel_view(channel) for channel in self._shop.channels()]

    def _channel(self, _info: Info, **arguments: Any) -> View | None:
        wanted = (arguments.get("id"), arguments.get("slug"))
        return next((channel_view(c) for c in self._shop.channels() if c.id in wanted or c.slug in wanted), None)

    # What an app may do

    def _report(self, info: Info, **arguments: Any) -> View:
        outcome = "recorded"
        try:
            booked = report(self._shop, self._writer, info.context, arguments)
            outcome = "alreadyProcessed" if booked.already else "recorded"
        except Refused as refused:
            outcome = refused.view["code"]
            return _errors(refused)
        except PermissionDenied:
            outcome = "PermissionDenied"
            raise
        finally:
            self.reports.append(Report(arguments, outcome))
        return {
            "alreadyProcessed": booked.already,
            "transaction": self._views.transaction(booked.transaction),
            "transactionEvent": self._views.event(booked.event, booked.transaction.currency),
            "errors": [],
        }

    def _update(self, info: Info, **arguments: Any) -> View:
        try:
            transaction = update(self._shop, self._writer, info.context, arguments)
        except Refused as refused:
            return _errors(refused)
        return {"transaction": self._views.transaction(transaction), "errors": []}

    def _problem(self, info: Info, input: View) -> View:  # noqa: A002 - the API's own name
        app = _own_app(info)
        key, message = input["key"].strip(), input["message"].strip()
        if not 3 <= len(key) <= 128:
            return _errors(Refused("key", "INVALID", "Between 3 and 128 characters are expected."))
        if len(message) < 3:
            return _errors(Refused("message", "INVALID", "At least 3 characters are expected."))
        period, threshold = input.get("aggregationPeriod"), input.get("criticalThreshold")
        problem = self._apps.raise_problem(app.number, key, message[:2048], 60 if period is None else period, threshold)
        return {"appProblem": problem_view(problem), "errors": []}

    def _dismiss(self, info: Info, input: View) -> View:  # noqa: A002 - the API's own name
        app = _own_app(info)
        given = input.get("byApp") or {}
        self._apps.dismiss_problems(app.number, set(given.get("keys") or ()), set(given.get("ids") or ()))
        return {"errors": []}

    def _create_webhook(self, info: Info, input: View) -> View:  # noqa: A002 - the API's own name
        app = _own_app(info)
        return _webhook(lambda: saleor_hooks.create(self._apps, self._site, app, input))

    def _update_webhook(self, info: Info, id: str, input: View) -> View:  # noqa: A002 - the API's own names
        app = _own_app(info)
        return _webhook(lambda: saleor_hooks.update(self._apps, self._site, app, id, input))

    def _delete_webhook(self, info: Info, id: str) -> View:  # noqa: A002 - the API's own name
        app = _own_app(info)
        return _webhook(lambda: saleor_hooks.delete(self._apps, app, id))

    # What a storefront may do

    def _gateways(self, info: Info, **arguments: Any) -> View:
        gateways = arguments.get("paymentGateways")
        if gateways is None:
            gateways = [{"id": app.identifier} for app in self._apps.live()]
        try:
            configs = [
                self._sessions.gateway(
                    arguments["id"],
                    gateway["id"],
                    Ask(gateway.get("data"), arguments.get("amount"), requestor=info.context),
                )
                for gateway in gateways
            ]
        except Refused as refused:
            return _errors(refused)
        return {"gatewayConfigs": configs, "errors": []}

    def _initialize(self, info: Info, **arguments: Any) -> View:
        gateway = arguments["paymentGateway"]
        ask = Ask(
            gateway.get("data"),
            arguments.get("amount"),
            arguments.get("idempotencyKey"),
            arguments.get("action"),
            _ip(info, arguments),
            info.context,
        )
        return self._session(lambda: self._sessions.initialize(arguments["id"], gateway["id"], ask))

    def _process(self, info: Info, **arguments: Any) -> View:
        ask = Ask(arguments.get("data"), ip=_ip(info, arguments), requestor=info.context)
        return self._session(lambda: self._sessions.process(arguments.get("id") or arguments.get("token") or "", ask))

    def _session(self, call: Callable[[], Result]) -> View:
        try:
            result = call()
        except Refused as refused:
            return _errors(refused)
        if result.transaction is None or result.event is None:
            raise InternalServerError("Internal Server Error")
        return {
            "transaction": self._views.transaction(result.transaction),
            "transactionEvent": self._views.event(result.event, result.transaction.currency),
            "data": result.data,
            "errors": [],
        }

    def _complete(self, _info: Info, **arguments: Any) -> View:
        nothing: View = {"order": None, "confirmationNeeded": False, "confirmationData": None}
        try:
            order = self._shop.complete(arguments.get("id") or "")
        except NotPayable as refused:
            return nothing | _errors(Refused("id", str(refused), "The checkout cannot become an order."))
        return nothing | {"order": self._views.source(order), "errors": []}

    def _request_action(self, info: Info, **arguments: Any) -> View:
        require(info, "HANDLE_PAYMENTS")
        amount: Decimal | None = arguments.get("amount")
        token = arguments.get("id") or arguments.get("token") or ""
        try:
            self._sessions.request_action(token, arguments["actionType"], amount, arguments.get("refundReason") or "")
            transaction = self._sessions.find(token)
        except Refused as refused:
            return _errors(refused)
        return {"transaction": self._views.transaction(transaction), "errors": []}


def _own_app(info: Info) -> App:
    """Gives the app that asks; staff has its own ways, which no app needs."""
    if info.context.app is None:
        raise PermissionDenied("AUTHENTICATED_APP")
    return info.context.app


def _webhook(work: Callable[[], Webhook]) -> View:
    try:
        return {"webhook": webhook_view(work()), "errors": []}
    except Refused as refused:
        return _errors(refused)


def _errors(refused: Refused) -> View:
    return {"errors": [refused.view]}


def _ip(info: Info, arguments: View) -> str:
    """Gives the buyer's address: the request's own, unless an app that handles payments names another."""
    given = arguments.get("customerIpAddress")
    if given is None:
        return "127.0.0.1"
    require(info, "HANDLE_PAYMENTS")
    return str(given)
