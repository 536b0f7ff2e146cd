"""What the page calls states, troubles, happenings and reports: our codes in words for people.

The texts are marked here and said in the person's language by whoever shows them. A code that has no words is shown
as it is.
"""

from dataclasses import dataclass

from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.domain.trouble import Trouble


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


@dataclass(frozen=True, slots=True)
class Word:
    """A text and how it looks; `tone` is that of a pill."""

    text: str
    tone: str = "neutral"


STATES = {
    State.REQUESTED: Word(_("Sent, no answer yet"), "warning"),
    State.OPEN: Word(_("Waiting for the buyer"), "request"),
    State.CONFIRMED: Word(_("Paid"), "success"),
    State.REJECTED: Word(_("Refused"), "failure"),
    State.CANCELED: Word(_("Not confirmed in time"), "neutral"),
}
NEVER_OPENED = Word(_("Never reached Kupi-Kupi"), "failure")

EXPLAINED = {
    State.REQUESTED: _("The payment was sent to Kupi-Kupi and no answer came. Nobody knows yet whether it arrived."),
    State.OPEN: _("The buyer has Kupi-Kupi's form and has not confirmed the payment yet."),
    State.CONFIRMED: _("The points moved from the buyer to the shop."),
    State.REJECTED: _("The payment was refused. The points stay with the buyer."),
    State.CANCELED: _("Nobody confirmed the payment on Kupi-Kupi's form in time. The points stay with the buyer."),
}

PROVIDER = {
    "NEW": _("the form was not opened yet"),
    "FORM_SHOWED": _("the buyer has the form in front of them"),
    "CONFIRMED": _("the points moved"),
    "REJECTED": _("refused"),
    "CANCELED": _("cancelled: nobody confirmed in time"),
}

TROUBLES = {
    Trouble.LOST: Word(_("Saleor does not show it"), "failure"),
    Trouble.DOUBLE: Word(_("Double payment?"), "failure"),
    Trouble.DEAD: Word(_("Saleor refused a report"), "failure"),
    Trouble.LATE: Word(_("Saleor was not told"), "warning"),
    Trouble.UNKNOWN: Word(_("Outcome unknown"), "warning"),
    Trouble.STALE: Word(_("No longer followed"), "warning"),
}
WHAT_TO_DO = {
    Trouble.LOST: _(
        "The points moved and Saleor took the payment, but does not show it any more. Press “Check now”: Saleor is then"
        " asked to add up anew. If that does not help, mark the order as paid in Saleor."
    ),
    Trouble.DOUBLE: _(
        "The points moved although this payment had been given up, so the buyer may have paid twice. Compare with the"
        " other payments of the order and return the extra points in Kupi-Kupi's cabinet."
    ),
    Trouble.DEAD: _(
        "Saleor refused what it was told about this payment, so the order may show the wrong state. Read the reason"
        " below, mend it and press “Tell Saleor again”."
    ),
    Trouble.LATE: _(
        "Saleor has not taken the news for more than an hour. It is tried again by itself; the last error is below."
    ),
    Trouble.UNKNOWN: _(
        "Kupi-Kupi did not answer when the payment was sent. It is asked again by itself; nothing is lost if you wait."
    ),
    Trouble.STALE: _(
        "Thirty days passed without an end. Nobody asks Kupi-Kupi by itself any more: press “Check now” to ask once."
    ),
}

# What flows write into a transfer's story. Where a sentence has %(detail)s the story's detail stands in it.
HAPPENINGS = {
    "REQUESTED": Word(_("The buyer began to pay"), "request"),
    "OPEN": Word(_("Kupi-Kupi opened its form"), "request"),
    "LOOKED_AT": Word(_("Looked at as a possible double payment"), "neutral"),
    "REFUNDS_OFFERED": Word(_("Saleor's staff may ask for refunds of it from now on"), "neutral"),
    "CONFIRMED": Word(_("Kupi-Kupi confirmed: the points moved"), "success"),
    "REJECTED": Word(_("The payment was refused"), "failure"),
    "CANCELED": Word(_("Kupi-Kupi ended it: nobody confirmed in time"), "neutral"),
    "NEVER_OPENED": Word(_("Given up: the payment never reached Kupi-Kupi"), "failure"),
    "OUTCOME_UNKNOWN": Word(_("Kupi-Kupi did not answer when the payment was sent"), "warning"),
    "FORM_LOST": Word(_("The address of Kupi-Kupi's form was lost; the buyer has to start again"), "warning"),
    "SUPERSEDED": Word(_("Replaced by a newer payment of the same order"), "neutral"),
    "ADOPTED": Word(_("Taken over: Kupi-Kupi knew this payment and the app did not"), "warning"),
    "CLAIMED": Word(_("Kupi-Kupi announced how the payment went"), "request"),
    "CLAIM_IN_VAIN": Word(
        _("A day after the announcement Kupi-Kupi still does not know this payment; others of the order may go on"),
        "warning",
    ),
    "CLAIM_REFUSED": Word(_("Kupi-Kupi's announcement got no OK: another payment is being confirmed"), "warning"),
    "NOTIFIED_TOO_LATE": Word(_("Kupi-Kupi announced a payment that was over; it got no OK"), "warning"),
    "NO_LONGER_OWED": Word(_("Kupi-Kupi's announcement got no OK: nothing is owed any more"), "warning"),
    "UNINSTALLED": Word(
        _("Kupi-Kupi's announcement got no OK: the shop has removed or switched off the app"), "warning"
    ),
    "CANCEL_WAITS": Word(_("Kupi-Kupi's announcement got no OK: the shop has asked to cancel"), "warning"),
    "CONTRADICTION": Word(_("Kupi-Kupi contradicted itself; nothing was changed"), "failure"),
    "CODE_ACCEPTED": Word(_("The code that the buyer typed in the shop was accepted"), "success"),
    "CODE_WRONG": Word(_("The code that the buyer typed in the shop was wrong"), "warning"),
    "stale": Word(_("Thirty days without an end: no longer followed"), "warning"),
    "REPORTED": Word(_("Saleor was told: %(detail)s"), "success"),
    "REPORT_DEAD": Word(_("Saleor refused a report"), "failure"),
    "CHARGE_SHORT": Word(_("Saleor did not show all points of the payment; it was asked to add up anew"), "warning"),
    "CHARGE_HEALED": Word(_("Saleor shows all points of the payment again"), "success"),
    "CHARGE_LOST": Word(_("Saleor does not show the points of the payment; somebody has to look"), "failure"),
    "ORDER_PLACED": Word(_("Saleor had forgotten the order of the paid checkout; it was placed"), "success"),
    "CANCEL_REQUESTED": Word(_("The shop asked to cancel"), "request"),
    "REFUND_REQUESTED": Word(_("The shop asked for a refund"), "request"),
    "REFUND_RECORDED": Word(_("A refund made without Saleor was recorded"), "success"),
    "REFUND_FOUND": Word(_("A refund was found in Saleor that the app did not know of"), "warning"),
    "REFUND_SUCCESS": Word(_("The points were returned to the buyer"), "success"),
    "REFUND_FAILURE": Word(_("The points could not be returned"), "failure"),
    "CHECK_ANSWERED": Word(_("Checked by hand. Kupi-Kupi answered: %(detail)s"), "request"),
    "CHECK_REFUSED": Word(_("Checked by hand. Kupi-Kupi refused the question"), "warning"),
    "CHECK_UNANSWERED": Word(_("Checked by hand. Kupi-Kupi did not answer"), "warning"),
    "REPORTS_RESENT": Word(_("Saleor is to be told again"), "request"),
    "ABANDONED": Word(_("Given up by hand: a later announcement gets no OK"), "warning"),
}

REPORTS = {
    "CHARGE_SUCCESS": _("the points moved"),
    "CHARGE_FAILURE": _("the payment failed"),
    "CANCEL_SUCCESS": _("the payment is cancelled"),
    "CANCEL_FAILURE": _("it could not be cancelled"),
    "REFUND_SUCCESS": _("the points were returned"),
    "REFUND_FAILURE": _("the points could not be returned"),
    "INFO": _("what staff should know"),
}
DELIVERIES = {
    "delivered": Word(_("told"), "success"),
    "owed": Word(_("not told yet"), "warning"),
    "dead": Word(_("refused"), "failure"),
}

WHO = {
    "saleor": "Saleor",
    "kupikupi": _("Kupi-Kupi"),
    "app": _("this app"),
    "worker": _("this app"),
    "buyer": _("the buyer"),
    "operator": _("the operator, by the command line"),
}


def state_of(transfer: Transfer) -> Word:
    """Says in words how a transfer stands."""
    undecided_for_ever = transfer.never_opened_at is not None and not transfer.final
    return NEVER_OPENED if undecided_for_ever else STATES[transfer.state]
