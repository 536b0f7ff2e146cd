"""What can be wrong with an installation, and the key that each such thing is known by to Saleor.

A key is 3 to 128 characters; everything behind its first colon tells what it is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.problem_texts import problem_text
from saleor_kupikupi.domain.transfer import Environment

CREDENTIALS_REFUSED = "credentials_refused"
PROVIDER_UNREACHABLE = "provider_unreachable"
REPORTS_UNDELIVERED = "reports_undelivered"
CHARGE_LOST = "charge_lost"
DOUBLE_PAYMENT = "double_payment"
STALE_TRANSFERS = "stale_transfers"
REFUNDS_WAITING = "refunds_waiting"
CODES_CLOSED = "codes_closed"

FOUND_ANEW = frozenset(
    {
        CREDENTIALS_REFUSED,
        PROVIDER_UNREACHABLE,
        REPORTS_UNDELIVERED,
        CHARGE_LOST,
        STALE_TRANSFERS,
        REFUNDS_WAITING,
        CODES_CLOSED,
    }
)
"""The kinds that are looked for each time, so that what is not found is mended."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong now; `code` and `values` make its text."""

    key: str
    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Says what it is and what to do."""
        return problem_text(self.code, language, **self.values)


def kind_of(key: str) -> str:
    """Reads the kind of a problem."""
    return key.partition(":")[0]


def subject_of(key: str) -> str:
    """Reads what a problem is about; empty where it is about the whole installation."""
    return key.partition(":")[2]


def credentials_refused(connection_id: int, name: str, environment: Environment, words: str) -> Finding:
    """The provider refuses our credentials, in its own words."""
    key = f"{CREDENTIALS_REFUSED}:{connection_id}:{environment}"
    return Finding(key, f"credentials_refused_{environment}", {"name": name, "words": words})


def provider_unreachable(connection_id: int, name: str, minutes: int) -> Finding:
    """The provider gives no usable answer for some minutes."""
    return Finding(f"{PROVIDER_UNREACHABLE}:{connection_id}", PROVIDER_UNREACHABLE, {"name": name, "minutes": minutes})


def codes_closed(connection_id: int, name: str, count: int) -> Finding:
    """So many wrong codes came within an hour that none is passed on."""
    return Finding(f"{CODES_CLOSED}:{connection_id}", CODES_CLOSED, {"name": name, "count": count})


def double_payment(reference: Reference, *, withdrawn: bool) -> Finding:
    """Points moved for something that may be paid otherwise."""
    code = "double_withdrawn" if withdrawn else "double_twice"
    return Finding(f"{DOUBLE_PAYMENT}:{reference}", code, {"reference": reference})


def charge_lost(reference: Reference, order_number: str | None) -> Finding:
    """Saleor took a charge and does not show it any more, though it was asked to add up anew."""
    code = "charge_lost" if order_number is None else "charge_lost_of_order"
    return Finding(f"{CHARGE_LOST}:{reference}", code, {"reference": reference, "order": order_number or ""})
