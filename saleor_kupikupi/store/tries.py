"""What may be done only so often: trying a code, asking whether points suffice. Counted before anything is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.side_tables import balance_questions, code_tries
from saleor_kupikupi.store.tables import connections

_codes = code_tries.c
_balances = balance_questions.c
# PostgreSQL would let two that count at once both find the last place free.
_TURN = select(connections.c.id).where(connections.c.id == bindparam("id")).with_for_update(key_share=True)
_OF_TRANSFER = select(func.count()).select_from(code_tries).where(_codes.transfer_id == bindparam("id"))
_OF_PHONE = (
    select(func.count())
    .select_from(code_tries)
    .where(
        _codes.phone_hmac == bindparam("phone_hmac"),
        _codes.connection_id == bindparam("connection_id"),
        _codes.tried_at > bindparam("since"),
    )
)
_WRONG = (
    select(func.count())
    .select_from(code_tries)
    .where(
        _codes.connection_id == bindparam("connection_id"),
        _codes.tried_at > bindparam("since"),
        _codes.accepted.is_(False),
    )
)
_TRY = insert(code_tries).returning(_codes.id)
_ACCEPTED = update(code_tries).where(_codes.id == bindparam("this")).values(accepted=True)
_TOTALS = select(_balances.total).where(
    _balances.phone_hmac == bindparam("phone_hmac"),
    _balances.connection_id == bindparam("connection_id"),
    _balances.asked_at > bindparam("since"),
)
_ASK = insert(balance_questions)
_PRUNE = (
    delete(code_tries).where(_codes.tried_at < bindparam("before")),
    delete(balance_questions).where(_balances.asked_at < bindparam("before")),
)


@dataclass(frozen=True, slots=True)
class CodeLimits:
    """How often codes may be tried: for a transfer, for a phone on a connection within 24 hours, and wrong ones.

    `wrong_per_hour` holds for all phones of a connection.
    """

    per_transfer: int = 5
    per_day: int = 10
    wrong_per_hour: int = 30


def may_try_code(tx: Tx, vault: Vault, transfer: Transfer, phone: str, at: datetime, limits: CodeLimits) -> int | None:
    """Counts a try of a code and gives its id if it may be sent; beyond a limit nothing is counted."""
    tx.execute(_TURN, {"id": transfer.connection_id})
    if transfer.connection_id is None or wrong_codes(tx, transfer.connection_id, at) >= limits.wrong_per_hour:
        return None
    if tx.execute(_OF_TRANSFER, {"id": transfer.id}).scalar_one() >= limits.per_transfer:
        return None
    since = {"connection_id": transfer.connection_id, "since": at - timedelta(days=1)}
    fingerprints = vault.fingerprints(phone, "phone")
    if sum(tx.execute(_OF_PHONE, {**since, "phone_hmac": one}).scalar_one() for one in fingerprints) >= limits.per_day:
        return None
    tried = {"transfer_id": transfer.id, "connection_id": transfer.connection_id, "tried_at": at}
    return int(tx.execute(_TRY, {**tried, "phone_hmac": fingerprints[0], "accepted": False}).scalar_one())


def code_accepted(tx: Tx, try_id: int) -> None:
    """Notes that the provider accepted a code: until then a try counts as wrong."""
    tx.execute(_ACCEPTED, {"this": try_id})


def wrong_codes(tx: Tx, connection_id: int, at: datetime) -> int:
    """Counts the codes of a connection within an hour that were not accepted, or are being tried."""
    return int(tx.execute(_WRONG, {"connection_id": connection_id, "since": at - timedelta(hours=1)}).scalar_one())


def may_ask_balance(
    tx: Tx, vault: Vault, connection_id: int, phone: str, total: int, at: datetime, *, limit: int = 5
) -> bool:
    """Counts a question whether a phone's points suffice for `total` kopecks and tells whether it may be answered.

    Within an hour only so many different totals: more would tell how many points there are. The same one is free.
    """
    tx.execute(_TURN, {"id": connection_id})
    asked: dict[str, Any] = {"connection_id": connection_id, "since": at - timedelta(hours=1)}
    fingerprints = vault.fingerprints(phone, "phone")
    totals = {row.total for one in fingerprints for row in tx.execute(_TOTALS, {**asked, "phone_hmac": one})}
    if total in totals:
        return True
    if len(totals) >= limit:
        return False
    tx.execute(_ASK, {"connection_id": connection_id, "phone_hmac": fingerprints[0], "total": total, "asked_at": at})
    return True


def prune(tx: Tx, before: datetime) -> None:
    """Forgets what was counted before a moment that no limit looks back to: more than a day ago."""
    for statement in _PRUNE:
        tx.execute(statement, {"before": before})
