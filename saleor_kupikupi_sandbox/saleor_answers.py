"""Knows how Saleor reads an app's answer to a session or action webhook: what is taken, what spoils it.

Pure. Must not know transactions; a readable answer is booked by `saleor_books`.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

DELIVERY_FAILED = "Failed to delivery request."
_ACTIONS = ("CHARGE", "REFUND", "CANCEL")
_NEEDS_REFERENCE = ("SUCCESS", "REQUEST")


class InternalServerError(Exception):
    """Saleor itself breaks on this answer: the storefront gets a top-level GraphQL error."""


class InvalidAnswer(Exception):
    """The answer was not delivered or does not fit Saleor's schema; the text becomes the failure event's message."""


@dataclass(frozen=True)
class Answer:
    """An app's answer after validation; `result` None is the asynchronous form (actions only).

    `actions` are as Saleor stores them: in lower case, but for the asynchronous form's from 3.22 on.
    """

    result: str | None
    psp_reference: str | None
    amount: Decimal | None = None
    time: datetime | None = None
    message: str = ""
    external_url: str = ""
    actions: tuple[str, ...] | None = None
    payment_method: tuple[tuple[str, Any], ...] | None = None


def session_results(version: str) -> frozenset[str]:
    """Lists the results a session may be answered with."""
    kinds = ("SUCCESS", "FAILURE", "REQUEST", "ACTION_REQUIRED")
    known = {f"{flow}_{kind}" for flow in ("AUTHORIZATION", "CHARGE") for kind in kinds}
    return frozenset(known | {"CANCEL_SUCCESS"} if version >= "3.23" else known)


def cut(message: str) -> str:
    """Shortens a message to the 512 characters Saleor stores."""
    return message if len(message) <= 512 else message[:509] + "..."


def read_session_answer(body: Any, version: str) -> Answer:
    """Reads the answer to initialize or process; raises InvalidAnswer or InternalServerError."""
    _require_object(body)
    result = body.get("result")
    if result is None:
        raise InvalidAnswer("Missing value for field: result.")
    if result not in session_results(version):
        raise InvalidAnswer(f"Incorrect value ({result}) for field: result.")
    method = _payment_method(body.get("paymentMethodDetails"), version) if version >= "3.22" else None
    required = result.endswith(_NEEDS_REFERENCE) and result != "CANCEL_SUCCESS"
    return _read_event(body, result, _reference(body, version, required=required), method)


def read_action_answer(body: Any, action: str, version: str) -> Answer:
    """Reads the answer to a charge, cancel or refund request; the same errors.

    An object without `result` is the asynchronous form: only pspReference and actions count.
    """
    _require_object(body)
    result = body.get("result")
    if result is None:
        sent = _sent_actions(body.get("actions"))
        actions = sent if version >= "3.22" else _lowered(sent)
        return Answer(None, _reference(body, version, required=True), actions=actions)
    if result not in (f"{action}_SUCCESS", f"{action}_FAILURE"):
        raise InvalidAnswer(f"Incorrect value ({result}) for field: result.")
    return _read_event(body, result, _reference(body, version, required=result.endswith("_SUCCESS")), None)


def _require_object(body: Any) -> None:
    if body is None:
        raise InvalidAnswer(DELIVERY_FAILED)
    if not isinstance(body, dict):
        raise InternalServerError("Internal Server Error")


def _read_event(
    body: dict[str, Any], result: str, reference: str | None, method: tuple[tuple[str, Any], ...] | None
) -> Answer:
    return Answer(
        result=result,
        psp_reference=reference,
        amount=_amount(body.get("amount")),
        time=_time(body.get("time")),
        message=cut(str(body.get("message") or "")),
        external_url=_external_url(body.get("externalUrl")),
        actions=_lowered(_sent_actions(body.get("actions"))),
        payment_method=method,
    )


def _reference(body: dict[str, Any], version: str, *, required: bool) -> str | None:
    value = body.get("pspReference")
    missing = value is None or (value == "" and version < "3.22")
    if missing and required:
        raise InvalidAnswer("Missing value for field: pspReference.")
    if missing:
        return None
    if not isinstance(value, str):
        raise InvalidAnswer("Incorrect value for field: pspReference. A text is expected.")
    if len(value) > 512:
        raise InternalServerError("Internal Server Error")
    return value


def _amount(value: Any) -> Decimal | None:
    if value is None:
        return None
    numeric = isinstance(value, (int, str, Decimal)) and not isinstance(value, bool)
    try:
        amount = Decimal(value if numeric else "none").quantize(Decimal("0.001"))
        amount.as_integer_ratio()  # NaN has none
    except (InvalidOperation, ValueError) as error:
        raise InvalidAnswer("Incorrect value for field: amount. A finite number is expected.") from error
    return amount or None


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidAnswer("Incorrect value for field: time. ISO 8601 is expected.") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def is_url(value: object) -> bool:
    """Says whether a value is an absolute http(s) address."""
    if not isinstance(value, str) or " " in value:
        return False
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def _external_url(value: Any) -> str:
    if value is None:
        return ""
    if not is_url(value):
        raise InvalidAnswer("Incorrect value for field: externalUrl. An absolute address is expected.")
    if len(value) > 200:
        raise InternalServerError("Internal Server Error")
    return str(value)


def _sent_actions(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise InvalidAnswer("Incorrect value for field: actions. A list is expected.")
    return tuple(action for action in _ACTIONS if action in value)


def _lowered(actions: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return actions and tuple(action.lower() for action in actions)


def _payment_method(value: Any, version: str) -> tuple[tuple[str, Any], ...] | None:
    if value is None:
        return None
    kinds = {"OTHER": "Other", "CARD": "Card"} | ({"GIFT_CARD": "GiftCard"} if version >= "3.23" else {})
    if not isinstance(value, dict) or value.get("type") not in kinds or not _is_name(value.get("name")):
        raise InvalidAnswer("Incorrect value for field: paymentMethodDetails.")
    details = {key: item for key, item in value.items() if key != "type"}
    return (("__typename", f"{kinds[value['type']]}PaymentMethodDetails"), *details.items())


def _is_name(value: object) -> bool:
    return isinstance(value, str) and len(value) <= 256
