"""Finds the connection that a channel pays through, and whether a payment could begin there at all."""

from collections.abc import Mapping
from dataclasses import dataclass

from saleor_kupikupi.domain.addresses import is_allowed
from saleor_kupikupi.domain.connection import Connection, Credentials
from saleor_kupikupi.domain.money import CURRENCY, UnusableAmount, kopecks_of
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.kupikupi.phones import PhoneMissing, UnusablePhone, chosen_phone
from saleor_kupikupi.saleor.events import GatewayInitialize, SessionEvent
from saleor_kupikupi.store import connections, credentials


@dataclass(frozen=True, slots=True)
class Plan:
    """What a payment would be made of; `amount` is in kopecks, `refusal` our code for why it cannot be made.

    What was found before the refusal is kept, so that a refusal is written down with what is known.
    """

    refusal: str | None
    amount: int = 0
    connection: Connection | None = None
    credentials: Credentials | None = None
    phone: str | None = None
    return_url: str | None = None


def chosen_connection(parts: Parts, installation_id: int, channel: str) -> tuple[Connection, Credentials] | None:
    """Gives the channel's connection with the credentials of its environment, or None where one is missing."""
    key = (installation_id, channel)
    remembered = parts.memory.choices.get(key)
    if remembered is not None:
        return remembered
    with parts.database.read() as tx:
        connection = connections.for_channel(tx, installation_id, channel)
        current = connection and credentials.current(tx, parts.vault, connection.id, connection.environment)
    if connection is None or not isinstance(current, Credentials):
        return None
    return parts.memory.choices.put(key, (connection, current))


def plan(parts: Parts, installation_id: int, event: GatewayInitialize | SessionEvent) -> Plan:
    """Checks currency, amount, channel, phone and return address, in this order, without asking anybody."""
    if _currency(event) != CURRENCY:
        return Plan("currency")
    try:
        amount = kopecks_of(event.amount)
    except UnusableAmount:
        return Plan("amount")
    chosen = chosen_connection(parts, installation_id, event.source.channel)
    if chosen is None:
        return Plan("not_configured", amount)
    connection, current = chosen
    try:
        phone = chosen_phone(event.data, event.source.billing_phone, event.source.shipping_phone)
    except PhoneMissing:
        return Plan("phone_missing", amount, connection, current)
    except UnusablePhone:
        return Plan("phone_invalid", amount, connection, current)
    return_url = _return_url(event)
    if return_url is not None and not is_allowed(return_url, connection.return_urls):
        return Plan("return_url_not_allowed", amount, connection, current)
    return Plan(None, amount, connection, current, phone, str(return_url) if return_url else None)


def _return_url(event: GatewayInitialize | SessionEvent) -> object:
    """Reads where the storefront wants the buyer back; an offer sends nobody anywhere."""
    if isinstance(event, GatewayInitialize) or not isinstance(event.data, Mapping):
        return None
    return event.data.get("returnUrl")


def _currency(event: GatewayInitialize | SessionEvent) -> str:
    return event.currency if isinstance(event, SessionEvent) else event.source.currency
