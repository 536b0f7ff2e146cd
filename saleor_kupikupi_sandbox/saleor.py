"""A mini Saleor: the shop's side of a payment app, over real HTTP, as a real Saleor of a version was seen to behave.

Knows how its parts are put together and what a test, a demo or a storefront asks of it. Must not know the app.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Literal

import requests

from saleor_kupikupi_sandbox.saleor_api import Api, Call
from saleor_kupikupi_sandbox.saleor_apps import App, AppRegistry, Requestor, dashboard_claims
from saleor_kupikupi_sandbox.saleor_buyers import Buyer
from saleor_kupikupi_sandbox.saleor_completion import Completion
from saleor_kupikupi_sandbox.saleor_grants import Grants
from saleor_kupikupi_sandbox.saleor_install import Installer, InstallFailed
from saleor_kupikupi_sandbox.saleor_operations import Operations
from saleor_kupikupi_sandbox.saleor_payment_views import PaymentViews
from saleor_kupikupi_sandbox.saleor_records import Channel, Checkout, Event, GrantedRefund, Order, Transaction
from saleor_kupikupi_sandbox.saleor_reports import Report
from saleor_kupikupi_sandbox.saleor_sessions import Ask, Result, Sessions, as_result
from saleor_kupikupi_sandbox.saleor_shop import STAFF, NotPayable, Shop
from saleor_kupikupi_sandbox.saleor_signing import SigningKey
from saleor_kupikupi_sandbox.saleor_site import Site
from saleor_kupikupi_sandbox.saleor_staff import Staff
from saleor_kupikupi_sandbox.saleor_verdicts import Verdicts
from saleor_kupikupi_sandbox.saleor_webhooks import Courier, Delivery
from saleor_kupikupi_sandbox.saleor_writer import WRITE_PAUSE, Writer
from saleor_kupikupi_sandbox.serving import Served, serve

__all__ = ["InstallFailed", "NotPayable", "Result", "Saleor", "SigningKey"]

Amount = Decimal | str | int


class Saleor:
    """One mini Saleor of version 3.21, 3.22 or 3.23; every method may be called from any thread."""

    def __init__(
        self,
        version: str = "3.22",
        session_timeout: float = 18.0,
        retry_delays: Sequence[float] = (10, 20, 40, 80, 160),
        clock: Callable[[], float] = time.time,
        key: SigningKey | None = None,
        write_pause: float = WRITE_PAUSE,
    ) -> None:
        self.site = Site(version, clock, key)
        self._apps = AppRegistry(self.site.now)
        self._completion = Completion(self.checkout_complete)
        self._shop = Shop(self.site.now, self._completion.begin)
        self._grants = Grants(self.site.now)
        self.staff = Staff(self.site, self._apps, self._shop, self._grants)
        self._views = PaymentViews(self._shop, self._apps)
        self._courier = Courier(self.site, session_timeout, retry_delays)
        self.writer = Writer(self._shop, write_pause)
        verdicts = Verdicts(self.site, self._shop, self.writer)
        self._sessions = Sessions(self.site, self._shop, self._apps, self._views, self._courier, verdicts)
        self._operations = Operations(self.site, self._shop, self._apps, self._views, self._sessions, self.writer)
        self._installer = Installer(self.site, self._apps, self._courier, session_timeout)
        self._api = Api(self.site, self._apps, self._operations)
        self._served: Served | None = None

    def start(self, port: int = 0) -> None:
        """Serves `/graphql/` and the JWKS on loopback; port 0 takes a free one."""
        self._served = serve(self._api.app, port=port)
        self.site.url = self._served.url

    def stop(self) -> None:
        """Stops serving, and gives up retries and completions that wait."""
        self.clear()
        self.writer.close()
        self._courier.close()
        self._completion.stop()
        if self._served is not None:
            self._served.stop()

    @property
    def url(self) -> str:
        """Is the address without a path."""
        return self.site.url

    @property
    def api_url(self) -> str:
        """Is what apps know this Saleor by."""
        return self.site.api_url

    @property
    def version(self) -> str:
        """Is the version as `Saleor-Schema-Version` says it."""
        return self.site.version

    def upgrade(self, version: str) -> None:
        """Becomes another version; what is installed stays as it was installed."""
        self.site.become(version)

    def rotate_key(self) -> SigningKey:
        """Signs with a new key from now on; the old one is gone from the JWKS, and returned."""
        old, self.site.key = self.site.key, SigningKey()
        return old

    def install(self, manifest_url: str) -> App:
        """Installs an app from its manifest; raises InstallFailed with what staff would read."""
        return self._installer.install(manifest_url)

    def uninstall(self, app: App) -> None:
        """Removes an app; 3.23 tells it in the background."""
        self._installer.uninstall(app)

    def deactivate(self, app: App) -> None:
        """Switches an app off: its token is nobody's, it gets no webhooks."""
        self._apps.change(app.number, is_active=False)

    def activate(self, app: App) -> None:
        """Switches an app on again."""
        self._apps.change(app.number, is_active=True)

    def app(self, app: App) -> App:
        """Gives an app as it is now, with its problems."""
        return self._apps.by_number(app.number) or app

    @property
    def apps(self) -> list[App]:
        """Lists the apps that are installed, active or not."""
        return self._apps.all_installed()

    def bridge_token(self, app: App, **claims: Any) -> str:
        """Makes the token the Dashboard gives an app's page; claims replace or add, None removes."""
        issued = int(self.site.now().timestamp())
        made = dashboard_claims(app, STAFF, self.api_url, issued) | claims
        return self.site.key.token({name: value for name, value in made.items() if value is not None})

    def channel(
        self,
        slug: str = "rub",
        currency: str = "RUB",
        automatic_completion: bool = False,
        completion_delay: float = 1.0,
        flow: str = "CHARGE",
        **shown: Any,
    ) -> Channel:
        """Adds or changes a channel; `flow` may be AUTHORIZATION, `shown` are its name and is_active."""
        return self._shop.add_channel(Channel(0, slug, currency, automatic_completion, completion_delay, flow, **shown))

    def create_checkout(self, channel: str = "rub", total: str | Decimal = "1234.50", **buyer: Any) -> Checkout:
        """Makes a checkout; `buyer` is phone, shipping_phone, email, user, language, address (see `Buyer`)."""
        return self._shop.create_checkout(channel, total, Buyer(**buyer))

    def create_order(self, channel: str = "rub", total: str | Decimal = "1234.50", **buyer: Any) -> Order:
        """Makes an unpaid order; the same arguments."""
        return self._shop.create_order(channel, total, Buyer(**buyer))

    def change_total(self, checkout_id: str, total: str | Decimal) -> Checkout:
        """Makes a basket dearer or cheaper while it is being paid."""
        return self._shop.change_total(checkout_id, total)

    def checkout(self, id_: str) -> Checkout:
        """Gives a checkout as it is now; raises LookupError once it became an order."""
        return self._shop.checkout(id_)

    def order(self, id_: str) -> Order:
        """Gives an order as it is now; raises LookupError."""
        return self._shop.order(id_)

    def order_from(self, checkout_id: str) -> Order | None:
        """Gives the order that a checkout became."""
        return self._shop.order_from(checkout_id)

    @property
    def orders(self) -> list[Order]:
        """Lists all orders, oldest first."""
        return self._shop.orders()

    def transaction(self, id_or_token: str) -> Transaction:
        """Gives a transaction as it is now; raises LookupError."""
        return self._shop.known(id_or_token)

    def transactions(self, source_id: str) -> list[Transaction]:
        """Lists what was opened to pay for a checkout or an order."""
        return self._shop.transactions_of(source_id)

    def lose_charge(self, id_or_token: str) -> None:
        """Undoes a transaction's sums as somebody's stale write does: its events stand. Raises LookupError."""
        self.writer.lose_charge(id_or_token)

    def forget(self, id_or_token: str, *event_types: str) -> None:
        """Loses events, or a whole transaction, as the restore of an older backup does."""
        self.writer.forget(id_or_token, event_types)

    def token_for(self, email: str) -> str:
        """Logs a buyer (or `admin@example.com`) in: the token for `Authorization: Bearer`."""
        return self._api.token_for(self._shop.user(email))

    def gateway_initialize(
        self, source_id: str, gateway_id: str, amount: Amount | None = None, data: Any = None
    ) -> dict[str, Any]:
        """Does paymentGatewayInitialize for one gateway; gives its `gatewayConfigs` entry."""
        return self._sessions.gateway(source_id, gateway_id, self._ask(source_id, data, amount))

    def transaction_initialize(
        self,
        source_id: str,
        gateway_id: str,
        amount: Amount | None = None,
        data: Any = None,
        idempotency_key: str | None = None,
        action: str | None = None,
    ) -> Result:
        """Does transactionInitialize, as the checkout's user where it has one."""
        ask = replace(self._ask(source_id, data, amount), key=idempotency_key, action=action)
        if action is not None:  # only an app may choose it; the storefront's backend would hold a token
            ask = replace(ask, requestor=Requestor(app=self._apps.by_identifier(gateway_id)))
        return as_result(lambda: self._sessions.initialize(source_id, gateway_id, ask))

    def transaction_process(self, transaction_id: str, data: Any = None) -> Result:
        """Does transactionProcess, by global id or token."""
        found = self._shop.transaction(transaction_id)
        source_id = (found.checkout_id or found.order_id) if found else None
        return as_result(lambda: self._sessions.process(transaction_id, self._ask(source_id or "", data, None)))

    def checkout_complete(self, checkout_id: str) -> Order:
        """Does checkoutComplete; raises NotPayable with Saleor's error code."""
        return self._shop.complete(checkout_id)

    def request_action(
        self,
        transaction_id: str,
        action: Literal["CHARGE", "CANCEL", "REFUND"],
        amount: Amount | None = None,
        wait: bool = True,
        granted_refund: GrantedRefund | None = None,
    ) -> Event:
        """Does transactionRequestAction as staff; gives what became of it, or the bare request without waiting.

        With a granted refund it is transactionRequestRefundForGrantedRefund.
        """
        if granted_refund is not None:
            granted_refund = self._grants.assign(granted_refund, self.transaction(transaction_id))
        request, outcome = self._sessions.request_action(
            transaction_id, action, _decimal(amount), granted=granted_refund
        )
        return outcome.result() if wait else request

    def _ask(self, source_id: str, data: Any, amount: Amount | None) -> Ask:
        source = self._shop.source(source_id)
        return Ask(data, _decimal(amount), requestor=Requestor(user=source.user if source else None))

    @property
    def reports(self) -> list[Report]:
        """Lists every transactionEventReport that was executed, in order, with its outcome."""
        return list(self._operations.reports)

    @property
    def graphql_calls(self) -> list[Call]:
        """Lists every GraphQL request that came, in order."""
        return list(self._api.calls)

    @property
    def deliveries(self) -> list[Delivery]:
        """Lists every webhook that was sent, in order."""
        return list(self._courier.deliveries)

    def last_webhook(self, event: str) -> tuple[Mapping[str, str], bytes, str, bytes | None]:
        """Gives headers, body, signature and answer of the last webhook of an event; raises LookupError."""
        last = self._courier.last(event)
        return last.headers, last.body, last.signature, last.answer

    def send_webhook(self, app: App, event_name: str, body: bytes | None, **signed: Any) -> requests.Response:
        """Posts any body to an app's webhook, signed with this Saleor's `key` or another; `headers` replace or add."""
        for hook in app.webhooks:
            if event_name.upper() in hook.events:
                return self._courier.post(app, hook, event_name, body or b"", **signed)
        raise LookupError(f"The app has no webhook for this event: {event_name}")

    def down(self, times: int | None = None, how: str = "drop") -> None:
        """Fails GraphQL requests, all until `clear` or the next few: `drop`, `500`, `html`, `garbled` or `lost`.

        `lost` does what is asked and drops the answer. While every connection drops, the JWKS is away too.
        """
        self._api.faults.fail(how, math.inf if times is None else times)

    def slow(self, seconds: float) -> None:
        """Lets every GraphQL request wait."""
        self._api.faults.delay = seconds

    def deny(self, denied: bool = True) -> None:
        """Takes every app's permissions away, or gives them back."""
        self._api.faults.denied = denied

    def clear(self) -> None:
        """Ends all faults."""
        self._api.faults.clear()


def _decimal(amount: Amount | None) -> Decimal | None:
    return None if amount is None else Decimal(amount)
