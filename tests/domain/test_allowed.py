import pytest

from saleor_kupikupi.domain.allowed import AllowList, ProviderList, is_public

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
        ((), r"/.*\.example\.com.*/", SHOP, True),
        ((), r"^https://[a-z]+\.example\.com/graphql/$", SHOP, True),
        ((), r"/https://[a-z]+\.example\.com/graphql//", SHOP, True),
        ((), r"https://shop\.example\.com/graphql/", SHOP, True),
        ((), r"shop\.example\.com", SHOP, False),
        ((), r"https://shop\.example\.com", "https://shop.example.com.evil.org/graphql/", False),
        ((), r".*\.example\.com/graphql/", "https://evil.org/.example.com/graphql/", False),
        ((), r"example\.com", "https://evil.org/example.com/graphql/", False),
        ((), r"example\.com", "https://evil.org/graphql/?example.com", False),
        ((), "example.com", "nonsense", False),
        ((SHOP,), r".*other\.org.*", "https://other.org/graphql/", True),
        ((SHOP,), "", "https://shop.example.com:99999/graphql/", False),
        (("https://*",), "", "https://[", False),
        (("https://*/",), "", "https://:1/", False),
        (("https://*",), "", f"https://{'a' * 200}.example/", False),
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


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("64:ff9b::93.184.216.34", True),
        ("2002:5db8:d822::1", True),
        *(
            (address, False)
            for address in (
                *("127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
                *("0.0.0.0", "255.255.255.255", "224.0.0.1", "239.1.1.1", "240.0.0.1", "198.18.0.1"),  # noqa: S104 - nothing is bound
                *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "ff0e::1", "::ffff:127.0.0.1"),
                *("::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:7f00:1::1", "2002:a00:1::1"),
            )
        ),
    ],
)
def test_what_is_no_address_of_the_internet_is_not_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_what_is_named_by_a_host_without_a_star_may_be_anywhere_and_nothing_else() -> None:
    urls = (
        "http://api:8000/graphql/",
        "http://10.0.0.9:*/graphql/",
        "http://[::1]:*/graphql/",
        "http://[*]/graphql/",
        "https://Shop.internal/graphql/",
        "http://*/graphql/",
        "https://*.x/graphql/",
    )
    listed = AllowList(urls, ".*")

    assert listed.may_reach("api", 8000, "10.0.0.2")
    assert listed.may_reach("shop.INTERNAL", 443, "10.0.0.2")
    assert listed.may_reach("other.example", 443, "93.184.216.34")
    assert listed.may_reach("10.0.0.9", 8080, "10.0.0.9")
    assert listed.may_reach("::1", 8080, "::1")
    assert not listed.may_reach("api", 6379, "10.0.0.2")
    assert not listed.may_reach("shop.internal", 80, "10.0.0.2")
    assert not listed.may_reach("other.example", 443, "10.0.0.2")
    assert not listed.may_reach("*", 80, "127.0.0.1")
