"""The trace that a person reads: who said what to whom, when, about which payment.

Knows what the two stand-ins noted, and how to print it. Must not know what ought to have happened.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import click

from saleor_kupikupi_sandbox.kupikupi import Call, Delivery, Kupikupi
from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_reports import Report

WIDEST = len("Kupi-Kupi")


@dataclass(frozen=True)
class Line:
    """One thing that was said, at a time of the monotonic clock."""

    at: float
    who: str
    whom: str
    text: str


class Traffic:
    """What the app, the provider and Saleor said to each other, by reference, in the order it was seen."""

    def __init__(self, provider: Kupikupi, saleor: Saleor) -> None:
        self._provider = provider
        self._saleor = saleor
        self._lines: dict[str, list[Line]] = {}
        self._seen: set[int] = set()
        self._kept: list[object] = []  # an object that is seen stays alive, so its id stays its own
        self._lock = threading.Lock()

    def look(self) -> None:
        """Takes up what is new; called often, so that the times are right to a few milliseconds."""
        with self._lock:
            for reference, what, line in self._everything():
                if id(what) not in self._seen:
                    self._seen.add(id(what))
                    self._kept.append(what)
                    self._lines.setdefault(reference, []).append(Line(time.monotonic(), *line()))

    def of(self, reference: str) -> list[Line]:
        """Lists what was said about one payment."""
        return list(self._lines.get(reference, []))

    def _everything(self) -> Iterator[tuple[str, object, Callable[[], tuple[str, str, str]]]]:
        """Lists what was noted so far, in the order in which one thing leads to the other."""
        for call in self._saleor.graphql_calls:
            if call.app_id and call.query.lstrip().startswith("query") and "token" in (call.variables or {}):
                yield call.variables["token"], call, lambda: ("app", "Saleor", "what is still owed?")
        for transfer in self._provider.transfers():
            for delivery in list(transfer.notifications):
                yield transfer.order_id, delivery, lambda delivery=delivery: _of_notification(delivery)
        for call in self._provider.calls():
            if call.answer is not None and "orderId" in call.body:
                yield str(call.body["orderId"]), call, lambda call=call: _of_call(call)
        for report in self._saleor.reports:
            yield str(report.input.get("token")), report, lambda report=report: _of_report(report)


class Story:
    """One numbered part of the demo: its own lines, and what was said about its payment."""

    def __init__(self, title: str, traffic: Traffic | None = None) -> None:
        self.title = title
        self.reference = ""
        self._traffic = traffic
        self._began = time.monotonic()
        self._lines: list[Line] = []

    def tell(self, who: str, whom: str, text: str) -> None:
        """Adds a line; what was said before it stays before it."""
        if self._traffic is not None:
            self._traffic.look()
        self._lines.append(Line(time.monotonic(), who, whom, text))

    def show(self, number: int) -> None:
        """Prints the part."""
        title = f"{self.title} · reference {short(self.reference)}" if self.reference else self.title
        click.echo()
        click.secho(f"{number:2}  {title}", bold=True)
        said = self._traffic.of(self.reference) if self._traffic is not None else []
        for step, line in enumerate(sorted([*self._lines, *said], key=lambda each: each.at), start=1):
            passed = click.style(f"{step:6} {line.at - self._began:7.2f} s", dim=True)
            arrow = "→" if line.whom else " "
            click.echo(f"{passed}  {line.who:{WIDEST}} {arrow} {line.whom:{WIDEST}}  {line.text}")


def short(reference: str) -> str:
    """Shortens a reference to what tells it from the others of one demo."""
    return f"{reference[:8]}…"


def roubles(amount: Decimal) -> str:
    """Writes an amount with its kopecks."""
    return f"{amount:,.2f} ₽".replace(",", "\N{NO-BREAK SPACE}")


def masked(phone: str) -> str:
    """Writes a phone so that the demo's buyers can be told apart."""
    return f"+7 9•• •••-{phone[-4:-2]}-{phone[-2:]}"


def _of_call(call: Call) -> tuple[str, str, str]:
    answer: dict[str, Any] = dict(call.answer or {})
    asked = f"{call.method}, {call.body['amount']} kopecks" if "amount" in call.body else call.method
    if not answer.get("status"):
        return "app", "Kupi-Kupi", f"{asked}: refused, {answer.get('message')}"
    said = answer.get("transferStatus") or ("accepted, here is the form" if "transferURL" in answer else "done")
    return "app", "Kupi-Kupi", f"{asked}: {said}"


def _of_notification(delivery: Delivery) -> tuple[str, str, str]:
    heard = f"answered {delivery.answer.strip()}" if delivery.ok else delivery.error or f"answered {delivery.status}"
    return "Kupi-Kupi", "app", f"notification {delivery.sent['transferStatus']}: {heard}"


def _of_report(report: Report) -> tuple[str, str, str]:
    said = report.input
    return "app", "Saleor", f"report {said['type']} {roubles(Decimal(said['amount']))}: {report.outcome}"
