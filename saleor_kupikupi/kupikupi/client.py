"""The five methods of Kupi-Kupi, each one signed POST.

It knows which call may be repeated and what an HTTP status means. It keeps nothing but how many calls are under way:
who is called and with which secret comes with every call. Every method raises NotSent, OutcomeUnknown or
ContractBroken; a "no" is a value.
"""

from collections.abc import Callable
from typing import TypeVar

from saleor_kupikupi.domain.connection import Credentials
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import ContractBroken, HeldBack, NotSent, OutcomeUnknown
from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.kupikupi import messages
from saleor_kupikupi.kupikupi.bulkhead import Bulkhead
from saleor_kupikupi.kupikupi.messages import Receipt
from saleor_kupikupi.kupikupi.outcomes import Accepted, Balance, Declined, Form, Observation
from saleor_kupikupi.kupikupi.reading import Unreadable
from saleor_kupikupi.outbound import Outbound, Reply

__all__ = ["Accepted", "Balance", "Declined", "Form", "KupikupiClient", "Observation", "Receipt"]

COUNTERPART = "kupikupi"
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json",
    "X-Requested-With": "XMLHttpRequest",
}
_Outcome = TypeVar("_Outcome")


class KupikupiClient:
    """Calls the provider with whatever credentials it is given, `calls_at_once` to one host at a time."""

    def __init__(self, outbound: Outbound, calls_at_once: int) -> None:
        self._outbound = outbound
        self._bulkhead = Bulkhead(calls_at_once)

    def balance(self, credentials: Credentials, phone: str, deadline: Deadline) -> Balance | Declined:
        """Asks how many points a phone has; tried twice where nothing was sent."""
        body = messages.balance_request(credentials, phone)
        return _read(self._ask("balance", credentials, body, deadline), messages.read_balance)

    def init(
        self, credentials: Credentials, phone: str, reference: Reference, amount: int, deadline: Deadline
    ) -> Form | Declined:
        """Opens a transfer of `amount` kopecks, and is never repeated here: it may have arrived."""
        body = messages.init_request(credentials, phone, reference, amount)
        reply = self._send("init", credentials, body, deadline)
        return _read(reply, lambda raw: messages.read_init(raw, reference, amount, credentials.base_url))

    def checkout(
        self,
        credentials: Credentials,
        reference: Reference,
        amount: int,
        deadline: Deadline,
        payment_id: str | None = None,
    ) -> Observation | Declined:
        """Asks where the transfer of `amount` kopecks stands; tried twice where nothing was sent.

        Where a `payment_id` is known, an answer that names another is ContractBroken.
        """
        body = messages.checkout_request(credentials, reference, amount)
        reply = self._ask("checkout", credentials, body, deadline)
        return _read(reply, lambda raw: messages.read_checkout(raw, reference, amount, payment_id))

    def confirmation(self, credentials: Credentials, phone: str, code: str, deadline: Deadline) -> Accepted | Declined:
        """Passes on the code for whatever transfer the phone has pending; never repeated here, since tries count.

        Raises ValueError for a code that is not 1 to 10 digits.
        """
        body = messages.confirmation_request(credentials, phone, code)
        return _read(self._send("confirmation", credentials, body, deadline), messages.read_verdict)

    def receipt(self, credentials: Credentials, receipt: Receipt, deadline: Deadline) -> Accepted | Declined:
        """Hands in a fiscal receipt; never repeated here. Raises ValueError for numbers that no receipt has."""
        body = messages.receipt_request(credentials, receipt)
        return _read(self._send("receipt", credentials, body, deadline), messages.read_verdict)

    def _ask(self, method: str, credentials: Credentials, body: bytes, deadline: Deadline) -> Reply:
        try:
            return self._send(method, credentials, body, deadline)
        except HeldBack:
            raise
        except NotSent:
            return self._send(method, credentials, body, deadline)

    def _send(self, method: str, credentials: Credentials, body: bytes, deadline: Deadline) -> Reply:
        url = f"{credentials.base_url.rstrip('/')}/{method}"
        with self._bulkhead.place(COUNTERPART, url):
            return self._outbound.post(url, body, _HEADERS, deadline)


def _read(reply: Reply, read: Callable[[bytes], _Outcome | Declined]) -> _Outcome | Declined:
    """Sorts an answer by its status: only 2xx can be a yes, 4xx a documented no, and 5xx says nothing."""
    if reply.status >= 500:
        raise OutcomeUnknown(COUNTERPART, f"it answered HTTP {reply.status}")
    try:
        outcome = read(reply.body)
    except Unreadable as error:
        raise ContractBroken(COUNTERPART, f"HTTP {reply.status}, {error}") from None
    if reply.status >= 400 and not isinstance(outcome, Declined):
        raise ContractBroken(COUNTERPART, f"HTTP {reply.status} with a success in it")
    return outcome
