"""Knows what goes out to a caller of the five methods: true answers, refusals, and what a fault puts in their place.

Must not know transfers or how a method is carried out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from saleor_kupikupi_sandbox.kupikupi_faults import Fault, Met
from saleor_kupikupi_sandbox.kupikupi_wire import Body, Refusal, Refused

PAGE: Final = "<!doctype html><title>Купи-Купи</title><h1>Сервис временно недоступен</h1>"
_HTML: Final = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """What goes out; `drip` is the seconds between two bytes."""

    body: bytes
    status: str = "200 OK"
    content_type: str = "application/json"
    location: str | None = None
    drip: float | None = None


def page(status: str, text: str = PAGE) -> Reply:
    """Answers with a web page, as a server does that has no such method or is broken."""
    return Reply(text.encode(), status, _HTML)


def refusal(no: Refused) -> Body:
    """Says no, as JSON with HTTP 200."""
    return {"status": False, "errorCode": no.code, "message": no.message}


def refuse_on_demand(met: Met) -> None:
    """Raises Refused where a fault asks for it: as told, or as the test environment does, which stores no order."""
    if "refuse" in met:
        code, message = Refusal.ON_DEMAND.value
        raise Refused(Refusal.ON_DEMAND, met["refuse"].text("message", message), met["refuse"].text("code", code))
    if "unknown_order" in met:
        raise Refused(Refusal.UNKNOWN_ORDER)


def rendered(answer: Body, met: Met) -> Reply:
    """Writes an answer as JSON; two faults leave it true but slow, or true but larger than anyone should read."""
    body = json.dumps(answer).encode()
    if "huge" in met:
        body = body.ljust(int(met["huge"].number("size", 65_537)))
    return Reply(body, drip=met["drip"].number("seconds", 0.01) if "drip" in met else None)


def bent(answer: Body, met: Met) -> Body:
    """Changes an answer as the faults ask; a refusal stays as it is."""
    if answer["status"] is not True:
        return answer
    changed = {**answer, **(met["rewrite"].detail if "rewrite" in met else {})}
    for kind, (name, default) in _BENT.items():
        if kind in met:
            changed[name] = met[kind].detail.get("value", default)
    left_out = met["omit"].detail if "omit" in met else {}
    return {name: value for name, value in changed.items() if name not in left_out}


# The field that each fault falsifies, and with what unless the fault carries a `value`.
_BENT: Final[dict[str, tuple[str, object]]] = {
    "wrong_order": ("orderId", "another-order"),
    "wrong_amount": ("amount", 1),
    "bad_url": ("transferURL", "javascript:alert(1)"),
    "unknown_status": ("transferStatus", "ON_HOLD"),
}


def instead(due: Met) -> Reply | None:
    """Makes the answer that a fault puts in a method's place."""
    return next((reply(due[kind]) for kind, reply in _INSTEAD.items() if kind in due), None)


def _error_500(fault: Fault) -> Reply:
    return page("500 Internal Server Error", fault.text("text", PAGE))


def _html(fault: Fault) -> Reply:
    return page("200 OK", fault.text("text", PAGE))


def _body(fault: Fault) -> Reply:
    return Reply(fault.text("text", "").encode())


def _redirect(fault: Fault) -> Reply:
    return Reply(b"", "302 Found", location=fault.text("location", "/"))


_INSTEAD: Final = {"error_500": _error_500, "html": _html, "body": _body, "redirect": _redirect}
