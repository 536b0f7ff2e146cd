"""What the app, Kupi-Kupi and Saleor said to each other, by payment, in the words of a trace.

Knows what the two stand-ins note down. Must not know what ought to have been said.
"""

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from saleor_kupikupi_sandbox.kupikupi import Call, Delivery, Kupikupi
from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_api import Call as Question
from saleor_kupikupi_sandbox.saleor_reports import Report
from saleor_kupikupi_sandbox.saleor_webhooks import Delivery as Webhook

Said = Call | Delivery | Question | Report | Webhook


@dataclass(frozen=True)
class Line:
    """One thing that was said, at a time of the monotonic clock; `whom` may be nobody."""

    at: float
    who: str
    whom: str
    text: str


class Traffic:
    """Everything that the stand-ins noted, each thing with the time at which it was first seen."""

    def __init__(self, provider: Kupikupi, saleor: Saleor) -> None:
        self._provider = provider
        self._saleor = saleor
        self._lines: dict[str, list[Line]] = {}
        self._seen: dict[int, Said] = {}  # by identity: two equal notifications are two
        self._lock = threading.Lock()

    def look(self) -> None:
        """Takes up what is new; called often, so that the times are right to a few hundredths of a second."""
        with self._lock:
            for what in self._everything():
                if id(what) not in self._seen:
                    self._seen[id(what)] = what
                    self._lines.setdefault(_reference(what), []).append(Line(time.monotonic(), *_words(what)))

    def of(self, reference: str) -> list[Line]:
        """Lists what was said about one payment."""
        return list(self._lines.get(reference, []))

    def _everything(self) -> Iterator[Said]:
        """Lists what was noted so far; of what is new at one time, first what leads to the other."""
        for question in self._saleor.graphql_calls:
            if question.app_id and question.query.lstrip().startswith("query"):
                yield question
        for transfer in self._provider.transfers():
            yield from list(transfer.notifications)
        for call in self._provider.calls():
            if call.answer is not None:  # else it is under way
                yield call
        yield from self._saleor.deliveries
        yield from self._saleor.reports


def short(reference: str) -> str:
    """Shortens a reference to what tells it from the others of one demo."""
    return f"{reference[:8]}…"


def roubles(amount: Decimal) -> str:
    """Writes an amount with its kopecks."""
    return f"{amount:,.2f} ₽".replace(",", "\N{NO-BREAK SPACE}")


def _reference(what: Said) -> str:
    """Finds the payment that something is about; an empty text where it is about none."""
    match what:
        case Call():
            return str(what.body.get("orderId", ""))
        case Delivery():
            return str(what.sent["orderId"])
        case Question():
            return str((what.variables or {}).get("token", ""))
        case Report():
            return str(what.input.get("token", ""))
        case Webhook():
            return str((_object(what.body).get("transaction") or {}).get("token", ""))


def _words(what: Said) -> tuple[str, str, str]:
    match what:
        case Call():
            return "app", "Kupi-Kupi", _of_call(what)
        case Delivery():
            return "Kupi-Kupi", "app", _of_notification(what)
        case Question():
            return "app", "Saleor", "is it still owed?"
        case Report():
            amount = roubles(Decimal(what.input["amount"]))
            return "app", "Saleor", f"transactionEventReport {what.input['type']}, {amount}: {what.outcome}"
        case Webhook():
            result = _object(what.answer or b"").get("result") or f"status {what.status}"
            return "app", "Saleor", f"answers {what.event.upper()}: {result}"


def _of_call(call: Call) -> str:
    answer = call.answer or {}
    asked = f"{call.method}, {call.body['amount']} kopecks" if "amount" in call.body else call.method
    if not answer.get("status"):
        return f"{asked}: refused, {answer.get('message')}"
    if "transferURL" in answer:
        return f"{asked}: accepted, with a form to type a code on"
    return f"{asked}: {answer.get('transferStatus', 'done')}"


def _of_notification(delivery: Delivery) -> str:
    heard = f"answered {delivery.answer.strip()}" if delivery.ok else delivery.error or f"answered {delivery.status}"
    return f"notification {delivery.sent['transferStatus']}: {heard}"


def _object(body: bytes) -> dict[str, Any]:
    try:
        read = json.loads(body or b"null")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}
