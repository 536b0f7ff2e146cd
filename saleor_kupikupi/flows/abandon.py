"""The shop gives a payment up. The provider has no cancel method, so all that can be done is to withhold our `OK`."""

from dataclasses import replace

import structlog

from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.posted import PostedForm
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import due, forms, timeline, transfers
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()


class NotAbandoned(AppError):
    """It is too late, or there is nothing left to give up."""


def may_be_abandoned(transfer: Transfer) -> bool:
    """Tells whether giving up would change anything: our `OK` is still to be withheld, and not out already."""
    return not (transfer.decided or transfer.withdrawn or transfer.claimed_at)


def abandon(parts: Parts, transfer: Transfer, form: PostedForm, by: str) -> Transfer:
    """Gives up as a person of the staff wants it, and has the truth asked for; raises NotAbandoned.

    A form that has done so already changes nothing more.
    """
    with parts.database.write() as tx:
        current = transfers.lock(tx, transfer.id)
        if not forms.take(tx, current.id, form, parts.now()):
            return current
        if not may_be_abandoned(current):
            raise NotAbandoned("the transfer is claimed, withdrawn or over")
        given_up = give_up(parts, tx, current)
        timeline.note(tx, transfer.id, parts.now(), by, "ABANDONED")
    log.info("abandoned", reference=transfer.reference)
    return given_up


def give_up(parts: Parts, tx: Tx, transfer: Transfer) -> Transfer:
    """Withholds our `OK` from a locked transfer, unless it is out already, and has the truth asked for now."""
    given_up = transfer
    if transfer.claimed_at is None and transfer.abandoned_at is None:
        given_up = replace(transfer, abandoned_at=parts.now())
        transfers.save(tx, transfer, given_up)
    due.ask_again(tx, transfer.id, parts.now())
    return given_up
