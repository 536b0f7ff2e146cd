"""Transfers as they are written down, found and moved. A move is a compare-and-set: the loser reloads."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from types import EllipsisType
from typing import Any

from sqlalchemy import Row, bindparam, case, func, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.ladder import next_order_look
from saleor_kupikupi.domain.transfer import Environment, State, Transfer
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.rows import TRANSFER, transfer_of, values_of
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.tables import UNDECIDED, transfers

_its = transfers.c
_BY_ID = select(*TRANSFER).where(_its.id == bindparam("id"))
_BY_REFERENCE = select(*TRANSFER).where(
    _its.reference == bindparam("reference"), _its.installation_id == bindparam("installation_id")
)
_SEVERAL = select(*TRANSFER).where(_its.id.in_(bindparam("ids", expanding=True)))
_LOCKED = _BY_ID.with_for_update(key_share=True)  # rows that name it may still be written
_OF_CONNECTION = _BY_REFERENCE.where(
    _its.connection_id == bindparam("connection_id"), _its.environment == bindparam("environment")
)
_PHONE = select(_its.phone_sealed).where(_its.id == bindparam("id"))
_OPEN_FOR_PHONE = (
    select(func.count())
    .select_from(transfers)
    .where(
        _its.connection_id == bindparam("connection_id"),
        _its.phone_hmac == bindparam("phone_hmac"),
        _its.environment == bindparam("environment"),
        UNDECIDED,
    )
)
_INSERT = (
    insert(transfers).on_conflict_do_nothing(index_elements=[_its.reference, _its.installation_id]).returning(_its.id)
)
_MOVE = update(transfers).where(
    _its.id == bindparam("this"),
    _its.state == bindparam("old_state"),
    _its.claimed_at.is_not_distinct_from(bindparam("old_claimed_at")),
    _its.superseded_at.is_not_distinct_from(bindparam("old_superseded_at")),
    _its.abandoned_at.is_not_distinct_from(bindparam("old_abandoned_at")),
    _its.never_opened_at.is_not_distinct_from(bindparam("old_never_opened_at")),
)
_STILL_OTHERS = _its.lease_owner.is_distinct_from(bindparam("lease"))
_MOVE_AND_LET_GO = _MOVE.values(
    leased_until=case((_STILL_OTHERS, _its.leased_until)), lease_owner=case((_STILL_OTHERS, _its.lease_owner))
)
_SUPERSEDE = (
    update(transfers)
    .where(
        _its.source_key == bindparam("key"),
        _its.installation_id == bindparam("installation"),
        _its.id < bindparam("newer"),
        UNDECIDED,
        _its.claimed_at.is_(None),
        _its.superseded_at.is_(None),
        _its.abandoned_at.is_(None),
    )
    .returning(*TRANSFER)
)
_FREES_THE_CLAIM = (State.REJECTED, State.CANCELED)


class AlreadyThere(AppError):
    """The reference has a row in this installation: a twin of the same webhook was faster."""


def find(tx: Tx, installation_id: int, reference: str) -> Transfer | None:
    """Finds an installation's transfer."""
    return _found(tx.execute(_BY_REFERENCE, {"reference": reference, "installation_id": installation_id}).first())


def known(tx: Tx, installation_id: int, reference: str) -> Transfer:
    """Reads an installation's transfer that is known to be there: rows are never deleted."""
    return transfer_of(tx.execute(_BY_REFERENCE, {"reference": reference, "installation_id": installation_id}).one())


def by_id(tx: Tx, transfer_id: int) -> Transfer | None:
    """Finds a transfer by our own id."""
    return _found(tx.execute(_BY_ID, {"id": transfer_id}).first())


def several(tx: Tx, ids: Collection[int]) -> dict[int, Transfer]:
    """Reads the transfers of a page's rows, by our own ids."""
    return {row.id: transfer_of(row) for row in tx.execute(_SEVERAL, {"ids": list(ids)})}


def of_installation(tx: Tx, installation_id: int, transfer_id: int) -> Transfer | None:
    """Finds an installation's transfer by our own id."""
    found = by_id(tx, transfer_id)
    return found if found is not None and found.installation_id == installation_id else None


def read(tx: Tx, transfer_id: int) -> Transfer:
    """Read a transfer that is known to be there: rows are never deleted."""
    return transfer_of(tx.execute(_BY_ID, {"id": transfer_id}).one())


def lock(tx: Tx, transfer_id: int) -> Transfer:
    """Reads a transfer that is about to be moved, so that nobody moves it until this transaction ends."""
    return transfer_of(tx.execute(_LOCKED, {"id": transfer_id}).one())


def of_connection(tx: Tx, connection: Connection, environment: Environment, reference: str) -> Transfer | None:
    """Finds what a notification names: only a transfer of the connection and environment it was addressed to."""
    wanted = {
        "reference": reference,
        "installation_id": connection.installation_id,
        "connection_id": connection.id,
        "environment": environment,
    }
    return _found(tx.execute(_OF_CONNECTION, wanted).first())


def insert_new(
    tx: Tx,
    vault: Vault,
    draft: Transfer,
    phone: str | None,
    due_at: datetime | None,
    lease: tuple[str, datetime] | None = None,
) -> Transfer:
    """Writes down a new transfer, whatever id the draft bears; `phone` has 11 digits and is kept sealed.

    `lease` is its first holder and until when. Raises AlreadyThere, upon which the transaction is still good.
    """
    values = values_of(draft) | {
        "phone_sealed": None if phone is None else vault.seal(phone, "phone"),
        "phone_hmac": None if phone is None else vault.fingerprint(phone, "phone"),
        "phone_last4": "" if phone is None else phone[-4:],
        "due_at": due_at,
        "lease_owner": lease[0] if lease else None,
        "leased_until": lease[1] if lease else None,
    }
    transfer_id = tx.execute(_INSERT, values).scalar_one_or_none()
    if transfer_id is None:
        raise AlreadyThere("the reference is there already")
    return replace(draft, id=transfer_id, phone_last4=values["phone_last4"])


def save(
    tx: Tx, old: Transfer, new: Transfer, *, due_at: datetime | EllipsisType | None = ..., lease: str | None = None
) -> bool:
    """Writes what has changed, unless another has moved or claimed the transfer since `old` was read: then False.

    Left out, `due_at` stays, but a decided transfer is due no more. A transfer that failed gives its claim away; one
    that is confirmed has its order looked for from then on. `lease` names a holder who lets the transfer go with the
    same statement.
    """
    before = values_of(old)
    changed = {name: value for name, value in values_of(new).items() if value != before[name]}
    if due_at is not ...:
        changed["due_at"] = due_at
    elif new.decided:
        changed["due_at"] = None
    if new.state in _FREES_THE_CLAIM or new.never_opened_at is not None:
        changed["claim_slot"] = None
    if new.state is State.CONFIRMED and old.state is not State.CONFIRMED and new.checked_at is not None:
        changed["confirmed_at"] = new.checked_at
        changed["order_due_at"] = next_order_look(new.checked_at, new.checked_at)
    if lease is not None:
        return tx.execute(_MOVE_AND_LET_GO, _as_read(old) | changed | {"lease": lease}).rowcount == 1
    return not changed or tx.execute(_MOVE, _as_read(old) | changed).rowcount == 1


def supersede_older(tx: Tx, transfer: Transfer, at: datetime) -> list[Transfer]:
    """Withdraws the older, unclaimed, undecided transfers of the same checkout or order, and gives them back."""
    of_same = {"key": transfer.source_key, "installation": transfer.installation_id, "newer": transfer.id}
    return [transfer_of(row) for row in tx.execute(_SUPERSEDE, {**of_same, "superseded_at": at})]


def phone_of(tx: Tx, vault: Vault, transfer_id: int) -> str | None:
    """Opens the phone, 11 digits; None where it is not known."""
    sealed = tx.execute(_PHONE, {"id": transfer_id}).scalar_one()
    return None if sealed is None else vault.unseal(sealed, "phone")


def open_for_phone(tx: Tx, vault: Vault, connection_id: int, environment: Environment, phone: str) -> int:
    """Counts the undecided transfers of a phone."""
    asked: dict[str, Any] = {"connection_id": connection_id, "environment": environment}
    return sum(
        tx.execute(_OPEN_FOR_PHONE, {**asked, "phone_hmac": fingerprint}).scalar_one()
        for fingerprint in vault.fingerprints(phone, "phone")
    )


def _as_read(old: Transfer) -> dict[str, Any]:
    return {
        "this": old.id,
        "old_state": old.state,
        "old_claimed_at": old.claimed_at,
        "old_superseded_at": old.superseded_at,
        "old_abandoned_at": old.abandoned_at,
        "old_never_opened_at": old.never_opened_at,
    }


def _found(row: Row[*tuple[Any, ...]] | None) -> Transfer | None:
    return None if row is None else transfer_of(row)
