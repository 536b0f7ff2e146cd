"""Who may install the app, and which servers it may be sent to."""

import pytest

from saleor_kupikupi.domain.allow_lists import AllowList, ProviderList

SHOP = "https://shop.example.com/graphql/"


@pytest.mark.parametrize(
    ("urls", "pattern", "api_url", "allowed"),
    [
        ((SHOP,), "", SHOP, True),
        ((SHOP,), "", "https://shop.example.com/graphql", False),
        ((SHOP,), "", "http://shop.example.com/graphql/", False),
        ((SHOP,), "", "https://shop.example.com.evil.org/graphql/", False),
        (("https://*.example.com/graphql/",), "", SHOP, True),
        (("https://*.example.com/graphql/",), "", "https://a.b.example.com/graphql/", True),
        (("https://*.example.com/graphql/",), "", "https://evil.org/.example.com/graphql/", False),
        (("https://*.example.com/graphql/",), "", "https://evil.org?.example.com/graphql/", False),
        (("https://*.example.com/graphql/",), "", "https://evil.org#.example.com/graphql/", False),
        (("https://*.example.com/graphql/",), "", "https://evil.org\\.example.com/graphql/", False),
        (("https://*.example.com/graphql/",), "", "https://user@evil.org:1.example.com/graphql/", False),
        (("*",), "", SHOP, False),
        (("https://*/graphql/",), "", SHOP, True),
        ((), r"/.*\.example\.com/", SHOP, True),
        ((), r"^https://[a-z]+\.example\.com/graphql/$", SHOP, True),
        ((), r"example\.com", "https://evil.org/example.com/graphql/", False),
        ((), r"example\.com", "https://evil.org/graphql/?example.com", False),
        ((), "example.com", "nonsense", False),
        ((SHOP,), r"other\.org", "https://other.org/graphql/", True),
        ((SHOP,), "", "https://shop.example.com:99999/graphql/", False),
        (("https://[::1]:8000/graphql/",), "", "https://[::1]:8000/graphql/", True),
    ],
)
def test_only_the_listed_saleors_may_install(urls: tuple[str, ...], pattern: str, api_url: str, allowed: bool) -> None:
    assert (AllowList(urls, pattern).refusal(api_url) is None) is allowed


def test_an_empty_list_refuses_all_and_says_which_variable_to_set() -> None:
    assert "ALLOWED_SALEOR_URLS" in str(AllowList((), "").refusal(SHOP))
    assert "ALLOWED_SALEOR_URLS" in str(AllowList((SHOP,), "").refusal("https://other.org/graphql/"))


@pytest.mark.parametrize(
    ("home", "at_home"),
    [("http://127.0.0.1:8000", True), ("http://localhost:8000/app", True), ("https://points.example", False)],
)
def test_only_an_app_on_this_machine_may_call_this_machine(home: str, at_home: bool) -> None:
    listed = ProviderList((), home)

    assert listed.allows("https://payapi.kupi-kupi.shop/api/v1/transfer/")
    assert listed.allows("http://127.0.0.1:9000/api/") is at_home
    assert not listed.allows("http://10.0.0.1/api/")
    assert not listed.allows("https://a.example/api/")


def test_below_an_address_that_the_operator_lists_is_allowed() -> None:
    listed = ProviderList(("https://a.example/api/",), "https://points.example")

    assert listed.allows("https://a.example/api/v1/transfer/")
    assert not listed.allows("https://a.example/other/")
