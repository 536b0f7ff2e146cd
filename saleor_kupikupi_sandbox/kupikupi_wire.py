"""Knows how the provider's five methods look on the wire: formats, signature, fields, refusals.

Must not know transfers, pages or sockets. Written from the provider's instruction: its section on the token and the
tables of its methods.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Final

Body = dict[str, object]
METHODS: Final = frozenset({"balance", "init", "checkout", "confirmation", "receipt"})


class Refusal(Enum):
    """The provider's refusals. It publishes no catalogue of codes, so the app must not know these numbers."""

    MALFORMED = ("101", "Некорректный запрос")
    UNKNOWN_PLATFORM = ("102", "Платформа не найдена")
    WRONG_SIGNATURE = ("103", "Неверная подпись запроса")
    UNKNOWN_PHONE = ("201", "Пользователь с таким номером не найден")
    REPEATED_ORDER = ("301", "Перевод по этому заказу уже зарегистрирован")
    UNKNOWN_ORDER = ("302", "Заказ не найден")
    WRONG_AMOUNT = ("303", "Сумма не совпадает с суммой заказа")
    NOTHING_PENDING = ("401", "Нет перевода, ожидающего подтверждения")
    WRONG_CODE = ("402", "Неверный код")
    NOT_ENOUGH_POINTS = ("403", "Недостаточно баллов")
    TRANSFER_FAILED = ("404", "Ошибка перевода")
    ON_DEMAND = ("999", "Операция отклонена")


class Refused(Exception):
    """The provider says no: `status` false with a code and a message for the buyer."""

    def __init__(self, why: Refusal, message: str | None = None, code: str | None = None) -> None:
        super().__init__(why.name)
        self.why = why
        self.code = code or why.value[0]
        self.message = message or why.value[1]


@dataclass(frozen=True)
class WireFormat:
    """One of the two spellings the provider has published; nothing else differs between them."""

    name: str
    platform_field: str
    secret_key: str


DOCUMENTED: Final = WireFormat("documented", "uidPlatform", "SecretKey")
PHP_CLIENT: Final = WireFormat("php-client", "platformUid", "secretKey")
WIRE_FORMATS: Final = {each.name: each for each in (DOCUMENTED, PHP_CLIENT)}


def read_body(raw: bytes) -> Body:
    """Reads a request; numbers keep their exact decimal text. Raises Refused."""
    try:
        body = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Refused(Refusal.MALFORMED) from None
    if not isinstance(body, dict):
        raise Refused(Refusal.MALFORMED)
    return body


def token(body: Body, secret: str, wire_format: WireFormat) -> str:
    """Signs every scalar parameter but `token` itself, as the instruction's last section says."""
    signed = {key: value for key, value in body.items() if key != "token" and not isinstance(value, dict | list)}
    signed[wire_format.secret_key] = secret
    text = "".join(_text(signed[key]) for key in sorted(signed))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def is_signed(body: Body, secret: str, wire_format: WireFormat) -> bool:
    """Compares the request's token with its own signature."""
    given = str(body.get("token", "")).encode("utf-8", "surrogatepass")
    return hmac.compare_digest(given, token(body, secret, wire_format).encode())


def _text(value: object) -> str:
    if isinstance(value, bool):  # as the provider's language writes them in a string
        return "1" if value else ""
    return "" if value is None else str(value)


def phone_of(body: Body) -> str:
    """Reads `phone`, a JSON number of 11 digits that starts with 7. Raises Refused."""
    return str(_whole(body, "phone", 70_000_000_000, 79_999_999_999))


def amount_of(body: Body) -> int:
    """Reads `amount` in kopecks, a JSON number of at most 10 digits. Raises Refused."""
    return _whole(body, "amount", 1, 9_999_999_999)


def order_of(body: Body) -> str:
    """Reads `orderId`, at most 36 characters; the provider's own client sends a number too. Raises Refused."""
    order = body.get("orderId")
    if isinstance(order, bool) or not isinstance(order, str | int) or not 1 <= len(str(order)) <= 36:
        raise Refused(Refusal.MALFORMED)
    return str(order)


def code_of(body: Body) -> str:
    """Reads `code`, at most 10 digits; only text can carry a leading zero. Raises Refused."""
    return _digits(body, "code", 10)


def check_receipt(body: Body) -> None:
    """Checks the fields of a fiscal receipt. Raises Refused."""
    for field in ("fn", "fd", "fp"):
        _digits(body, field, 16)
    _digits(body, "receipt_type", 1)
    if "discount" in body:
        _whole(body, "discount", 0, 9_999_999_999)
    paid_at = body.get("pay_date")
    if not isinstance(paid_at, str) or not re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d:\d\d", paid_at):
        raise Refused(Refusal.MALFORMED)
    try:
        datetime.strptime(paid_at, "%d.%m.%Y %H:%M:%S")  # noqa: DTZ007 - the manual names no zone
    except ValueError:
        raise Refused(Refusal.MALFORMED) from None


def _whole(body: Body, field: str, least: int, most: int) -> int:
    value = body.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise Refused(Refusal.MALFORMED)
    return value


def _digits(body: Body, field: str, most: int) -> str:
    value = body.get(field)
    if (
        isinstance(value, bool)
        or not isinstance(value, str | int)
        or not re.fullmatch(rf"[0-9]{{1,{most}}}", str(value))
    ):
        raise Refused(Refusal.MALFORMED)
    return str(value)
