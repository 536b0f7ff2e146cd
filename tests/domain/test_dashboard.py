"""Where a Dashboard can be, and the address of a transfer's page in it."""

import pytest

from saleor_kupikupi.domain.dashboard import LONGEST_LINK, is_dashboard, origins_for, transfer_link
from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.installation import Installation

API = "https://shop.example:8000/graphql/"
ORIGINS = origins_for(API, ("https://dashboard.example", "http://127.0.0.1:9000"))
REFERENCE = reference_of("cb492f89-8baa-4fcc-bba9-c1d9c4c162da")


def installation(dashboard_url: str, app_id: str = "QXBwOjE=") -> Installation:
    return Installation(1, API, "app", app_id, None, "3.22", dashboard_url)


def test_a_dashboard_is_at_the_origin_of_its_api_or_at_a_configured_one() -> None:
    assert ORIGINS == ("https://shop.example:8000", "https://dashboard.example", "http://127.0.0.1:9000")
    assert origins_for(API, ("https://shop.example:8000",)) == ("https://shop.example:8000",)


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("path", ["", "/dashboard", "/a/b-c_d.e~f"])
def test_a_dashboard_is_mounted_anywhere_at_its_origin(origin: str, path: str) -> None:
    assert is_dashboard(origin + path, ORIGINS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example",
        "https://dashboard.example.evil.example/dashboard",
        "https://dashboard.example:444/dashboard",
        "http://dashboard.example/dashboard",
        "https://dashboard.example@evil.example",
        "https://user@dashboard.example",
        "//dashboard.example",
        "javascript:alert(1)//https://dashboard.example",
        "https://dashboard.example/",
        "https://dashboard.example/dashboard/",
        "https://dashboard.example//dashboard",
        "https://dashboard.example/../dashboard",
        "https://dashboard.example/./dashboard",
        "https://dashboard.example/dash board",
        "https://dashboard.example/dash%20board",
        "https://dashboard.example/dashboard?a=b",
        "https://dashboard.example/dashboard#a",
        "https://dashboard.example/dashboard\n",
        "https://dashboard.example/" + "d" * 100,
    ],
)
def test_what_is_no_dashboard_of_this_saleor_is_not_taken_for_one(url: str) -> None:
    assert not is_dashboard(url, ORIGINS)


def test_a_transfers_page_is_below_the_app_in_the_dashboard() -> None:
    assert transfer_link(installation("https://shop.example/dashboard"), REFERENCE) == (
        f"https://shop.example/dashboard/extensions/app/QXBwOjE%3D/transfers/{REFERENCE}"
    )


def test_there_is_no_link_where_the_dashboard_is_not_known_or_it_would_be_cut() -> None:
    assert transfer_link(installation(""), REFERENCE) == ""
    longest = LONGEST_LINK - len(transfer_link(installation("https://d.example"), REFERENCE))
    assert len(transfer_link(installation("https://d.example" + "/" * longest), REFERENCE)) == LONGEST_LINK
    assert transfer_link(installation("https://d.example" + "/" * (longest + 1)), REFERENCE) == ""
