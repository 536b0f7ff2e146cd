"""Refunds that people make in the provider's cabinet: asked for, answered, listed."""

from dataclasses import fields
from typing import Any

from sqlalchemy import Row, bindparam, func, insert, not_, select, update

from saleor_kupikupi.domain.refunds import RefundTask, TaskState
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.tables import WAITING, refund_tasks

_NAMES = tuple(field.name for field in fields(RefundTask))
_its = refund_tasks.c
_TASK = tuple(_its[name] for name in _NAMES)
_OF = select(*_TASK).where(_its.transfer_id == bindparam("id")).order_by(_its.id)
_BY_ID = select(*_TASK).where(_its.id == bindparam("id"), _its.installation_id == bindparam("installation"))
_ADD = insert(refund_tasks).returning(_its.id)
_CHANGE = update(refund_tasks).where(_its.id == bindparam("this"), _its.state == bindparam("was"))
_OPEN = select(func.count()).select_from(refund_tasks).where(_its.installation_id == bindparam("id"), WAITING)
_LISTED = (
    select(*_TASK)
    .where(_its.installation_id == bindparam("installation"))
    .order_by(_its.id.desc())
    .limit(bindparam("limit"))
)


def of(tx: Tx, transfer_id: int) -> list[RefundTask]:
    """Lists a transfer's refunds, the first one first; lock the transfer to add to them."""
    return [_task(row) for row in tx.execute(_OF, {"id": transfer_id})]


def by_id(tx: Tx, installation_id: int, task_id: int) -> RefundTask | None:
    """Finds an installation's refund."""
    row = tx.execute(_BY_ID, {"id": task_id, "installation": installation_id}).first()
    return None if row is None else _task(row)


def add(tx: Tx, transfer: Transfer, draft: RefundTask) -> int:
    """Writes down a new refund, whatever id the draft bears, and gives its id."""
    values = _values(draft) | {"transfer_id": transfer.id, "installation_id": transfer.installation_id}
    return int(tx.execute(_ADD, values).scalar_one())


def change(tx: Tx, old: RefundTask, new: RefundTask) -> bool:
    """Writes a refund as it now is; False where somebody has answered it meanwhile."""
    return tx.execute(_CHANGE, {"this": old.id, "was": old.state.value, **_values(new)}).rowcount == 1


def open_count(tx: Tx, installation_id: int) -> int:
    """Counts the refunds that wait for a person."""
    return int(tx.execute(_OPEN, {"id": installation_id}).scalar_one())


def page(
    tx: Tx, installation_id: int, *, waiting: bool = False, before_id: int | None = None, limit: int = 50
) -> list[RefundTask]:
    """Lists the refunds that wait, or those that do not, newest first; the next page starts below the last id."""
    query = _LISTED.where(WAITING if waiting else not_(WAITING))
    if before_id is not None:
        query = query.where(_its.id < before_id)
    return [_task(row) for row in tx.execute(query, {"installation": installation_id, "limit": limit})]


def _values(task: RefundTask) -> dict[str, Any]:
    return {name: getattr(task, name) for name in _NAMES if name not in ("id", "transfer_id")}


def _task(row: Row[*tuple[Any, ...]]) -> RefundTask:
    return RefundTask(**{name: getattr(row, name) for name in _NAMES} | {"state": TaskState(row.state)})
