"""Knows how the provider tells a shop what became of a transfer, and how long it keeps trying.

Must not know the five methods or the pages. The instruction's section on confirming says: only the shop's OK counts.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import requests

from saleor_kupikupi_sandbox.kupikupi_faults import FORM, NOTIFICATION, Faults, Met
from saleor_kupikupi_sandbox.kupikupi_ledger import CANCELED, CONFIRMED, REJECTED, Delivery, Ledger, Platform, Transfer
from saleor_kupikupi_sandbox.kupikupi_wire import Refusal

Encoding = Literal["json", "form"]
LOST = "lost on the way"
FAILURES: Final = {REJECTED: Refusal.NOT_ENOUGH_POINTS, CANCELED: Refusal.TRANSFER_FAILED}


class Notifier:
    """Sends notifications, each transfer's from a thread of its own. Delays are seconds before each try."""

    def __init__(
        self, ledger: Ledger, faults: Faults, delays: Sequence[float], encoding: Encoding, timeout: float
    ) -> None:
        self._ledger = ledger
        self._faults = faults
        self._delays = tuple(delays)
        self._encoding = encoding
        self._timeout = timeout
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.stopping = threading.Event()

    def stop(self) -> None:
        """Gives up every try that waits, and ends the threads."""
        self.stopping.set()
        with self._lock:
            threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()

    def take_code(self, transfer: Transfer, code: str) -> threading.Event:
        """Takes a typed code and starts telling the shop what came of it. Raises Refused."""
        status = self._ledger.type_code(transfer, code)
        if status is not None:
            return self._announce(transfer, status)
        under_way = threading.Event()
        under_way.set()
        return under_way

    def _announce(self, transfer: Transfer, status: str) -> threading.Event:
        """Starts telling the shop; the event is set once the buyer need not wait: after a first try made at once."""
        buyer_may_go = threading.Event()
        if not self._delays or self._delays[0] > 0:
            buyer_may_go.set()
        thread = threading.Thread(target=self._round, args=(transfer, status, buyer_may_go), daemon=True)
        with self._lock:
            thread.start()
            self._threads = [*(each for each in self._threads if each.is_alive()), thread]
        return buyer_may_go

    def _round(self, transfer: Transfer, status: str, buyer_may_go: threading.Event) -> None:
        acknowledged = False
        try:
            for delay in self._delays:
                if self.stopping.wait(delay):
                    break
                acknowledged = self._try(transfer, status, buyer_may_go)
                if acknowledged:
                    break
                buyer_may_go.set()
        finally:
            self._ledger.settle(transfer, acknowledged=acknowledged)
            buyer_may_go.set()

    def _try(self, transfer: Transfer, status: str, buyer_may_go: threading.Event) -> bool:
        met = self._faults.take(NOTIFICATION, transfer.order_id)
        if "notification_late" in met:
            buyer_may_go.set()
            if self.stopping.wait(met["notification_late"].number("seconds", 2.0)):
                return False
        body = _bent(genuine(transfer, status), met)
        if "notification_lost" in met:
            transfer.notifications.append(Delivery(body, error=LOST))
            return False
        deliveries = [self.send(transfer, body) for _ in range(2 if "notification_doubled" in met else 1)]
        return any(each.ok for each in deliveries) and "notification_ok_lost" not in met

    def forge(self, transfer: Transfer) -> None:
        """Sends the claim of a stranger: CONFIRMED, though nobody typed a code."""
        self.send(transfer, genuine(transfer, CONFIRMED))

    def form_opened(self, transfer: Transfer) -> None:
        """Lets a forged notification out, where one was asked for."""
        if "notification_forged" in self._faults.take(FORM, transfer.order_id):
            self.forge(transfer)

    def send(self, transfer: Transfer, body: Mapping[str, object]) -> Delivery:
        """Sends one notification of a transfer and notes the answer."""
        delivery = self.post(transfer.platform, body)
        transfer.notifications.append(delivery)
        return delivery

    def post(self, platform: Platform, body: Mapping[str, object]) -> Delivery:
        """Sends one notification to a platform's NotificationURL, over a connection of its own."""
        if platform.notification_url is None:
            return Delivery(body, error="the platform has no NotificationURL")
        try:
            with requests.Session() as session:
                session.trust_env = False
                response = session.post(
                    platform.notification_url,
                    json=body if self._encoding == "json" else None,
                    data=_as_form(body) if self._encoding == "form" else None,
                    timeout=self._timeout,
                    allow_redirects=False,
                )
        except requests.RequestException as error:
            return Delivery(body, error=type(error).__name__)
        return Delivery(body, response.status_code, response.text)


def genuine(transfer: Transfer, status: str) -> dict[str, object]:
    """Says what the provider itself would say of a transfer."""
    code, message = FAILURES[status].value if status in FAILURES else ("0", "Перевод подтверждён")
    return {
        "status": status == CONFIRMED,
        "transferStatus": status,
        "errorCode": code,
        "message": message,
        "uidPlatform": transfer.platform.uid,
        "orderId": transfer.order_id,
    }


def _bent(body: dict[str, object], met: Met) -> dict[str, object]:
    if "notification_other_uid" in met:
        body["uidPlatform"] = met["notification_other_uid"].text("value", "another-platform")
    if "unknown_status" in met:
        body["transferStatus"] = met["unknown_status"].text("value", "ON_HOLD")
    return body


def _as_form(body: Mapping[str, object]) -> dict[str, str]:
    """Spells a body as the provider's language spells a form: truth is 1 and 0."""
    return {
        key: str(int(value)) if isinstance(value, bool) else str(value)
        for key, value in body.items()
        if value is not None
    }
