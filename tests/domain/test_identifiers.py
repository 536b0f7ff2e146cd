"""A transaction's token is the reference, in one spelling, and every other name is told apart from it."""

from datetime import timedelta, timezone
from uuid import uuid4

import pytest

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.identifiers import reference_of
from tests.domain.makings import NOON

TOKEN = "cb492f89-8baa-4fcc-bba9-c1d9c4c162da"


def test_a_token_is_the_reference_as_it_is() -> None:
    assert reference_of(TOKEN) == TOKEN
    assert len(TOKEN) == 36


@pytest.mark.parametrize("token", [TOKEN.upper(), TOKEN.replace("-", ""), f"{{{TOKEN}}}", "", "1234", TOKEN + " "])
def test_another_spelling_of_a_token_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match=r"UUID|hexadecimal"):
        reference_of(token)


def test_no_two_names_of_one_transfer_are_the_same() -> None:
    reference = reference_of(str(uuid4()))
    names = [
        reference,
        identifiers.rejected(reference),
        identifiers.canceled(reference),
        identifiers.never_opened(reference),
        identifiers.cancel(reference),
        identifiers.cancel(reference, "event"),
        identifiers.charge_refusal(reference, "event"),
        identifiers.refund(reference, NOON),
        identifiers.refund(reference, NOON + timedelta(microseconds=1)),
        identifiers.recorded_refund(reference, "name"),
    ]
    assert len(set(names)) == len(names)
    assert all(name.startswith(reference) for name in names)


def test_a_refund_is_named_by_its_moment_whatever_the_zone() -> None:
    in_moscow = NOON.astimezone(timezone(timedelta(hours=3)))
    assert identifiers.refund(reference_of(TOKEN), in_moscow) == identifiers.refund(reference_of(TOKEN), NOON)
