"""The provider's support: it hands out the keys, and takes the addresses that a shop's letter names."""

import requests

from saleor_kupikupi_sandbox.kupikupi import Kupikupi
from tests.sandbox.kupikupi.stage import FAIL, SECRET, SUCCESS, UID, Make

NEW = "https://app.example/api/notifications/KEY"


def desk(provider: Kupikupi, **asked: str) -> requests.Response:
    return requests.get(f"{provider.url}/desk", params={"lang": "en"} | asked, timeout=5)


def wrote(provider: Kupikupi, **addresses: str) -> requests.Response:
    return requests.post(f"{provider.url}/desk", {"uid": UID} | addresses, timeout=5, allow_redirects=False)


def test_the_desk_shows_what_a_shop_needs_to_connect(provider: Kupikupi) -> None:
    page = desk(provider).text
    for wanted in (UID, SECRET, provider.base_url, SUCCESS, FAIL, "DevSecretKey"):
        assert wanted in page


def test_the_key_of_production_is_named_otherwise(make: Make) -> None:
    page = desk(make(environment="production")).text
    assert "SecretKey" in page
    assert "DevSecretKey" not in page


def test_the_desk_speaks_russian(provider: Kupikupi) -> None:
    assert "Поддержка" in desk(provider, lang="ru").text


def test_addresses_of_a_letter_are_registered(provider: Kupikupi) -> None:
    answer = wrote(provider, success_url=" https://shop.example/paid ", fail_url="", notification_url=NEW)
    assert answer.status_code == 303
    platform = provider.platform(UID)
    assert (platform.success_url, platform.fail_url, platform.notification_url) == (
        "https://shop.example/paid",
        None,
        NEW,
    )
    assert NEW in desk(provider).text


def test_a_letter_about_another_shop_changes_nothing(provider: Kupikupi) -> None:
    assert wrote(provider, uid="stranger", notification_url=NEW).status_code == 404
    assert provider.platform(UID).success_url == SUCCESS
