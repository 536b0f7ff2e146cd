"""Knows how the provider answers its five methods over HTTP, rightly or with a fault.

Must not know pages. Plain WSGI, because it stands in the way of every measurement.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final
from wsgiref.types import StartResponse, WSGIEnvironment

from werkzeug.datastructures import EnvironHeaders

from saleor_kupikupi_sandbox import kupikupi_wire as wire
from saleor_kupikupi_sandbox.kupikupi_faults import Faults, Met
from saleor_kupikupi_sandbox.kupikupi_ledger import Ledger, Platform
from saleor_kupikupi_sandbox.kupikupi_notifications import FAILURES, Notifier
from saleor_kupikupi_sandbox.kupikupi_replies import Reply, bent, instead, page, refusal, refuse_on_demand, rendered
from saleor_kupikupi_sandbox.kupikupi_wire import Body, Refusal, Refused, WireFormat
from saleor_kupikupi_sandbox.serving import HangUp

PREFIX: Final = "/api/v1/transfer/"
KEPT_CALLS: Final = 10_000


@dataclass
class Call:
    """One request as it came, and the JSON that answered it (None where a fault answered)."""

    method: str
    raw: bytes
    headers: EnvironHeaders
    body: Body = field(default_factory=dict)
    answer: Body | None = None


class Api:
    """The five methods as a WSGI app; `form_url` makes a form's address from its key."""

    def __init__(
        self,
        ledger: Ledger,
        notifier: Notifier,
        faults: Faults,
        formats: Collection[WireFormat],
        form_url: Callable[[str], str],
    ) -> None:
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._ledger = ledger
        self._notifier = notifier
        self._faults = faults
        self._formats = formats
        self._form_url = form_url
        self._methods: dict[str, Callable[[Platform, Body], Body]] = {
            "balance": self._balance,
            "init": self._init,
            "checkout": self._checkout,
            "confirmation": self._confirmation,
            "receipt": self._receipt,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answers one request and notes it. Raises HangUp where a fault wants the connection dropped."""
        method = environ["PATH_INFO"].removeprefix(PREFIX)
        reply = self._reply(method, environ)
        headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))]
        if reply.location is not None:
            headers.append(("Location", reply.location))
        start_response(reply.status, headers)
        return [reply.body] if reply.drip is None else self._dripping(reply.body, reply.drip)

    def _reply(self, method: str, environ: WSGIEnvironment) -> Reply:
        if method not in self._methods:
            return page("404 Not Found")
        if environ["REQUEST_METHOD"] != "POST":
            return page("405 Method Not Allowed")
        call = Call(method, environ["wsgi.input"].read(), EnvironHeaders(environ))
        self.calls.append(call)
        try:
            call.body = wire.read_body(call.raw)
        except Refused as no:
            return rendered(refusal(no), {})
        order = call.body.get("orderId")
        met = self._faults.take(method, None if order is None else str(order))
        return self._disturbed(call, met) if met else rendered(self._answer(call, met), met)

    def _disturbed(self, call: Call, met: Met) -> Reply:
        """Answers a call that meets faults: some strike before it is carried out, some after."""
        if "drop_before" in met:
            raise HangUp
        early = self._disturbance(met, after=False)
        if early is not None:
            return early
        answer = self._answer(call, met)
        if "notification_forged" in met and answer["status"]:
            self._notifier.forge(self._ledger.find(str(answer["orderId"])))
        if "drop_after" in met:
            raise HangUp
        return self._disturbance(met, after=True) or rendered(bent(answer, met), met)

    def _disturbance(self, met: Met, *, after: bool) -> Reply | None:
        due = {kind: fault for kind, fault in met.items() if bool(fault.detail.get("after")) is after}
        if "latency" in due:
            self._notifier.stopping.wait(due["latency"].number("seconds", 1.0))
        if "held" in due:
            due["held"].wait(self._notifier.stopping)
        return instead(due)

    def _dripping(self, body: bytes, pause: float) -> Iterator[bytes]:
        for position in range(len(body)):
            yield body[position : position + 1]
            if self._notifier.stopping.wait(pause):
                return

    def _answer(self, call: Call, met: Met) -> Body:
        try:
            platform = self._platform(call.body)
            refuse_on_demand(met)
            call.answer = {"status": True, "errorCode": "0", **self._methods[call.method](platform, call.body)}
        except Refused as no:
            call.answer = refusal(no)
        return call.answer

    def _platform(self, body: Body) -> Platform:
        """Finds whose request this is: the platform field's name tells the wire format, and with it the signature."""
        spoken = next((each for each in self._formats if each.platform_field in body), None)
        if spoken is None:
            raise Refused(Refusal.UNKNOWN_PLATFORM)
        known = [each for each in self._ledger.platforms if each.uid == body[spoken.platform_field]]
        for platform in known:
            if wire.is_signed(body, platform.secret, spoken):
                return platform
        raise Refused(Refusal.WRONG_SIGNATURE if known else Refusal.UNKNOWN_PLATFORM)

    def _balance(self, platform: Platform, body: Body) -> Body:
        return {"balance": self._ledger.kopecks_of(platform, wire.phone_of(body)) / 100}

    def _init(self, platform: Platform, body: Body) -> Body:
        phone, order, amount = wire.phone_of(body), wire.order_of(body), wire.amount_of(body)
        transfer = self._ledger.register(platform, phone, order, amount)
        return {
            "paymentId": transfer.payment_id,
            "orderId": transfer.order_id,
            "amount": transfer.amount,
            "transferURL": self._form_url(transfer.form_key),
        }

    def _checkout(self, platform: Platform, body: Body) -> Body:
        order, amount = wire.order_of(body), wire.amount_of(body)
        transfer = self._ledger.look_up(platform, order, amount)
        return {
            "transferStatus": transfer.status,
            "paymentId": transfer.payment_id,
            "orderId": transfer.order_id,
        }

    def _confirmation(self, platform: Platform, body: Body) -> Body:
        phone, code = wire.phone_of(body), wire.code_of(body)
        self._ledger.kopecks_of(platform, phone)
        transfer = self._ledger.pending(platform, phone)
        self._notifier.take_code(transfer, code)
        if transfer.status in FAILURES:
            raise Refused(FAILURES[transfer.status])
        return {}

    def _receipt(self, platform: Platform, body: Body) -> Body:
        self._ledger.kopecks_of(platform, wire.phone_of(body))
        wire.amount_of(body)
        wire.check_receipt(body)
        return {}
