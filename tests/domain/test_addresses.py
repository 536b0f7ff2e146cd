"""Which addresses are usable, and which lead below an allowed one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.domain.addresses import Flaw, UnusableAddress, is_allowed, read_address

ALLOWED = ("https://shop.example/pay", "https://b2b.example:8443/", "http://127.0.0.1:3000/back/")


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/pay",
        "https://shop.example/pay/",
        "https://shop.example/pay/done?order=1&next=/a/b",
        "HTTPS://Shop.Example:443/pay",
        "https://b2b.example:8443",
        "https://b2b.example:8443/anything/at/all",
        "http://127.0.0.1:3000/back/%D0%BE",
    ],
)
def test_what_stands_below_an_allowed_address_is_allowed(url: str) -> None:
    assert is_allowed(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        ["https://shop.example/pay"],
        {"url": "https://shop.example/pay"},
        "",
        "/pay",
        "//shop.example/pay",
        "https:shop.example/pay",
        "https:///pay",
        "javascript:alert(1)//https://shop.example/pay",
        "http://shop.example/pay",
        "https://shop.example:8443/pay",
        "https://shop.example:99999/pay",
        "https://shop.example.evil.example/pay",
        "https://evil.example/https://shop.example/pay",
        "https://shop.example/payday",
        "https://shop.example/PAY",
        "https://shop.example/",
        "https://shop.example/pay/../admin",
        "https://shop.example/pay/%2e%2E/admin",
        "https://shop.example/pay/..%2fadmin",
        "https://shop.example/pay/%5c..",
        "https://shop.example/pay//evil.example",
        "https://shop.example\\@evil.example/pay",
        "https://shop.example/pay\\..\\x",
        "https://shop.example@evil.example/pay",
        "https://user:secret@shop.example/pay",
        "https://shop.example/pay#done",
        "https://shop.example/pay?a=1#done",
        "https://shop.example/pay done",
        " https://shop.example/pay",
        "https://shop.example/pay\n",
        "https://shop.example/pay\r\nSet-Cookie: a=b",
        "https://shop.example/pay\x00",
        "https://shop.example/pay/%00",
        "https://ѕhop.example/pay",
        "https://shop.example/pay/ответ",
        "https://shop.example/pay/" + "a" * 512,
    ],
)
def test_everything_else_is_not(url: object) -> None:
    assert not is_allowed(url, ALLOWED)


def test_an_empty_list_allows_nothing() -> None:
    assert not is_allowed("https://shop.example/pay", ())


@given(st.text(max_size=40))
def test_no_text_behind_an_allowed_host_leaves_it(text: str) -> None:
    url = f"https://shop.example{text}"
    if is_allowed(url, ("https://shop.example/",)):
        assert text == "" or text.lower().startswith((":443", "/", "?"))


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("https://shop.example/" + "a" * 492, Flaw.TOO_LONG),
        ("shop.example", Flaw.UNREADABLE),
        ("https://-", Flaw.UNREADABLE),
        ("https://shop.example.", Flaw.UNREADABLE),
        ("https://магазин.рф/", Flaw.NOT_LATIN),
        ("http://shop.example/", Flaw.NOT_HTTPS),
        ("http://localhost.evil.example/", Flaw.NOT_HTTPS),
    ],
)
def test_an_unusable_address_says_what_is_wrong_with_it(url: str, flaw: Flaw) -> None:
    with pytest.raises(UnusableAddress, match=flaw.value[:20]) as refused:
        read_address(url)
    assert refused.value.flaw is flaw


def test_the_longest_address_may_be_used_and_one_of_this_machine_is_not_public() -> None:
    assert read_address("https://shop.example/" + "a" * 491).is_public
    assert not read_address("http://[::1]:8000").is_public
    assert not read_address("https://localhost/").is_public
    assert not read_address("https://shop/").is_public
    assert read_address("https://xn--80aaxitdbjk.xn--p1ai/").is_public
