"""The pages that a buyer may come back to until the shop has its own."""

import re

import pytest
import requests

from saleor_kupikupi.store.sealing import Vault
from tests.web.test_connections_screen import call
from tests.web.test_kit_screen import kit, letter_in
from tests.world import KEY, World

PUBLIC = "https://points.example"
SHOP = "https://shop.example/?a=1&b=2"


@pytest.fixture
def offered(world: World) -> dict[str, str]:
    """The addresses that the form offers for the pages of both sites, by the field's name."""
    world.other_process(base_url=PUBLIC)
    text = call(world, kit(world)).text
    return dict(re.findall(r'name="(\w+_(?:success|fail)_url)"[^>]*value="([^"]+)"', text))


def seen(world: World, address: str) -> requests.Response:
    return requests.get(address.replace(PUBLIC, world.url), timeout=5)


def test_the_letter_offers_a_page_for_each_outcome_of_each_site(world: World, offered: dict[str, str]) -> None:
    text = letter_in(call(world, kit(world)).text)

    assert len(set(offered.values())) == len(offered) == 4
    assert all(f": {address}\n" in text for address in offered.values())
    assert all(re.fullmatch(rf"{PUBLIC}/return/\d+-[0-9a-f]{{16}}/(success|fail)", each) for each in offered.values())
    assert [key for key in keys_of(world) if key in "".join(offered.values())] == []


def keys_of(world: World) -> list[str]:
    return re.findall(r"/api/notifications/(\S+)", letter_in(call(world, kit(world)).text))


def test_what_the_shop_gives_takes_the_place_of_the_offer(world: World, offered: dict[str, str]) -> None:
    own = {"test_site_url": SHOP, "test_success_url": "https://shop.example/paid"}
    text = letter_in(call(world, kit(world), own).text)

    assert "SuccessURL: https://shop.example/paid\n" in text
    assert f"FailURL: {offered['test_fail_url']}\n" in text


def test_where_the_provider_could_not_take_them_none_is_offered(world: World) -> None:
    assert "/return/" not in call(world, kit(world)).text


@pytest.mark.parametrize(
    ("page", "russian", "english"),
    [
        ("success", "Магазин подтвердит заказ письмом", "The shop confirms your order by mail"),
        ("fail", "Оплата баллами не завершена", "The payment with points is not complete"),
    ],
)
def test_a_page_says_it_in_both_languages_and_leads_to_the_shop(
    world: World, offered: dict[str, str], page: str, russian: str, english: str
) -> None:
    call(world, kit(world), {"test_site_url": SHOP, "production_site_url": "https://real.example"})
    answer = seen(world, offered[f"test_{page}_url"])

    assert answer.status_code == 200
    assert russian in answer.text
    assert english in answer.text
    assert answer.text.count('href="https://shop.example/?a=1&amp;b=2"') == 2
    assert 'href="https://real.example"' in seen(world, offered[f"production_{page}_url"]).text
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "public_id",
    ["x", "1", "1-", "1-0123456789abcdef", "-", "٣-0123456789abcdef", "1-é", "9" * 39, "9" * 200, "1-" + "a" * 200],
)
def test_an_id_that_is_nobodys_gets_the_words_without_a_link(world: World, public_id: str) -> None:
    answer = requests.get(f"{world.url}/return/{public_id}/success", timeout=5)

    assert (answer.status_code, "Спасибо!" in answer.text, "<a " in answer.text) == (200, True, False)


def test_before_the_shop_gave_its_site_there_is_no_link(world: World, offered: dict[str, str]) -> None:
    answer = seen(world, offered["test_success_url"])

    assert (answer.status_code, "<a " in answer.text) == (200, False)


def test_the_page_of_a_connection_that_is_gone_has_no_link(world: World, offered: dict[str, str]) -> None:
    gone = Vault([KEY]).fingerprint("test of 77", "return page")[:16]

    assert "<a " not in seen(world, f"{PUBLIC}/return/77-{gone}/success").text


def test_a_page_is_found_under_an_older_key_too(world: World, offered: dict[str, str]) -> None:
    call(world, kit(world), {"test_site_url": SHOP})
    world.other_process(vault=Vault(["a newer key that is long enough for it", KEY]))

    assert "<a " in seen(world, offered["test_success_url"]).text


def test_the_page_is_there_while_the_database_is_not(world: World, offered: dict[str, str]) -> None:
    call(world, kit(world), {"test_site_url": SHOP})
    world.other_process(database=world.parts.database.__class__("postgresql://127.0.0.1:1/none", pool_size=1))
    answer = seen(world, offered["test_success_url"])

    assert (answer.status_code, "<a " in answer.text) == (200, False)
