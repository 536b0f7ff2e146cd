"""What happened to a transfer: when, told by whom, in a few words for people."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.tables import timeline

_its = timeline.c
_NOTE = insert(timeline)
_OF = select(_its.at, _its.who, _its.what, _its.detail).where(_its.transfer_id == bindparam("id")).order_by(_its.id)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `who` is saleor, kupikupi, worker, staff and the like."""

    at: datetime
    who: str
    what: str
    detail: str


def note(tx: Tx, transfer_id: int, at: datetime, who: str, what: str, detail: str = "") -> None:
    """Adds to a transfer's story; no phone, code or secret may stand in `detail`."""
    tx.execute(_NOTE, {"transfer_id": transfer_id, "at": at, "who": who, "what": what, "detail": detail})


def of(tx: Tx, transfer_id: int) -> list[Entry]:
    """Tells a transfer's story in the order in which it was written down."""
    return [Entry(row.at, row.who, row.what, row.detail) for row in tx.execute(_OF, {"id": transfer_id})]
