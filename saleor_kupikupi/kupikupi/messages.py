"""What is written to the provider and read from it, as bytes: the five methods and the notification.

It knows the manual's fields, not how bytes travel. Requests follow the manual to the letter; answers are read
tolerantly, but whatever names another order, another amount or another place than ours is refused.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from saleor_kupikupi.domain.connection import Credentials
from saleor_kupikupi.domain.errors import MalformedMessage
from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.kupikupi.outcomes import Accepted, Balance, Declined, Form, Notification, Observation
from saleor_kupikupi.kupikupi.reading import Fields, Unreadable, decimal, flag, read_object, text, words
from saleor_kupikupi.kupikupi.signing import PLATFORM_FIELDS, sign
from saleor_kupikupi.kupikupi.statuses import state_of

URL_LIMIT = 512
_DIGITS = re.compile(r"[0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A fiscal receipt: `amount` in kopecks, `fn`, `fd` and `fp` its drive, document and sign, at most 16 digits each.

    `paid_at` is the local time that is printed on it.
    """

    phone: str
    amount: int
    fn: str
    fd: str
    fp: str
    paid_at: datetime
    receipt_type: int
    discount: int | None = None


def signed_body(credentials: Credentials, parameters: Mapping[str, int | str]) -> bytes:
    """Writes a request of any method: its parameters, our platform and the token over both."""
    signed = {**parameters, PLATFORM_FIELDS[credentials.wire_format]: credentials.platform_uid}
    token = sign(signed, credentials.secret, credentials.wire_format)
    return json.dumps({**signed, "token": token}, separators=(",", ":")).encode()


def balance_request(credentials: Credentials, phone: str) -> bytes:
    """Writes the question how many points a phone has."""
    return signed_body(credentials, {"phone": int(phone)})


def init_request(credentials: Credentials, phone: str, reference: Reference, amount: int) -> bytes:
    """Writes the request to open a transfer; `amount` is in kopecks."""
    return signed_body(credentials, {"phone": int(phone), "orderId": reference, "amount": amount})


def checkout_request(credentials: Credentials, reference: Reference, amount: int) -> bytes:
    """Writes the question where a transfer stands; `amount` is in kopecks."""
    return signed_body(credentials, {"orderId": reference, "amount": amount})


def confirmation_request(credentials: Credentials, phone: str, code: str) -> bytes:
    """Writes the code that the buyer received; raises ValueError where it is not 1 to 10 digits."""
    return signed_body(credentials, {"phone": int(phone), "code": _number("code", code, 10)})


def receipt_request(credentials: Credentials, receipt: Receipt) -> bytes:
    """Writes a receipt; raises ValueError where a number of it has no digits or too many."""
    parameters: dict[str, int | str] = {
        "phone": int(receipt.phone),
        "amount": receipt.amount,
        "fn": _number("fn", receipt.fn, 16),
        "fd": _number("fd", receipt.fd, 16),
        "fp": _number("fp", receipt.fp, 16),
        "pay_date": receipt.paid_at.strftime("%d.%m.%Y %H:%M:%S"),
        "receipt_type": _number("receipt_type", str(receipt.receipt_type), 1),
    }
    if receipt.discount is not None:
        parameters["discount"] = receipt.discount
    return signed_body(credentials, parameters)


def read_balance(raw: bytes) -> Balance | Declined:
    """Reads the answer to `balance`, which is in points."""
    fields = read_object(raw)
    return _refusal(fields) or Balance(_kopecks(fields))


def read_init(raw: bytes, reference: Reference, amount: int, base_url: str) -> Form | Declined:
    """Reads the answer to `init`; `base_url` is where it was sent, and only from there may a form be without TLS."""
    fields = read_object(raw)
    return _refusal(fields) or _form(fields, reference, amount, base_url)


def read_checkout(
    raw: bytes, reference: Reference, amount: int, payment_id: str | None = None
) -> Observation | Declined:
    """Reads the answer to `checkout` about a transfer of `amount` kopecks; `payment_id` is None where none is known."""
    fields = read_object(raw)
    return _refusal(fields) or _observation(fields, reference, amount, payment_id)


def read_verdict(raw: bytes) -> Accepted | Declined:
    """Reads the answer to a method that answers no more than yes or no."""
    fields = read_object(raw)
    return _refusal(fields) or Accepted(words(fields, "message"))


def read_notification(raw: bytes, content_type: str) -> Notification:
    """Reads a notification, which is JSON whatever its content type says, or a form.

    Raises MalformedMessage.
    """
    try:
        fields = _json_or_form(raw, content_type)
        return Notification(
            reference=text(fields, "orderId"),
            status=text(fields, "transferStatus"),
            platform_uid=_platform(fields),
            success=_success(fields),
        )
    except Unreadable as error:
        raise MalformedMessage("MALFORMED_NOTIFICATION", str(error)) from None


def _number(name: str, digits: str, limit: int) -> int | str:
    """Keeps a leading zero: only as text does it survive."""
    if not _DIGITS.fullmatch(digits) or len(digits) > limit:
        raise ValueError(f"{name} must be 1 to {limit} digits")
    return digits if digits.startswith("0") and digits != "0" else int(digits)


def _refusal(fields: Fields) -> Declined | None:
    accepted, code = flag(fields, "status"), text(fields, "errorCode")
    return None if accepted and code == "0" else Declined(code, words(fields, "message"))


def _kopecks(fields: Fields) -> int:
    kopecks = decimal(fields, "balance") * 100
    if kopecks != int(kopecks):
        raise Unreadable("balance has a fraction of a kopeck")
    return int(kopecks)


def _form(fields: Fields, reference: Reference, amount: int, base_url: str) -> Form:
    _check_echo(fields, reference, amount)
    return Form(text(fields, "paymentId"), _transfer_url(fields, base_url))


def _observation(fields: Fields, reference: Reference, amount: int, known: str | None) -> Observation:
    # The manual lists no amount here; a provider that gives one all the same must mean ours.
    _check_echo(fields, reference, amount if fields.get("amount") is not None else None)
    status, payment_id = text(fields, "transferStatus"), text(fields, "paymentId")
    if known not in (None, payment_id):
        raise Unreadable("paymentId is not the one that the transfer was opened with")
    return Observation(state_of(status), status, payment_id)


def _check_echo(fields: Fields, reference: Reference, amount: int | None) -> None:
    if text(fields, "orderId") != reference:
        raise Unreadable("orderId is not the one that was asked for")
    if amount is not None and decimal(fields, "amount") != amount:
        raise Unreadable("amount is not the one that was asked for")


def _transfer_url(fields: Fields, base_url: str) -> str:
    url = text(fields, "transferURL", URL_LIMIT)
    try:
        place, ours = _place(url), _place(base_url)
    except ValueError:
        raise Unreadable("transferURL is no address") from None
    if not place[1] or not (place[0] == "https" or place == ours):
        raise Unreadable("transferURL is not an absolute https address")
    return url


def _place(url: str) -> tuple[str, str, int | None]:
    """Splits off scheme, host and port; raises ValueError for what browsers and we could read differently."""
    parts = urlsplit(url)
    if parts.username is not None or " " in url or "\\" in url:
        raise ValueError("not a plain address")
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _json_or_form(raw: bytes, content_type: str) -> Fields:
    try:
        return read_object(raw)
    except Unreadable:
        if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            raise
    try:
        return dict(parse_qsl(raw.decode(), max_num_fields=100))
    except ValueError:
        raise Unreadable("the body is neither JSON nor a form") from None


def _platform(fields: Fields) -> str | None:
    for name in PLATFORM_FIELDS.values():
        if fields.get(name) not in (None, ""):
            return text(fields, name)
    return None


def _success(fields: Fields) -> bool | None:
    try:
        return _refusal(fields) is None
    except Unreadable:
        return None
