"""Shows staff the refunds that people make: those that wait, those that were answered, and a payment's own.

It changes nothing; what people did is noted by `refund.py`.
"""

from dataclasses import dataclass

from saleor_kupikupi.domain.cabinet import cabinet_link
from saleor_kupikupi.domain.refunds import RefundTask, refundable
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.refund import refund_offered
from saleor_kupikupi.store import connections, refunds, transfers
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.pages import reports_of

_MOST_WAITING = 100
_PAGE = 25

Listed = tuple[RefundTask, Transfer]


@dataclass(frozen=True, slots=True)
class RefundList:
    """A page of refunds: all that wait, the longest first, and some that were answered, the newest first.

    `older` is the id that the next page is below, None on the last one.
    """

    waiting: list[Listed]
    answered: list[Listed]
    older: int | None


@dataclass(frozen=True, slots=True)
class Desk:
    """A payment with its refunds: `left` kopecks can still be returned, `cabinet` is a link or empty.

    `may_offer` tells that Saleor's staff could be given "New refund" for it and were not.
    """

    transfer: Transfer
    refunds: list[RefundTask]
    left: int
    cabinet: str
    may_offer: bool


def list_refunds(parts: Parts, installation_id: int, before_id: int | None = None) -> RefundList:
    """Lists an installation's refunds; further pages hold answered ones alone."""
    with parts.database.read() as tx:
        first = before_id is None
        waiting = refunds.page(tx, installation_id, waiting=True, limit=_MOST_WAITING) if first else []
        answered = refunds.page(tx, installation_id, before_id=before_id, limit=_PAGE + 1)
        of = transfers.several(tx, {task.transfer_id for task in (*waiting, *answered)})
    shown = answered[:_PAGE]
    return RefundList(
        waiting=[(task, of[task.transfer_id]) for task in reversed(waiting)],
        answered=[(task, of[task.transfer_id]) for task in shown],
        older=shown[-1].id if len(answered) > _PAGE else None,
    )


def find_refund(parts: Parts, installation_id: int, task_id: int) -> tuple[RefundTask, Desk] | None:
    """Finds one refund of an installation with all that belongs to its payment."""
    with parts.database.read() as tx:
        task = refunds.by_id(tx, installation_id, task_id)
        transfer = None if task is None else transfers.by_id(tx, task.transfer_id)
        return None if task is None or transfer is None else (task, _desk(tx, transfer))


def refunds_of(parts: Parts, installation_id: int, reference: str) -> Desk | None:
    """Finds a payment of an installation by its reference, with its refunds."""
    with parts.database.read() as tx:
        transfer = transfers.find(tx, installation_id, reference)
        return None if transfer is None else _desk(tx, transfer)


def _desk(tx: Tx, transfer: Transfer) -> Desk:
    known = refunds.of(tx, transfer.id)
    connection = None if transfer.connection_id is None else connections.by_id(tx, transfer.connection_id)
    return Desk(
        transfer=transfer,
        refunds=known,
        left=refundable(transfer, known),
        cabinet=cabinet_link(connection.cabinet_url, transfer) if connection else "",
        may_offer=refund_offered(tx, transfer) and not _offered_already(tx, transfer),
    )


def _offered_already(tx: Tx, transfer: Transfer) -> bool:
    told = (each.report.actions for each in reports_of(tx, transfer.id))
    return "REFUND" in (next((actions for actions in told if actions is not None), None) or ())
