"""Tells a storefront whether points can pay for a checkout or an order, before anything is begun.

The provider is asked only for the balance, only when the storefront asks, and only about the billing phone of the
checkout itself, against its own total: otherwise anybody could find out anybody's balance by asking again and again.
"""

from collections.abc import Mapping
from typing import Any

import structlog

from saleor_kupikupi.domain.connection import BalanceCheck, Connection, Credentials
from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.money import UnusableAmount, kopecks_of, roubles_text
from saleor_kupikupi.domain.wording import shopper_text
from saleor_kupikupi.flows.choose import Plan, plan
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.kupikupi.client import Declined
from saleor_kupikupi.kupikupi.phones import UnusablePhone, phone_of
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.events import GatewayInitialize
from saleor_kupikupi.store import tries

log = structlog.get_logger()

_REASONS = {"phone_invalid": "phone_missing"}


def offer(parts: Parts, installation: Installation, event: GatewayInitialize) -> dict[str, Any]:
    """Answers PAYMENT_GATEWAY_INITIALIZE_SESSION."""
    found = plan(parts, installation.id, event)
    balance = _balance(parts, found, event) if found.refusal is None else None
    total = _total(event)
    suffices = None if balance is None or total is None else balance >= total
    refusal = found.refusal or ("insufficient_points" if suffices is False else None)
    shown = balance is not None and found.connection is not None and found.connection.show_balance
    log.debug("offered", installation=installation.id, source=event.source.id, reason=refusal)
    return answers.gateway(
        available=refusal is None,
        reason=_REASONS.get(refusal, refusal) if refusal else None,
        message=shopper_text(refusal, event.source.language) if refusal else "",
        environment=found.connection.environment if found.connection else None,
        points_sufficient=suffices,
        points=roubles_text(balance) if shown and balance is not None else None,
    )


def _total(event: GatewayInitialize) -> int | None:
    try:
        return None if event.source.total is None else kopecks_of(event.source.total)
    except UnusableAmount:
        return None


def _balance(parts: Parts, found: Plan, event: GatewayInitialize) -> int | None:
    """Learns the balance in kopecks; None where it may not be asked for, or nobody knows."""
    connection, credentials, total = found.connection, found.credentials, _total(event)
    if connection is None or credentials is None or total is None or not _asked_and_allowed(connection, event):
        return None
    try:
        phone = phone_of(event.source.billing_phone or "")
    except UnusablePhone:
        return None
    with parts.database.write() as tx:
        allowed = tries.may_ask_balance(
            tx, parts.vault, connection.id, phone, total, parts.now(), limit=parts.limits.balance_totals_per_hour
        )
    return _ask(parts, credentials, phone) if allowed else None


def _asked_and_allowed(connection: Connection, event: GatewayInitialize) -> bool:
    asked = isinstance(event.data, Mapping) and event.data.get("checkBalance") is True
    allowed = connection.balance_check is BalanceCheck.EVERYONE or (
        connection.balance_check is BalanceCheck.CUSTOMERS and event.source.has_user
    )
    return asked and allowed


def _ask(parts: Parts, credentials: Credentials, phone: str) -> int | None:
    key = (credentials.id, parts.vault.fingerprint(phone, "phone"))
    remembered = parts.memory.balances.get(key)
    if remembered is not None:
        return remembered
    try:
        answer = parts.kupikupi.balance(credentials, phone, parts.deadline(parts.limits.balance))
    except OutboundError as error:
        log.warning("balance not known", connection=credentials.connection_id, error=str(error))
        return None
    if isinstance(answer, Declined):
        log.info("balance refused", connection=credentials.connection_id, code=answer.code)
        return None
    return parts.memory.balances.put(key, answer.kopecks)
