"""Find what a restored backup has lost, as far as Saleor can be asked: about payments that are written down here."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.flows.look_up import every_one
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.saleor_refunds import SaleorSilent, learn_refunds
from saleor_kupikupi.store import due
from saleor_kupikupi.store.pages import Wanted


@dataclass(frozen=True, slots=True)
class LookedBack:
    """A transfer and how many refunds of it were found; None where Saleor did not answer."""

    transfer: Transfer
    refunds: int | None


def look_back(parts: Parts, since: datetime) -> Iterator[LookedBack]:
    """Ask Saleor for the refunds of every payment that was begun since a moment, the newest first.

    A transfer that is not confirmed here is asked about at the provider by the next worker, for it may be by now.
    """
    for some in every_one(parts, Wanted()):
        for transfer in some:
            if transfer.created_at < since:
                return
            yield _look_back(parts, transfer)


def _look_back(parts: Parts, transfer: Transfer) -> LookedBack:
    if transfer.state is not State.CONFIRMED and transfer.sent_at is not None:
        with parts.database.write() as tx:
            due.ask_again(tx, transfer.id, parts.now())
    try:
        return LookedBack(transfer, learn_refunds(parts, transfer))
    except SaleorSilent:
        return LookedBack(transfer, None)
