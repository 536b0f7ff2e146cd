"""What our own books say was paid with points, for Saleor may have lost a charge that it took."""

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import orders, refunds, verifications
from saleor_kupikupi.store.database import Tx


def paid_of(tx: Tx, installation_id: int, source_key: str, but_for: int = 0) -> int:
    """Tell how many kopecks of a checkout or order were paid with points and not returned, but for one transfer."""
    confirmed = orders.confirmed_of(tx, installation_id, source_key)
    others = [each for each in confirmed if each.id != but_for]
    return sum(each.amount - sum(task.spent for task in refunds.of(tx, each.id)) for each in others)


def look_at_charges(parts: Parts, installation_id: int, source_key: str) -> None:
    """Have Saleor looked at for every charge of a checkout or order, because it shows less than our books."""
    with parts.database.write() as tx:
        verifications.hasten(tx, installation_id, source_key, parts.now())
