"""Knows what an app may write to a transaction: reported events, its name and actions. Refuses as Saleor does.

Must not know GraphQL's syntax or HTTP; what is booked is the books' affair.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from saleor_kupikupi_sandbox.saleor_answers import cut, is_url
from saleor_kupikupi_sandbox.saleor_apps import App, Requestor
from saleor_kupikupi_sandbox.saleor_books import OTHER_AMOUNT, Booked, Stamp, book_report, deduced_amount
from saleor_kupikupi_sandbox.saleor_records import Event, Transaction, in_currency
from saleor_kupikupi_sandbox.saleor_sessions import Refused
from saleor_kupikupi_sandbox.saleor_shop import Shop
from saleor_kupikupi_sandbox.saleor_views import PermissionDenied
from saleor_kupikupi_sandbox.saleor_writer import Writer

Arguments = Mapping[str, Any]
_METHODS = {"other": "Other", "card": "Card", "giftCard": "GiftCard"}


@dataclass(frozen=True)
class Report:
    """One transactionEventReport as it came, and what became of it.

    The outcome is `recorded`, `alreadyProcessed`, `PermissionDenied`, or the code of the mutation's error.
    """

    input: Arguments
    outcome: str


def owned(shop: Shop, requestor: Requestor, arguments: Arguments) -> tuple[Transaction, App]:
    """Finds the transaction an app names by id or token; raises Refused, or PermissionDenied for another's."""
    app = requestor.app
    if app is None or not app.allows("HANDLE_PAYMENTS"):
        raise PermissionDenied("OWNER", "HANDLE_PAYMENTS")
    names = [arguments[name] for name in ("id", "token") if arguments.get(name)]
    if len(names) != 1:
        raise Refused("id", "GRAPHQL_ERROR", "Exactly one of the arguments is needed: id, token.")
    transaction = shop.transaction(names[0])
    if transaction is None:
        raise Refused("id", "NOT_FOUND", "Couldn't resolve to a transaction.")
    # A reinstalled app is another App with the same identifier, and still owns what it opened before.
    if app.number != transaction.app_number and app.identifier != transaction.app_identifier:
        raise PermissionDenied("OWNER", "HANDLE_PAYMENTS")
    return transaction, app


def report(shop: Shop, writer: Writer, requestor: Requestor, arguments: Arguments) -> Booked:
    """Books a reported event; raises Refused or PermissionDenied. Another amount leaves a failure that never counts."""
    transaction, app = owned(shop, requestor, arguments)
    reference, kind = arguments["pspReference"], arguments["type"]
    amount = arguments.get("amount")
    if amount is None:
        amount = deduced_amount(kind, reference, shop.events())
    if amount is None:
        raise Refused("amount", "REQUIRED", f"The `amount` field is required for {kind} event.")
    _check_text("pspReference", reference, 512)
    external_url = _checked_url(arguments.get("externalUrl"))

    def judge(now: Transaction, stamp: Stamp) -> Booked:
        event = Event(
            number=stamp.number,
            type=kind,
            amount=in_currency(Decimal(amount)),
            created_at=arguments.get("time") or stamp.now,
            psp_reference=reference,
            message=cut(arguments.get("message") or ""),
            external_url=external_url,
            created_by=stamp.by,
        )
        booked = book_report(now, event, stamp)
        if booked.refused is not None:
            return booked
        return _described(booked, arguments)

    booked = writer.book(transaction.token, "transactionEventReport", judge, by=app.id)
    if booked.refused == OTHER_AMOUNT:
        raise Refused("pspReference", "INCORRECT_DETAILS", booked.refused)
    if booked.refused is not None:
        raise Refused("type", "ALREADY_EXISTS", booked.refused)
    return booked


def update(shop: Shop, writer: Writer, requestor: Requestor, arguments: Arguments) -> Transaction:
    """Changes how a transaction is shown: name, link, actions, metadata; all else is written back as it was read.

    Raises Refused, PermissionDenied or IntegrityError.
    """
    transaction, _ = owned(shop, requestor, arguments)
    return writer.overwrite(transaction.token, lambda read: _updated(read, arguments.get("transaction") or {}))


def _updated(transaction: Transaction, given: Arguments) -> Transaction:
    changes: dict[str, Any] = {}
    if given.get("name") is not None:
        changes["name"] = _check_text("name", given["name"], 512)
    if given.get("externalUrl") is not None:
        changes["external_url"] = _checked_url(given["externalUrl"])
    if given.get("availableActions") is not None:
        changes["available_actions"] = _stored(given["availableActions"])
    if given.get("paymentMethodDetails"):
        changes["payment_method"] = _method(given["paymentMethodDetails"])
    changes["metadata"] = _merged(transaction.metadata, given.get("metadata"))
    changes["private_metadata"] = _merged(transaction.private_metadata, given.get("privateMetadata"))
    return replace(transaction, **changes)


def _described(booked: Booked, arguments: Arguments) -> Booked:
    """Applies what a report says besides its event; a repeated report changes only actions and payment method."""
    row = booked.transaction
    changes: dict[str, Any] = {}
    actions = arguments.get("availableActions")
    if actions is not None and not (booked.already and set(_stored(actions)) == set(row.available_actions)):
        changes["available_actions"] = _stored(actions)
    if arguments.get("paymentMethodDetails"):
        changes["payment_method"] = _method(arguments["paymentMethodDetails"])
    if not booked.already:
        # Both are written in any case: a report without any writes back those that were read.
        changes["metadata"] = _merged(row.metadata, arguments.get("transactionMetadata"))
        changes["private_metadata"] = _merged(row.private_metadata, arguments.get("transactionPrivateMetadata"))
    return replace(booked, transaction=replace(row, **changes), columns=(*booked.columns, *changes))


def _stored(actions: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(action.lower() for action in actions))


def _merged(old: tuple[tuple[str, str], ...], new: Iterable[Arguments] | None) -> tuple[tuple[str, str], ...]:
    pairs = {item["key"]: item["value"] for item in new or ()}
    return tuple((dict(old) | pairs).items())


def _method(details: Arguments) -> tuple[tuple[str, Any], ...]:
    given = [(kind, value) for kind, value in details.items() if value is not None]
    if len(given) != 1:
        raise Refused("paymentMethodDetails", "INVALID", "Exactly one payment method is needed.")
    kind, value = given[0]
    _check_text("paymentMethodDetails", value["name"], 256)
    return (("__typename", f"{_METHODS[kind]}PaymentMethodDetails"), *value.items())


def _check_text(field: str, text: str, limit: int) -> str:
    if len(text) > limit:
        raise Refused(field, "INVALID", f"Ensure this value has at most {limit} characters.")
    return text


def _checked_url(url: str | None) -> str:
    if url and not is_url(url):
        raise Refused("externalUrl", "INVALID", "Enter a valid URL.")
    return _check_text("externalUrl", url or "", 200)
