"""A transaction's token is the reference, in one spelling, and every other name is told apart from it."""

from uuid import uuid4

import pytest

from saleor_kupikupi.domain import identifiers
from saleor_kupikupi.domain.identifiers import reference_of

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
        identifiers.refund(reference, "event"),
    ]
    assert len(set(names)) == len(names)
    assert all(name.startswith(reference) for name in names)
