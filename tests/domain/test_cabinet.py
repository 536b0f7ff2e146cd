"""The address of the provider's cabinet."""

import pytest

from saleor_kupikupi.domain.cabinet import UnusableCabinet, cabinet_link, check_cabinet
from tests.domain.makings import transfer

PAID = transfer(payment_id="7/3&1")


@pytest.mark.parametrize(
    ("url", "link"),
    [
        ("", ""),
        ("https://c.example/", "https://c.example/"),
        ("https://c.example/{paymentId}", "https://c.example/7%2F3%261"),
        ("https://c.example/?o={orderId}", f"https://c.example/?o={PAID.reference}"),
    ],
)
def test_an_address_is_filled_in_for_a_payment(url: str, link: str) -> None:
    check_cabinet(url)
    assert cabinet_link(url, PAID) == link


def test_a_link_that_needs_an_id_which_is_not_known_is_none() -> None:
    assert cabinet_link("https://c.example/{paymentId}", transfer()) == ""
    assert cabinet_link("https://c.example/{orderId}", transfer()) != ""


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://c.example/", "not_https"),
        ("javascript:alert(1)", "not_https"),
        ("https://", "not_https"),
        ("https://user@c.example/", "not_https"),
        ("https://c.example/ {orderId}", "not_https"),
        ("https://c.example:99999/", "not_https"),
        ("https://c.example/{payment}", "place"),
        ("https://c.example/" + "a" * 140 + "{paymentId}", "too_long"),
    ],
)
def test_an_address_that_can_be_no_link_of_every_payment_is_refused(url: str, why: str) -> None:
    with pytest.raises(UnusableCabinet, match=why):
        check_cabinet(url)


def test_a_stored_address_that_can_be_no_link_is_none() -> None:
    assert cabinet_link("http://c.example/", PAID) == ""
