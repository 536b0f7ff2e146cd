from collections import UserDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.kupikupi.phones import PhoneMissing, UnusablePhone, chosen_phone, masked, phone_of

mobiles = st.builds("9{:02d}{:07d}".format, st.integers(1, 99), st.integers(1_000_000, 9_999_999))
separators = st.sampled_from(["", " ", "-", "\N{NO-BREAK SPACE}", "\N{EN DASH}", "\N{NON-BREAKING HYPHEN}", "."])


@pytest.mark.parametrize(
    "spelling",
    [
        "79123456789",
        "+79123456789",
        "89123456789",
        "9123456789",
        "8 (912) 345-67-89",
        "+7 (912) 345-67-89",
        "+7(912)3456789",
        "(8)912 345 67 89",
        "8 912 345 67 89",
        "7-912-345-67-89",
        "8.912.345.67.89",
        " +7 912\N{NO-BREAK SPACE}345\N{NON-BREAKING HYPHEN}67\N{EN DASH}89\n",
        "\N{LEFT-TO-RIGHT EMBEDDING}+7 912 345-67-89\N{POP DIRECTIONAL FORMATTING}",
        "\N{FULLWIDTH PLUS SIGN}７９１２３４５６７８９",
        "810 7 912 345 67 89",
        79123456789,
        89123456789,
        9123456789,
    ],
)
def test_any_usual_spelling_is_read(spelling: str | int) -> None:
    assert phone_of(spelling) == "79123456789"


@pytest.mark.parametrize("phone", ["79000000001", "79000000002", "79000000003"])
def test_the_phones_of_the_test_environment_are_mobile_numbers(phone: str) -> None:
    assert phone_of(phone) == phone


@given(mobiles, st.sampled_from(["+7", "7", "8", ""]), separators)
def test_every_russian_mobile_number_has_eleven_digits(national: str, prefix: str, between: str) -> None:
    parts = [part for part in (prefix, national[:3], national[3:6], national[6:8], national[8:]) if part]
    assert phone_of(between.join(parts)) == "7" + national


def read(spelling: str) -> str | None:
    try:
        return phone_of(spelling)
    except UnusablePhone:
        return None


@given(st.from_regex(r"[3-9][0-9]{9}|930[0-9]{7}", fullmatch=True), st.sampled_from(["7", "+7"]))
def test_a_number_in_plain_digits_is_judged_like_one_that_has_to_be_parsed(national: str, prefix: str) -> None:
    assert read(prefix + national) == read(f"8 {national}")


@pytest.mark.parametrize(
    "unusable",
    [
        "",
        " ",
        "abc",
        "912345678",
        "91234567890",
        "+7 912 345 67 89 0",
        "+77011234567",  # Kazakhstan
        "77011234567",
        "87011234567",
        "+375291234567",
        "+380501234567",
        "+1 912 345 6789",
        "+7 495 123-45-67",  # a landline
        "8 800 123-45-67",
        "+7 912 345-67-89 доб. 5",
        "+7 912 345-67-89 ext 5",
        "+7 912 345-67-89;ext=5",
        "8-912-FLOWERS",
        "my phone is 79123456789",
        "79123456789, 79123456780",
        "++79123456789",
        "+7+9123456789",
        "-79123456789",
        "+0 912 345 67 89",
        "9" * 4000,
        0,
        -79123456789,
        pytest.param(10**5000, id="a number without end"),
        True,
    ],
)
def test_what_is_no_russian_mobile_number_is_refused(unusable: str | int) -> None:
    with pytest.raises(UnusablePhone):
        phone_of(unusable)


@given(st.text(max_size=40) | st.integers())
def test_anything_is_either_eleven_digits_or_refused(given_phone: str | int) -> None:
    try:
        phone = phone_of(given_phone)
    except UnusablePhone:
        return
    assert len(phone) == 11
    assert phone.isascii()
    assert phone.startswith("79")
    assert phone_of(phone) == phone


def test_an_error_does_not_show_the_number() -> None:
    with pytest.raises(UnusablePhone) as caught:
        phone_of("+77011234567")
    assert "701" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "billing", "shipping", "chosen"),
    [
        ({"phone": "89120000001"}, "89120000002", "89120000003", "79120000001"),
        ({"phone": 79120000001}, "89120000002", "89120000003", "79120000001"),
        (UserDict({"phone": "89120000001"}), None, None, "79120000001"),
        ({"phone": None}, "89120000002", "89120000003", "79120000002"),
        ({"phone": " "}, "89120000002", "89120000003", "79120000002"),
        ({}, "89120000002", "89120000003", "79120000002"),
        (None, "89120000002", "89120000003", "79120000002"),
        ("89120000001", "89120000002", None, "79120000002"),
        ([], None, "89120000003", "79120000003"),
        (None, "", "89120000003", "79120000003"),
    ],
)
def test_the_buyers_own_word_counts_before_the_addresses(
    data: object, billing: str | None, shipping: str | None, chosen: str
) -> None:
    assert chosen_phone(data, billing, shipping) == chosen


@pytest.mark.parametrize(
    ("data", "billing"),
    [
        ({"phone": "+77011234567"}, "89120000002"),
        ({"phone": "abc"}, "89120000002"),
        ({"phone": 7.9}, "89120000002"),
        ({"phone": ["89120000001"]}, "89120000002"),
        ({"phone": False}, "89120000002"),
        ({"phone": 0}, "89120000002"),
        (None, "+375291234567"),
    ],
)
def test_a_phone_that_is_given_but_unusable_is_refused_and_never_skipped(data: object, billing: str) -> None:
    with pytest.raises(UnusablePhone):
        chosen_phone(data, billing, "89120000003")


def test_no_phone_at_all_is_missing() -> None:
    with pytest.raises(PhoneMissing):
        chosen_phone({"phone": ""}, None, " ")


def test_a_masked_phone_shows_its_last_two_digits() -> None:
    assert masked("79123456789") == "*********89"
