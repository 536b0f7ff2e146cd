"""What Saleor is answered: dicts ready to be written as JSON. It must not know why an answer is chosen.

A success goes under R, the transfer's reference. A failure in a session answer carries no pspReference, so that the
transaction keeps R; an answer to a charge, cancel or refund request carries one of its own. `externalUrl` is never
sent: Saleor's column for it holds 200 characters and is not checked before it overflows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from saleor_kupikupi.domain.money import roubles_of
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.domain.wording import LABEL

Answer = dict[str, Any]
ActionOutcome = Literal["CHARGE_FAILURE", "CANCEL_SUCCESS", "CANCEL_FAILURE", "REFUND_FAILURE"]

METHOD_NAME = "Kupi-Kupi"
LONGEST_MESSAGE = 512


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the storefront shows to the shopper."""

    code: str
    message: str


def gateway(
    available: bool,
    reason: str | None,
    message: str,
    environment: str | None,
    points_sufficient: bool | None,
    points: str | None = None,
) -> Answer:
    """Tells a storefront whether to offer points, and why not.

    `points` is the buyer's balance as people read it, given only where the shop wants it shown.
    """
    data = {
        "available": available,
        "reason": reason,
        "message": message,
        "label": LABEL,
        "environment": environment,
        "pointsSufficient": points_sufficient,
    }
    return {"data": data if points is None else {**data, "points": points}}


def action_required(
    transfer: Transfer,
    at: datetime,
    message: str,
    status: str,
    retry_after: int | None = None,
    errors: Sequence[Problem] = (),
) -> Answer:
    """Sends the buyer to the form, or asks the storefront to come again after `retry_after` seconds.

    A withdrawn transfer's form is not given away any more.
    """
    data: Answer = {
        **_way_back(transfer),
        "transferURL": None if transfer.withdrawn else transfer.transfer_url,
        "orderId": transfer.reference,
        "paymentId": transfer.payment_id,
        "status": status,
    }
    if retry_after is not None:
        data["retryAfter"] = retry_after
    if errors:
        data["errors"] = _listed(errors)
    return _session("CHARGE_ACTION_REQUIRED", at, message) | {
        "pspReference": transfer.reference,
        "amount": number_of(transfer.amount),
        "data": data,
    }


def success(transfer: Transfer, at: datetime, message: str, actions: Sequence[str] = ()) -> Answer:
    """Says that the points moved; `actions` is what Saleor's staff may ask for afterwards."""
    answer = _session("CHARGE_SUCCESS", at, message) | {
        "pspReference": transfer.reference,
        "amount": number_of(transfer.amount),
        "actions": list(actions),
    }
    way_back = _way_back(transfer)
    return {**answer, "data": way_back} if way_back else answer


def failure(transfer: Transfer, at: datetime, message: str, errors: Sequence[Problem]) -> Answer:
    """Ends the session with a failure; where the transfer has no amount, Saleor takes the one that it asked for."""
    data = {**_way_back(transfer), "errors": _listed(errors)}
    answer = _session("CHARGE_FAILURE", at, message) | {"data": data}
    return {**answer, "amount": number_of(transfer.amount)} if transfer.amount else answer


def action_result(
    result: ActionOutcome,
    psp_reference: str,
    at: datetime,
    message: str,
    amount: int | None = None,
    actions: Sequence[str] | None = (),
) -> Answer:
    """Answers a charge, cancel or refund request; `amount` is in kopecks and 0 for every cancel.

    The amount of a cancel would add to the transaction's canceled sum, though nothing was ever held. `actions` is what
    staff may ask for from then on; None leaves it as it is.
    """
    answer = _session(result, at, message) | {"pspReference": psp_reference}
    if actions is not None:
        answer["actions"] = list(actions)
    if result.startswith("CANCEL"):
        return {**answer, "amount": 0}
    return answer if amount is None else {**answer, "amount": number_of(amount)}


def pending_action(psp_reference: str) -> Answer:
    """Says that a request's outcome will be reported later under this name; Saleor reads no message in it.

    `actions` must not stand here: Saleor 3.22 and 3.23 keep those of such an answer in a form that their own API cannot
    read, and the order's page is not found until others are set. They go with the next report.
    """
    return {"pspReference": psp_reference}


def message_only(text: str) -> Answer:
    """Turns a charge request down and leaves the buyer's session alive, which a modelled failure would end."""
    return {"message": text[:LONGEST_MESSAGE]}


def number_of(kopecks: int) -> float:
    """Writes kopecks as the JSON number of roubles: the nearest float prints as exactly those two places."""
    return float(roubles_of(kopecks))


def moment(at: datetime) -> str:
    """Writes a moment for Saleor; raises ValueError for one without an offset, which it would read in its own zone."""
    if at.tzinfo is None:
        raise ValueError("a time for Saleor needs an offset")
    return at.isoformat()


def _session(result: str, at: datetime, message: str) -> Answer:
    return {
        "result": result,
        "time": moment(at),
        "message": message[:LONGEST_MESSAGE],
        "paymentMethodDetails": {"type": "OTHER", "name": METHOD_NAME},
    }


def _way_back(transfer: Transfer) -> Answer:
    return {"returnUrl": transfer.return_url} if transfer.return_url else {}


def _listed(errors: Sequence[Problem]) -> list[Answer]:
    return [{"code": error.code, "message": error.message} for error in errors]
