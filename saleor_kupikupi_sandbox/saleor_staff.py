"""What the shop's staff does in Saleor beside asking for a charge, a cancel or a refund.

Knows apps, orders and what was granted. Must not know how an app is told of it.
"""

from decimal import Decimal

from saleor_kupikupi_sandbox.saleor_apps import App, AppRegistry
from saleor_kupikupi_sandbox.saleor_grants import Grants, offers_refund, status_of
from saleor_kupikupi_sandbox.saleor_records import GrantedRefund
from saleor_kupikupi_sandbox.saleor_shop import Shop
from saleor_kupikupi_sandbox.saleor_site import Site


class Staff:
    """A member of staff who may do everything."""

    def __init__(self, site: Site, apps: AppRegistry, shop: Shop, grants: Grants) -> None:
        self._site = site
        self._apps = apps
        self._shop = shop
        self._grants = grants

    def break_circuit(self, app: App, state: str = "OPEN") -> App:
        """Sets the state of the circuit breaker that an app sees: CLOSED, HALF_OPEN or OPEN; webhooks go out anyway."""
        return self._apps.change(app.number, breaker=state, breaker_changed=self._site.now())

    def dismiss_problem(self, app: App, key: str) -> None:
        """Dismisses a problem of an app, as staff does."""
        self._apps.dismiss_problems(app.number, {key}, set())

    def grant_refund(self, order_id: str, amount: Decimal | str | int, reason: str = "") -> GrantedRefund:
        """Promises a refund of an order as staff; no app is asked before `request_action`."""
        return self._grants.add(self._shop.order(order_id).id, Decimal(amount), reason)

    def granted_refunds(self, order_id: str) -> list[tuple[GrantedRefund, str]]:
        """Lists an order's granted refunds, each with its status."""
        found = [(each, self._shop.transaction(each.transaction_token or "")) for each in self._grants.of(order_id)]
        return [(granted, status_of(granted, transaction)) for granted, transaction in found]

    def offers_refund(self, order_id: str) -> bool:
        """Says whether "New refund" can be pressed on an order's page."""
        return offers_refund(self._shop.transactions_of(order_id))
