"""Knows how records without links look through GraphQL: each becomes a dict of fields, and who may see some of them.

Must not know payments (`saleor_payment_views`), operations or HTTP. A resolver's context is the `Requestor`.
"""

from decimal import Decimal
from typing import Any, TypeAlias

from graphql import GraphQLError, GraphQLResolveInfo

from saleor_kupikupi_sandbox.saleor_apps import App, Problem, Requestor, Webhook
from saleor_kupikupi_sandbox.saleor_records import Address, Channel, User, global_id, in_currency

View = dict[str, Any]
Info: TypeAlias = "GraphQLResolveInfo[Requestor]"
SYNC_EVENTS = (
    "PAYMENT_GATEWAY_INITIALIZE_SESSION",
    "TRANSACTION_INITIALIZE_SESSION",
    "TRANSACTION_PROCESS_SESSION",
    "TRANSACTION_CHARGE_REQUESTED",
    "TRANSACTION_CANCELATION_REQUESTED",
    "TRANSACTION_REFUND_REQUESTED",
)


class PermissionDenied(GraphQLError):
    """The requestor may not see or do this; reaches the client as a top-level error with HTTP 200."""

    def __init__(self, *permissions: str) -> None:
        super().__init__(
            f"To access this path, you need one of the following permissions: {', '.join(permissions)}",
            extensions={"exception": {"code": "PermissionDenied"}},
        )


def require(info: Info, permission: str) -> Requestor:
    """Lets a requestor with the permission pass; raises PermissionDenied for others."""
    requestor = info.context
    if not requestor.allows(permission):
        raise PermissionDenied(permission)
    return requestor


def require_known(info: Info) -> Requestor:
    """Lets any app and any staff pass; raises PermissionDenied for buyers and strangers."""
    requestor = info.context
    if requestor.app is None and not requestor.allows("AUTHENTICATED_STAFF_USER"):
        raise PermissionDenied("AUTHENTICATED_STAFF_USER", "AUTHENTICATED_APP")
    return requestor


def money(amount: Decimal, currency: str) -> View:
    """Shows an amount as Saleor does: a float, rounded to the currency."""
    return {"currency": currency, "amount": float(in_currency(amount))}


def taxed(amount: Decimal, currency: str) -> View:
    """Shows a price; the sandbox knows no taxes."""
    shown = money(amount, currency)
    return {"currency": currency, "gross": shown, "net": shown, "tax": money(Decimal(0), currency)}


def metadata_view(pairs: tuple[tuple[str, str], ...], name: str = "metadata", field: str = "metafield") -> View:
    """Shows metadata as a list and by key."""
    return {
        name: [{"key": key, "value": value} for key, value in pairs],
        field: lambda _info, key: dict(pairs).get(key),
    }


def user_view(user: User | None) -> View | None:
    """Shows a customer or member of staff."""
    if user is None:
        return None
    return {
        "__typename": "User",
        "id": user.id,
        "email": user.email,
        "firstName": "",
        "lastName": "",
        "isStaff": user.is_staff,
        "isActive": True,
        "languageCode": "RU",
    }


def app_view(app: App | None) -> View | None:
    """Shows an installed app."""
    if app is None:
        return None
    return {
        "__typename": "App",
        "id": app.id,
        "identifier": app.identifier,
        "permissions": [{"code": code, "name": code} for code in app.permissions],
        "created": app.created,
        "isActive": app.is_active and not app.removed,
        "name": app.name,
        "webhooks": lambda _info: [webhook_view(hook) for hook in app.webhooks],
        "manifestUrl": app.manifest_url,
        "appUrl": app.app_url,
        "version": app.version,
        "author": app.author or None,
        "breakerState": app.breaker,
        "breakerLastStateChange": app.breaker_changed,
        "problems": lambda _info, limit=None: [problem_view(p) for p in app.problems[::-1][:limit]],
    }


def webhook_view(hook: Webhook) -> View:
    """Shows a webhook; what a manifest made has no secret."""
    events = [{"name": name, "eventType": name} for name in hook.events]
    return {
        "id": global_id("Webhook", hook.number),
        "name": hook.name,
        "syncEvents": [event for event in events if event["name"] in SYNC_EVENTS],
        "asyncEvents": [event for event in events if event["name"] not in SYNC_EVENTS],
        "targetUrl": hook.target_url,
        "isActive": hook.is_active,
        "subscriptionQuery": hook.query,
        "customHeaders": dict(hook.custom_headers),
        "identifier": hook.identifier,
    }


def problem_view(problem: Problem) -> View:
    """Shows what an app complains of."""
    return {
        "id": global_id("AppProblem", problem.number),
        "createdAt": problem.created_at,
        "updatedAt": problem.updated_at,
        "count": problem.count,
        "isCritical": problem.threshold is not None and problem.count >= problem.threshold,
        "message": problem.message,
        "key": problem.key,
    }


def channel_view(channel: Channel) -> View:
    """Shows a channel; its checkout settings need a permission that a payment app lacks."""

    def settings(info: Info) -> View:
        require(info, "MANAGE_CHANNELS")
        return {"automaticallyCompleteFullyPaidCheckouts": channel.automatic_completion}

    return {
        "id": channel.id,
        "slug": channel.slug,
        "name": channel.name or channel.slug,
        "isActive": channel.is_active,
        "currencyCode": channel.currency,
        "defaultCountry": {"code": "RU", "country": "Russia"},
        "checkoutSettings": settings,
        "paymentSettings": {"defaultTransactionFlowStrategy": channel.flow},
    }


def address_view(address: Address | None) -> View | None:
    """Shows a billing or shipping address."""
    if address is None:
        return None
    return {
        "id": global_id("Address", address.number),
        "firstName": address.first_name,
        "lastName": address.last_name,
        "companyName": "",
        "streetAddress1": address.street,
        "streetAddress2": "",
        "city": address.city,
        "cityArea": "",
        "postalCode": address.postal_code,
        "country": {"code": address.country, "country": "Russia"},
        "countryArea": address.country_area,
        "phone": address.phone,
    }
