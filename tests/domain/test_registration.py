"""The letter to the provider's support."""

from saleor_kupikupi.domain.addresses import Flaw
from saleor_kupikupi.domain.registration import Site, flaws_of, is_complete, letter, would_be_accepted
from saleor_kupikupi.domain.transfer import Environment

SHOP = Site("https://shop.example", "https://shop.example/paid", "https://shop.example/failed")


def test_the_letter_names_every_address_of_both_sites_and_says_what_is_missing() -> None:
    sites = {Environment.PRODUCTION: SHOP, Environment.TEST: Site("https://test.shop.example")}
    keys = {each: f"https://points.example/api/notifications/{each}" for each in Environment}

    text = letter(sites, keys)

    production, test = text.split("Тестовая версия сайта")
    for address in ("https://shop.example/paid", "https://shop.example/failed", keys[Environment.PRODUCTION]):
        assert address in production
    assert "Адрес сайта: https://test.shop.example\nSuccessURL: (не указано)\nFailURL: (не указано)\n" in test
    assert keys[Environment.TEST] in test
    assert "SecretKey, DevSecretKey и UidPlatform" in test


def test_each_wrong_address_is_named_and_a_missing_one_is_not_wrong() -> None:
    assert flaws_of(Site("https://shop.example", "shop", "http://shop.example")) == {
        "success_url": Flaw.UNREADABLE,
        "fail_url": Flaw.NOT_HTTPS,
    }
    assert flaws_of(Site()) == {}
    assert (is_complete(SHOP), is_complete(Site("https://shop.example"))) == (True, False)


def test_the_provider_takes_public_addresses_alone() -> None:
    assert would_be_accepted("https://points.example/api/notifications/key")
    assert not would_be_accepted("http://127.0.0.1:8000/api/notifications/key")
    assert not would_be_accepted("points.example")
