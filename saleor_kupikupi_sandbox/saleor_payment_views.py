"""Knows how checkouts, orders, transactions and their events look through GraphQL, linked to each other.

Each is a dict; a linked object is made when it is asked for. Must not know operations or HTTP.
"""

from collections.abc import Callable
from dataclasses import asdict
from decimal import Decimal

from graphql import GraphQLError

from saleor_kupikupi_sandbox.saleor_apps import AppRegistry
from saleor_kupikupi_sandbox.saleor_grants import events_of, status_of
from saleor_kupikupi_sandbox.saleor_records import (
    Checkout,
    Event,
    GrantedRefund,
    Order,
    Source,
    Transaction,
    from_global_id,
    global_id,
)
from saleor_kupikupi_sandbox.saleor_shop import Shop
from saleor_kupikupi_sandbox.saleor_views import (
    Info,
    View,
    address_view,
    app_view,
    channel_view,
    metadata_view,
    money,
    require,
    taxed,
    user_view,
)

Resolver = Callable[[Info], View | None]


def _of_nothing(_info: Info) -> None:
    raise GraphQLError("Internal Server Error", extensions={"exception": {"code": "AttributeError"}})


# What a refund request carries that nobody granted: an object around nothing. Its id is one, and names nothing.
HOLLOW_GRANT: View = {
    "__typename": "OrderGrantedRefund",
    "id": global_id("OrderGrantedRefund", None),
    "transactionEvents": _of_nothing,
    "transaction": _of_nothing,
}


class PaymentViews:
    """Makes the views of one Saleor's payments."""

    def __init__(self, shop: Shop, apps: AppRegistry) -> None:
        self._shop = shop
        self._apps = apps

    def source(self, source: Source | None) -> View | None:
        """Shows a checkout or an order."""
        if isinstance(source, Checkout):
            return self._source(source) | self._checkout(source)
        if isinstance(source, Order):
            return self._source(source) | self._order(source)
        return None

    def _source(self, source: Source) -> View:
        def user(info: Info) -> View | None:
            if source.user is not None and info.context.user != source.user:
                require(info, "HANDLE_PAYMENTS")
            return user_view(source.user)

        def transactions(info: Info) -> list[View]:
            require(info, "HANDLE_PAYMENTS")
            return [self.transaction(transaction) for transaction in self._shop.transactions_of(source.id)]

        paid = sum((t.sums.charged + t.sums.charge_pending for t in self._shop.transactions_of(source.id)), Decimal(0))
        return {
            "__typename": type(source).__name__,
            "id": source.id,
            "token": source.token,
            **metadata_view(()),
            "created": source.created,
            "updatedAt": source.created,
            "user": user,
            "channel": channel_view(source.channel),
            "billingAddress": address_view(source.billing),
            "shippingAddress": address_view(source.shipping),
            "languageCode": source.language,
            "shippingPrice": taxed(Decimal(0), source.currency),
            "chargeStatus": source.charge_status,
            "authorizeStatus": source.authorize_status,
            "transactions": transactions,
            "totalBalance": money(paid - source.total, source.currency),
        }

    def _line(self, source: Source) -> View:
        price = taxed(source.total, source.currency)
        product = {"id": global_id("Product", 1), "name": "Чайник", "slug": "chainik"}
        variant = {"id": global_id("ProductVariant", 1), "name": "KK-1", "sku": "KK-1", "product": product}
        return {"quantity": 1, "unitPrice": price, "totalPrice": price, "variant": variant}

    def _checkout(self, checkout: Checkout) -> View:
        line = {"id": global_id("CheckoutLine", checkout.line), "requiresShipping": True}
        return {
            "lastChange": checkout.created,
            "email": checkout.email or None,
            "isShippingRequired": True,
            "quantity": 1,
            "lines": [self._line(checkout) | line],
            "subtotalPrice": taxed(checkout.total, checkout.currency),
            "totalPrice": taxed(checkout.total, checkout.currency),
        }

    def _order(self, order: Order) -> View:
        sums = [transaction.sums for transaction in self._shop.transactions_of(order.id)]
        names = {"productName": "Чайник", "variantName": "KK-1", "productSku": "KK-1"}
        return {
            "status": "UNFULFILLED",
            "number": order.number,
            "isPaid": order.charge_status in ("FULL", "OVERCHARGED"),
            "lines": [self._line(order) | names | {"id": global_id("OrderLine", order.line)}],
            "total": taxed(order.total, order.currency),
            "subtotal": taxed(order.total, order.currency),
            "totalAuthorized": money(sum((each.authorized for each in sums), Decimal(0)), order.currency),
            "totalCharged": money(sum((each.charged for each in sums), Decimal(0)), order.currency),
            "userEmail": order.email or None,
            "languageCode": order.language.lower(),
            "languageCodeEnum": order.language,
            "checkoutId": order.checkout_id,
        }

    def transaction(self, transaction: Transaction) -> View:
        """Shows a transaction; its events come newest first."""
        amounts = {name: money(amount, transaction.currency) for name, amount in asdict(transaction.sums).items()}
        return {
            "__typename": "TransactionItem",
            "id": transaction.id,
            "token": transaction.token,
            **metadata_view(transaction.metadata),
            **self._private(transaction),
            "createdAt": transaction.created_at,
            "modifiedAt": transaction.modified_at,
            "actions": [_action(stored) for stored in transaction.available_actions],
            **{f"{_camel(name)}Amount": amount for name, amount in amounts.items()},
            "name": transaction.name,
            "message": "",
            "pspReference": transaction.psp_reference or "",
            "order": self._linked(transaction.order_id),
            "checkout": self._linked(transaction.checkout_id),
            "events": lambda _info: [self.event(e, transaction.currency) for e in transaction.events[::-1]],
            "createdBy": lambda _info: app_view(self._apps.by_number(transaction.app_number)),
            "externalUrl": transaction.external_url,
            "paymentMethodDetails": dict(transaction.payment_method) if transaction.payment_method else None,
        }

    def _private(self, transaction: Transaction) -> View:
        pairs = transaction.private_metadata

        def listed(info: Info) -> list[View]:
            require(info, "HANDLE_PAYMENTS")
            return [{"key": key, "value": value} for key, value in pairs]

        def by_key(info: Info, key: str) -> str | None:
            require(info, "HANDLE_PAYMENTS")
            return dict(pairs).get(key)

        return {"privateMetadata": listed, "privateMetafield": by_key}

    def _linked(self, source_id: str | None) -> Resolver:
        return lambda _info: self.source(self._shop.source(source_id)) if source_id else None

    def event(self, event: Event, currency: str) -> View:
        """Shows one event of a transaction."""
        return {
            "__typename": "TransactionEvent",
            "id": event.id,
            "createdAt": event.created_at,
            "pspReference": event.psp_reference or "",
            "message": event.message,
            "externalUrl": event.external_url,
            "amount": money(event.amount, currency),
            "type": event.type,
            "createdBy": lambda _info: self._author(event.created_by),
            "idempotencyKey": event.idempotency_key,
        }

    def granted(self, granted: GrantedRefund, transaction: Transaction) -> View:
        """Shows a granted refund beside the transaction that is to give it."""
        return {
            "__typename": "OrderGrantedRefund",
            "id": granted.id,
            "createdAt": granted.created_at,
            "updatedAt": granted.created_at,
            "amount": money(granted.amount, transaction.currency),
            "reason": granted.reason,
            "status": status_of(granted, transaction),
            "transactionEvents": [self.event(e, transaction.currency) for e in events_of(granted, transaction)],
            "transaction": lambda _info: self.transaction(transaction),
        }

    def _author(self, id_: str | None) -> View | None:
        kind, number = from_global_id(id_ or "") or ("", "")
        if kind == "App":
            return app_view(self._apps.by_number(int(number)))
        return user_view(self._shop.user_by_number(int(number))) if kind == "User" else None


def _action(stored: str) -> str | GraphQLError:
    """Shows an action; one that is not spelled as the enum's value is an error, wherever it is selected."""
    if stored.islower():
        return stored.upper()
    return GraphQLError(f'Expected a value of type "TransactionActionEnum" but received: {stored}')


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))
