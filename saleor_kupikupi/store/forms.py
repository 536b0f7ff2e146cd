"""Which forms have changed something already, so that one posted again after a lost answer changes nothing more."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.posted import PostedForm
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.side_tables import posted_forms

_its = posted_forms.c
_TAKE = insert(posted_forms).on_conflict_do_nothing(index_elements=[_its.key]).returning(_its.key)
_SAID = select(_its.said).where(_its.key == bindparam("key"))


class FormPostedBefore(AppError):
    """The form was posted before and said something else then."""


def take(tx: Tx, transfer_id: int, form: PostedForm, at: datetime) -> bool:
    """Notes that a form changes a transfer, in the transaction that does so; False where it has done so already.

    Raises FormPostedBefore where it said something else then.
    """
    posted = {"key": form.key, "transfer_id": transfer_id, "said": form.said, "posted_at": at}
    if tx.execute(_TAKE, posted).first() is not None:
        return True
    if tx.execute(_SAID, {"key": form.key}).scalar_one() != form.said:
        raise FormPostedBefore("the form was posted before with other content")
    return False
