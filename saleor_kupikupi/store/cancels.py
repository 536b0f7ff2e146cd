"""The shop's requests to cancel a transfer, each with the pspReference that it is answered under."""

from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.tables import cancel_requests, transfers

_its = cancel_requests.c
_TURN = select(transfers.c.id).where(transfers.c.id == bindparam("id")).with_for_update(key_share=True)
_OF = select(_its.request_event_id, _its.psp_reference).where(_its.transfer_id == bindparam("id")).order_by(_its.id)
_WAITING = _OF.where(_its.settled_at.is_(None))
_ASK = insert(cancel_requests)
_SETTLE = update(cancel_requests).where(_its.transfer_id == bindparam("of"), _its.settled_at.is_(None))


def ask(tx: Tx, transfer: Transfer, request_event_id: str | None, at: datetime) -> str:
    """Writes down a request and gives the pspReference of its answer: the same for the same request's event.

    The first request of a transfer is answered under `R:cancel`, each further one under a name of its own.
    """
    tx.execute(_TURN, {"id": transfer.id})  # two requests at once would both be the first
    known = tx.execute(_OF, {"id": transfer.id}).all()
    for row in known:
        if request_event_id is not None and row.request_event_id == request_event_id:
            return str(row.psp_reference)
    repeat_of = (request_event_id or str(len(known) + 1)) if known else None
    psp_reference = identifiers.cancel(transfer.reference, repeat_of)
    tx.execute(
        _ASK,
        {
            "transfer_id": transfer.id,
            "request_event_id": request_event_id,
            "psp_reference": psp_reference,
            "asked_at": at,
        },
    )
    return psp_reference


def waiting(tx: Tx, transfer_id: int) -> list[str]:
    """Lists the pspReferences of the requests that have no answer yet, the first one first."""
    return [row.psp_reference for row in tx.execute(_WAITING, {"id": transfer_id})]


def settle(tx: Tx, transfer_id: int, at: datetime) -> None:
    """Notes that the answers to all requests are given or owed."""
    tx.execute(_SETTLE, {"of": transfer_id, "settled_at": at})
