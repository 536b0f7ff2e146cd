"""Passes on a code that the buyer typed in the shop instead of on the provider's form.

`confirmation` names no order: it confirms whatever the phone has pending. So it is used only where the merchant allows
it, only for a customer who pays with the phone of the billing address, only while the phone has this one transfer open,
and each try is counted before it is sent. What became of it is
learned from `checkout`, never from the answer.
"""

import re

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import NotSent, OutcomeUnknown
from saleor_kupikupi.domain.transfer import State, Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.payer import Payer, payer_of
from saleor_kupikupi.kupikupi.client import Declined
from saleor_kupikupi.kupikupi.phones import UnusablePhone, phone_of
from saleor_kupikupi.saleor.events import Source
from saleor_kupikupi.store import connections, timeline, transfers, tries

log = structlog.get_logger()

UNSENT = frozenset({"code_invalid", "code_not_possible", "code_limit", "provider_unavailable"})
"""The words for a code that the provider never saw: nothing can have changed by it."""


def enter_code(parts: Parts, transfer: Transfer, code: object, source: Source, deadline: Deadline) -> str | None:
    """Tries a code and gives our word for what the shopper should know, or None where there is nothing to say."""
    text = str(code) if isinstance(code, int) and not isinstance(code, bool) else code
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{1,10}", text):
        return "code_invalid"
    payer = _payer(parts, transfer)
    if payer is None or not _is_signed_in(source, payer):
        return "code_not_possible"
    with parts.database.write() as tx:
        counted = tries.may_try_code(tx, parts.vault, transfer, payer.phone, parts.now(), parts.limits.codes)
    if counted is None:
        log.warning("too many codes", reference=transfer.reference)
        return "code_limit"
    return _send(parts, transfer, payer, text, counted, deadline)


def _payer(parts: Parts, transfer: Transfer) -> Payer | None:
    """Finds who is paying, where a code may be passed on for them at all."""
    payer = payer_of(parts, transfer)
    if transfer.state is not State.OPEN or transfer.withdrawn or payer is None:
        return None
    used = payer.credentials
    with parts.database.read() as tx:
        connection = connections.by_id(tx, used.connection_id)
        allowed = connection is not None and connection.accept_code
        pending = transfers.open_for_phone(tx, parts.vault, used.connection_id, used.environment, payer.phone)
    return payer if allowed and pending == 1 else None


def _is_signed_in(source: Source, payer: Payer) -> bool:
    """Whether the buyer is a customer of the shop who pays with the phone of the billing address.

    A guest could have codes tried for anybody's phone.
    """
    try:
        return source.has_user and phone_of(source.billing_phone or "") == payer.phone
    except UnusablePhone:
        return False


def _send(parts: Parts, transfer: Transfer, payer: Payer, code: str, try_id: int, deadline: Deadline) -> str | None:
    try:
        answer = parts.kupikupi.confirmation(payer.credentials, payer.phone, code, deadline)
    except NotSent as error:
        log.warning("code not sent", reference=transfer.reference, error=str(error))
        return "provider_unavailable"
    except OutcomeUnknown as error:
        log.warning("outcome of code unknown", reference=transfer.reference, error=str(error))
        return None
    accepted = not isinstance(answer, Declined)
    with parts.database.write() as tx:
        if accepted:
            tries.code_accepted(tx, try_id)
        timeline.note(tx, transfer.id, parts.now(), "buyer", "CODE_ACCEPTED" if accepted else "CODE_WRONG")
    return None if accepted else "code_wrong"
