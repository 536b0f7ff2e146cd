"""The provider's words for where a transfer stands, in ours. It decides nothing."""

from saleor_kupikupi.domain.transfer import State

_STATES = {
    "NEW": State.OPEN,
    "FORM_SHOWED": State.OPEN,
    "CONFIRMED": State.CONFIRMED,
    "REJECTED": State.REJECTED,
    "CANCELED": State.CANCELED,
}


def state_of(transfer_status: str) -> State | None:
    """Translates a `transferStatus`; None for one that the manual does not list, which settles nothing."""
    return _STATES.get(transfer_status)
