"""Payments as the journeys begin them, and what can be said and read about them."""

import json
from typing import Any
from uuid import uuid4

import requests
from structlog.typing import EventDict

from saleor_kupikupi.domain.posted import PostedForm
from saleor_kupikupi.store.pages import ListedReport
from tests.world import RICH, UID, Session, World


def open_payment(world: World, **more: Any) -> Session:
    """Opens a payment of a new checkout over 1234.50 roubles."""
    return world.pay(world.saleor.create_checkout(total="1234.50", phone=RICH).id, **more)


def unanswered_payment(world: World, source_id: str | None = None, *, arrived: bool = True, **more: Any) -> Session:
    """Opens a payment whose `init` is never answered, though it may have arrived."""
    world.provider.fault("drop_after" if arrived else "drop_before", "init", times=1)
    return open_payment(world, **more) if source_id is None else world.pay(source_id, **more)


def paid_payment(world: World) -> Session:
    """Opens a payment and pays it."""
    payment = open_payment(world)
    world.paid(payment)
    return payment


def confirmed_payment(world: World) -> Session:
    """Opens a payment whose points move, while Saleor is not told yet."""
    payment = open_payment(world)
    world.type_code(payment)
    return payment


def drawn() -> PostedForm:
    """Gives a form as it was drawn just now and is posted for the first time."""
    return PostedForm(uuid4().hex, "said")


def claim_of(reference: str, **changes: Any) -> bytes:
    """Writes the notification that a code was typed; a field changed to None is left out."""
    said = {"status": True, "transferStatus": "CONFIRMED", "errorCode": "0", "uidPlatform": UID, "orderId": reference}
    return json.dumps({name: value for name, value in (said | changes).items() if value is not None}).encode()


def error_of(response: requests.Response) -> tuple[int, str]:
    """Reads how a request was refused: the status and the word for it."""
    return response.status_code, response.json()["error"]["type"]


def told(world: World, payment: Session) -> list[tuple[str, str]]:
    """Lists what was reported to Saleor about a payment: type and pspReference."""
    return [
        (each.input["type"], each.input["pspReference"])
        for each in world.saleor.reports
        if str(each.input["token"]) == payment.token
    ]


def charge_of(world: World, payment: Session) -> ListedReport:
    """Reads the report of a payment's charge."""
    (found,) = [each for each in world.reports(payment) if each.report.type == "CHARGE_SUCCESS"]
    return found


def alerts(log: list[EventDict]) -> list[str]:
    """Lists what somebody should look at."""
    return [each["event"] for each in log if each["log_level"] == "error"]
