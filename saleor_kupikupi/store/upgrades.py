"""When each installation's webhooks are compared with the manifest, and by whom.

One column is both: whoever takes an installation puts its due time past the end of the lease, so that nobody else takes
it meanwhile, and a process that is killed costs the lease.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select, update

from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.installations import INSTALLATION, TokenSealed, installation_of
from saleor_kupikupi.store.sealing import CannotUnseal, Vault
from saleor_kupikupi.store.tables import installations

SOON = timedelta(minutes=10)
"""What is due within this time is not put forward: it is being compared, was tried in vain, or has just registered."""

_its = installations.c
_DUE = (
    select(_its.id)
    .where(
        _its.app_identifier == bindparam("copy"),
        _its.token_sealed.is_not(None),
        _its.id.not_in(bindparam("passed_over", expanding=True)),
        or_(_its.webhooks_due_at.is_(None), _its.webhooks_due_at <= bindparam("now")),
    )
    .order_by(_its.id)
    .limit(1)
)
_PICKED = _DUE.with_for_update(skip_locked=True).cte("picked")
_PUT = update(installations).values(webhooks_due_at=bindparam("at"))
_TAKE = _PUT.where(_its.id.in_(select(_PICKED.c.id))).returning(*INSTALLATION)
_PUT_ONE = _PUT.where(_its.id == bindparam("this"))
_HASTEN_ALL = _PUT.where(_its.webhooks_due_at > bindparam("later"))
_HASTEN_ONE = _HASTEN_ALL.where(_its.id == bindparam("this"))


def something_due(tx: Tx, app_identifier: str, now: datetime, passing_over: Collection[int] = ()) -> bool:
    """Tells whether `take_due` would take anything: a read, which waits for nobody."""
    wanted = {"copy": app_identifier, "now": now, "passed_over": passing_over}
    return tx.execute(_DUE, wanted).first() is not None


def take_due(
    tx: Tx,
    vault: Vault,
    app_identifier: str,
    now: datetime,
    lease_seconds: float,
    passing_over: Collection[int] = (),
) -> Installation | None:
    """Leases one installation of this copy of the app that is due, installed and not named; raises TokenSealed."""
    due = {"copy": app_identifier, "now": now, "passed_over": passing_over}
    wanted = due | {"at": now + timedelta(seconds=lease_seconds)}
    row = tx.execute(_TAKE, wanted).first()
    if row is None:
        return None
    try:
        return installation_of(row, vault)
    except CannotUnseal as error:
        raise TokenSealed(row.id, error) from error


def due_at(tx: Tx, installation_id: int, at: datetime) -> None:
    """Says when an installation is to be looked at next, which ends a lease."""
    tx.execute(_PUT_ONE, {"this": installation_id, "at": at})


def hasten(tx: Tx, now: datetime, installation_id: int | None = None) -> None:
    """Makes one installation, or every one, due now, but for those that are due soon anyway."""
    wanted = {"at": now, "later": now + SOON}
    if installation_id is None:
        tx.execute(_HASTEN_ALL, wanted)
    else:
        tx.execute(_HASTEN_ONE, wanted | {"this": installation_id})
