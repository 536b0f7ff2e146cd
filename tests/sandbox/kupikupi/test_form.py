"""A buyer types a code, and points move exactly where they should."""

from decimal import Decimal

import pytest
import requests

from saleor_kupikupi_sandbox.kupikupi import Kupikupi
from tests.sandbox.kupikupi.stage import (
    BUYER,
    FAIL,
    FAILS,
    PAYS,
    POOR,
    SUCCESS,
    UID,
    Clock,
    Make,
    Shop,
    ask,
    eventually,
    opened,
    status_of,
    typed,
)


def test_opening_the_form_shows_it_and_moves_nothing(provider: Kupikupi) -> None:
    url = opened(provider)
    assert status_of(provider) == "NEW"
    page = provider.open_form(url)
    assert page.status_code == 200
    assert "250,50" in page.text
    assert provider.transfer("order-1").code not in page.text
    assert status_of(provider) == "FORM_SHOWED"
    assert provider.balance_of(str(BUYER)) == 1_000


def test_the_right_code_and_the_shops_ok_move_the_points(provider: Kupikupi, shop: Shop) -> None:
    answer = typed(provider, opened(provider))
    assert (answer.status_code, answer.headers["Location"]) == (303, SUCCESS)
    assert status_of(provider) == "CONFIRMED"
    assert provider.balance_of(str(BUYER)) == Decimal("749.50")
    (claim,) = shop.received()
    assert claim.pop("message")
    assert claim == {
        "status": True,
        "transferStatus": "CONFIRMED",
        "errorCode": "0",
        "uidPlatform": UID,
        "orderId": "order-1",
    }


def test_a_json_ok_counts_too(provider: Kupikupi, shop: Shop) -> None:
    shop.answers = [('"OK"\n', 200)]
    typed(provider, opened(provider))
    assert status_of(provider) == "CONFIRMED"


@pytest.mark.parametrize("answer", [("OK", 409), ("", 200), ("ok", 200), ('{"status": "OK"}', 200), ("OK", 201)])
def test_without_the_shops_ok_the_points_stay_until_the_form_dies(
    provider: Kupikupi, shop: Shop, clock: Clock, answer: tuple[str, int]
) -> None:
    shop.answers = [answer]
    assert typed(provider, opened(provider)).headers["Location"] == FAIL
    assert eventually(lambda: not provider.transfer("order-1").notifying)
    assert status_of(provider) == "FORM_SHOWED"
    clock.now += 600
    assert status_of(provider) == "CANCELED"
    assert provider.balance_of(str(BUYER)) == 1_000


def test_a_form_nobody_uses_dies_after_its_lifetime(provider: Kupikupi, clock: Clock, shop: Shop) -> None:
    url = opened(provider)
    clock.now += 599
    assert status_of(provider) == "NEW"
    clock.now += 1
    assert status_of(provider) == "CANCELED"
    assert provider.open_form(url).status_code == 410
    assert typed(provider, url).status_code == 410
    assert shop.bodies == []


def test_a_wrong_code_is_refused_and_can_be_typed_again(provider: Kupikupi, shop: Shop) -> None:
    url = opened(provider)
    answer = provider.type_code(url, "0")
    assert answer.status_code == 422
    assert "Неверный код" in answer.text
    assert shop.bodies == []
    assert typed(provider, url).status_code == 303


def test_a_code_typed_twice_moves_the_points_once(provider: Kupikupi, shop: Shop) -> None:
    url = opened(provider)
    typed(provider, url)
    again = typed(provider, url)
    assert again.status_code == 200
    assert "Баллы переведены" in again.text
    assert provider.balance_of(str(BUYER)) == Decimal("749.50")
    assert len(shop.bodies) == 1


@pytest.mark.parametrize(
    ("phone", "becomes", "location"),
    [(PAYS, "CONFIRMED", SUCCESS), (POOR, "REJECTED", FAIL), (FAILS, "CANCELED", FAIL)],
)
def test_the_test_phones_end_as_the_manual_says(
    provider: Kupikupi, shop: Shop, phone: int, becomes: str, location: str
) -> None:
    assert typed(provider, opened(provider, phone=phone)).headers["Location"] == location
    assert status_of(provider) == becomes
    assert [claim["transferStatus"] for claim in shop.received()] == [becomes]
    assert [claim["status"] for claim in shop.received()] == [becomes == "CONFIRMED"]


def test_points_can_be_spent_once_only(provider: Kupikupi) -> None:
    urls = {order: opened(provider, order, amount=60_000) for order in ("order-1", "order-2")}
    for order, url in urls.items():
        typed(provider, url, order)
    assert [status_of(provider, order, 60_000) for order in urls] == ["CONFIRMED", "REJECTED"]
    assert provider.balance_of(str(BUYER)) == 400


def test_points_promised_to_one_shop_cannot_be_promised_again(make: Make) -> None:
    provider = make(notification_delays=(60.0,))
    urls = {order: opened(provider, order, amount=60_000) for order in ("order-1", "order-2")}
    for order, url in urls.items():
        typed(provider, url, order)
    assert [status_of(provider, order, 60_000) for order in urls] == ["FORM_SHOWED", "REJECTED"]


def test_confirmation_does_what_typing_the_code_does(provider: Kupikupi) -> None:
    opened(provider, "order-1")
    opened(provider, "order-2")
    code = provider.transfer("order-2").code
    assert ask(provider, "confirmation", phone=BUYER, code=int(code))["status"] is True
    assert eventually(lambda: status_of(provider, "order-2") == "CONFIRMED")
    assert status_of(provider, "order-1") == "NEW"


def test_confirmation_refuses_a_wrong_code_and_a_phone_with_nothing_pending(provider: Kupikupi) -> None:
    assert ask(provider, "confirmation", phone=BUYER, code=1234)["errorCode"] == "401"
    opened(provider)
    assert ask(provider, "confirmation", phone=BUYER, code=1)["errorCode"] == "402"
    assert ask(provider, "confirmation", phone=BUYER, code="12a4")["errorCode"] == "101"


def test_confirmation_of_a_transfer_that_fails_is_refused(provider: Kupikupi) -> None:
    opened(provider, phone=POOR)
    answer = ask(provider, "confirmation", phone=POOR, code=int(provider.transfer("order-1").code))
    assert (answer["status"], answer["errorCode"]) == (False, "403")
    assert status_of(provider) == "REJECTED"


def test_a_leading_zero_of_a_code_counts(make: Make) -> None:
    provider = make(codes=lambda: "0042")
    opened(provider)
    assert ask(provider, "confirmation", phone=BUYER, code=42)["errorCode"] == "402"
    assert ask(provider, "confirmation", phone=BUYER, code="0042")["status"] is True


@pytest.mark.parametrize(
    ("asked", "accepted", "title"),
    [
        ("", "", "Перевод баллов"),
        ("", "en-GB,en;q=0.9", "Points transfer"),
        ("", "de", "Перевод баллов"),
        ("?lang=ru", "en", "Перевод баллов"),
        ("?lang=en", "ru", "Points transfer"),
    ],
)
def test_the_form_speaks_the_buyers_language(provider: Kupikupi, asked: str, accepted: str, title: str) -> None:
    page = requests.get(opened(provider) + asked, headers={"Accept-Language": accepted}, timeout=5)
    assert f"<h1>{title}</h1>" in page.text


def test_the_code_arrives_in_the_buyers_own_account(provider: Kupikupi) -> None:
    opened(provider, "order-1")
    opened(provider, "order-2", phone=PAYS)
    page = requests.get(f"{provider.url}/cabinet?phone={BUYER}", timeout=5).text
    assert f">{provider.transfer('order-1').code}<" in page
    assert "order-2" not in page
    everyone = requests.get(f"{provider.url}/", timeout=5).text
    assert "order-1" in everyone
    assert "order-2" in everyone


def test_a_form_that_does_not_exist_is_not_found(provider: Kupikupi) -> None:
    assert provider.open_form(provider.url + "/form/none").status_code == 404
    assert provider.type_code(provider.url + "/form/none", "1").status_code == 404


def test_a_platform_without_addresses_shows_the_result_itself(provider: Kupikupi) -> None:
    provider.platform(UID).success_url = None
    answer = typed(provider, opened(provider))
    assert answer.status_code == 200
    assert "Баллы переведены" in answer.text
