"""Deadlines, versions and wording."""

import pytest

from saleor_kupikupi.domain import wording
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.installation import Installation


def test_a_deadline_runs_out_and_never_below_zero() -> None:
    now = [100.0]
    deadline = Deadline.after(12.0, lambda: now[0])
    assert deadline.remaining() == 12.0
    now[0] = 105.0
    assert deadline.sooner(3.0).remaining() == 3.0
    assert deadline.sooner(30.0).remaining() == 7.0
    now[0] = 200.0
    assert deadline.remaining() == 0.0


@pytest.mark.parametrize(
    ("version", "knows"),
    [
        ("3.22", True),
        ("3.22.67", True),
        ("3.23.28", True),
        ("4.0", True),
        ("3.21.69", False),
        ("3.2", False),
        ("", False),
        ("3", False),
        ("3.²", False),
        ("3.99999999", False),
        ("new", False),
    ],
)
def test_a_version_is_read_as_numbers(version: str, knows: bool) -> None:
    assert (
        Installation(1, "https://shop.example.com/graphql/", "app", "QXBwOjE=", None, version).at_least(3, 22) is knows
    )


def test_a_token_is_not_shown() -> None:
    shown = repr(Installation(1, "https://shop.example.com/graphql/", "app", "QXBwOjE=", "very-secret", "3.22"))
    assert "very-secret" not in shown


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("RU", "ru"),
        ("RU_RU", "ru"),
        ("ru-ru", "ru"),
        ("EN", "en"),
        ("RUN", "en"),
        ("DE", "en"),
        (None, "en"),
        ("", "en"),
    ],
)
def test_the_shopper_is_spoken_to_in_the_checkouts_language(code: str | None, language: str) -> None:
    assert wording.language_of(code) == language


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_refusal_has_words_for_the_shopper_and_for_staff(language: str) -> None:
    codes = (
        "currency",
        "amount",
        "not_configured",
        "phone_missing",
        "phone_invalid",
        "payment_in_progress",
        "declined",
        "provider_unavailable",
        "start_again",
        "rejected",
        "canceled",
    )
    for code in codes:
        assert wording.shopper_text(code, language)
        assert wording.staff_text(code, language)
        assert wording.staff_text(code, language, test=True) == "TEST: " + wording.staff_text(code, language)
