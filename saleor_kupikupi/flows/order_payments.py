"""Shows staff what an order was paid with, also in the minute before it is known whose order a checkout became."""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.refunds import RefundTask, TaskState
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import orders, refunds

log = structlog.get_logger()

# Older payments have no order for another reason: nobody placed one.
_RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Payment:
    """A transfer of an order with its refunds."""

    transfer: Transfer
    refunds: list[RefundTask]

    @property
    def waiting(self) -> int:
        """How many kopecks are asked for and not answered."""
        return sum(task.asked for task in self.refunds if task.state is TaskState.OPEN)

    @property
    def returned(self) -> int:
        """How many kopecks went back to the buyer."""
        return sum(task.returned or 0 for task in self.refunds)


def payments_of(parts: Parts, installation: Installation, order_id: str) -> list[Payment]:
    """Lists an order's transfers, newest first.

    Where none is known, Saleor is asked about the few newest payments without an order, for a short time.
    """
    found = _known(parts, installation.id, order_id)
    if not found and order_id and _ask(parts, installation):
        found = _known(parts, installation.id, order_id)
    return found


def _known(parts: Parts, installation_id: int, order_id: str) -> list[Payment]:
    with parts.database.read() as tx:
        listed = orders.of_order(tx, installation_id, order_id)
        return [Payment(transfer, refunds.of(tx, transfer.id)) for transfer in listed]


def _ask(parts: Parts, installation: Installation) -> bool:
    """Asks Saleor for the orders of new payments and tells whether one was learned."""
    deadline = parts.deadline(parts.limits.widget)
    with parts.database.read() as tx:
        homeless = orders.homeless(tx, installation.id, since=parts.now() - _RECENT)
    learned = False
    try:
        for transfer in homeless:
            order = parts.saleor.placement(installation, transfer.reference, deadline).order
            if order is not None:
                with parts.database.write() as tx:
                    orders.placed(tx, transfer.id, order.id, order.number)
                learned = True
    except OutboundError as error:
        log.warning("order not learned", error=str(error))
    return learned
