from typing import Any

import pytest

from saleor_kupikupi.saleor.manifest import Manifest, document, read_template


def manifest(**changes: Any) -> Manifest:
    given = {"app_identifier": "shop.points", "base_url": "https://points.example", "iframe_url": None}
    return Manifest(read_template(), **(given | changes))


def urls_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [url for inner in value.values() for url in urls_in(inner)]
    if isinstance(value, list):
        return [url for inner in value for url in urls_in(inner)]
    return [value] if isinstance(value, str) and value.startswith("http") else []


@pytest.mark.parametrize("base_url", ["https://points.example", "https://points.example/"])
def test_the_blanks_are_filled(base_url: str) -> None:
    filled = manifest(base_url=base_url).for_version("3.22")
    assert filled["id"] == "shop.points"
    assert filled["tokenTargetUrl"] == "https://points.example/api/register"
    assert filled["appUrl"] == "https://points.example/app"
    assert filled["brand"]["logo"]["default"] == "https://points.example/static/logo.png"
    assert {url.split("/")[2] for url in urls_in(filled)} == {"points.example"}
    assert "{" not in "".join(urls_in(filled))


def test_the_page_for_staff_may_have_another_address() -> None:
    filled = manifest(iframe_url="https://staff.example/").for_version(None)
    assert filled["appUrl"] == "https://staff.example/app"
    assert filled["tokenTargetUrl"] == "https://points.example/api/register"


@pytest.mark.parametrize("version", ["3.23", "3.23.28", "3.24", "4.0", "10.0"])
def test_webhooks_are_identified_where_saleor_knows_identifiers(version: str) -> None:
    identifiers = [webhook["identifier"] for webhook in manifest().for_version(version)["webhooks"]]
    assert len(set(identifiers)) == len(identifiers) == 7


@pytest.mark.parametrize(
    "version", ["3.21", "3.22", "3.22.67", None, "", "latest", "3", "3.x", "2.99", "3.230000", "9" * 5000]
)
def test_any_other_version_gets_what_all_accept(version: str | None) -> None:
    served = manifest().for_version(version)
    assert all("identifier" not in entry for entry in (*served["webhooks"], *served["extensions"]))


@pytest.mark.parametrize("version", ["3.22", "3.22.67", "3.23", "10.0"])
def test_an_orders_widget_is_served_to_saleors_that_know_widgets(version: str) -> None:
    (widget,) = manifest(iframe_url="https://staff.example").for_version(version)["extensions"]
    assert (widget["mount"], widget["target"]) == ("ORDER_DETAILS_WIDGETS", "WIDGET")
    assert widget["url"] == "https://staff.example/widget/order"
    assert widget["options"] == {"widgetTarget": {"method": "GET"}}


@pytest.mark.parametrize("version", ["3.21", "3.21.69", None, "", "latest", "2.99", "3.230000"])
def test_other_saleors_are_served_no_widget_which_they_would_not_install_with(version: str | None) -> None:
    assert manifest().for_version(version)["extensions"] == []


def test_a_manifest_is_made_once_for_each_kind_of_saleor() -> None:
    made = manifest()
    assert made.for_version("3.21") is made.for_version(None) is not made.for_version("3.22")
    assert made.for_version("3.22") is made.for_version("3.22.67") is not made.for_version("3.23")
    assert made.for_version("3.23") is made.for_version("3.24")


def test_an_address_longer_than_saleor_keeps_is_refused() -> None:
    fits = "https://" + "a" * (200 - len("https:///api/webhooks/payment_gateway_initialize_session"))
    manifest(base_url=fits)
    with pytest.raises(ValueError, match="200"):
        manifest(base_url=fits + "a")


def test_what_is_no_text_stays_as_it_is() -> None:
    template = {**read_template(), "webhooks": [{"query": "app_deleted", "isActive": False}]}
    filled = Manifest(template, "shop.points", "https://points.example").for_version("3.23")
    assert filled["webhooks"][0]["isActive"] is False


def test_a_document_brings_the_fragment_that_it_uses() -> None:
    assert "fragment Source" in document("transaction_process_session")
    assert "fragment Source" not in document("report")
