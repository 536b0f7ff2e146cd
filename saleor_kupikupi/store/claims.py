"""Who may be told `OK`: of the transfers of one checkout or order, one at a time.

The slot is a column that is unique where it is filled. It is taken by a claim and given back by a failure, by *never
opened*, by the delivery of the success, or by a day in which the provider never knew of what was claimed.
"""

from datetime import datetime

from sqlalchemy import bindparam, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.side_tables import verifications
from saleor_kupikupi.store.tables import UNDECIDED, reports, transfers

_its = transfers.c
_CLAIM = (
    update(transfers)
    .where(_its.id == bindparam("this"), UNDECIDED, _its.superseded_at.is_(None), _its.abandoned_at.is_(None))
    .values(
        claimed_at=bindparam("at"),
        first_claimed_at=func.coalesce(_its.first_claimed_at, bindparam("at", type_=_its.claimed_at.type)),
        claimed_status=bindparam("status"),
        claim_slot=_its.source_key,
        due_at=bindparam("due"),
        stale_at=None,
    )
)
_FREE = update(transfers).where(_its.id == bindparam("this"), _its.claim_slot.is_not(None)).values(claim_slot=None)
_CLAIMED = exists().where(
    _its.claim_slot == bindparam("key"), _its.installation_id == bindparam("installation"), _its.id != bindparam("but")
)
_UNTOLD = exists().where(
    _its.source_key == bindparam("key"),
    _its.installation_id == bindparam("installation"),
    _its.id != bindparam("but"),
    _its.state == "CONFIRMED",
    reports.c.transfer_id == _its.id,
    reports.c.type == "CHARGE_SUCCESS",
    or_(reports.c.state != "delivered", reports.c.delivered_at >= bindparam("since")),
)
_UNVERIFIED = exists().where(
    _its.source_key == bindparam("key"),
    _its.installation_id == bindparam("installation"),
    _its.id != bindparam("but"),
    verifications.c.transfer_id == _its.id,
    verifications.c.verified_at.is_(None),
)
_IS_PAYING = select(or_(_CLAIMED, _UNTOLD, _UNVERIFIED))


def is_paying(
    tx: Tx, installation_id: int, source_key: str, except_id: int | None = None, since: datetime | None = None
) -> bool:
    """Tells whether a transfer of this checkout or order is claimed, or charged and Saleor does not show it yet.

    Also where Saleor came to know of the charge after `since`, a moment at which it was asked what is owed.
    """
    asked = {"installation": installation_id, "key": source_key, "but": except_id or 0, "since": since}
    return bool(tx.execute(_IS_PAYING, asked).scalar_one())


def claim(
    tx: Tx, transfer: Transfer, status: str, at: datetime, due_at: datetime, since: datetime | None = None
) -> bool:
    """Notes the first claim or a further one and restarts the ladder.

    False, with nothing written, where the transfer is decided or withdrawn by now, or another of the same checkout or
    order is paying, as `is_paying` tells.
    """
    if is_paying(tx, transfer.installation_id, transfer.source_key, except_id=transfer.id, since=since):
        return False
    said = {"this": transfer.id, "status": status, "at": at, "due": due_at}
    try:
        with tx.begin_nested():  # PostgreSQL gives up a transaction in which a statement failed
            return tx.execute(_CLAIM, said).rowcount == 1
    except IntegrityError:
        return False


def free_slot(tx: Tx, transfer_id: int) -> bool:
    """Lets another transfer of the same checkout or order be claimed; False where this one kept none waiting."""
    return tx.execute(_FREE, {"this": transfer_id}).rowcount == 1
