"""A storefront says where its buyer comes back, and gets it back with every answer."""

import pytest

from saleor_kupikupi.domain.wording import shopper_text
from tests.journeys.payments import open_payment
from tests.world import Session, World

SHOP = "https://one.shop.example/paid"


def failure_of(payment: Session) -> str:
    assert payment.event.type == "CHARGE_FAILURE"
    return str(payment.event.message)


def test_an_allowed_return_address_comes_back_with_every_answer(world: World) -> None:
    world.choose(return_urls=("https://two.shop.example", SHOP))
    url = f"{SHOP}/done?order=7"

    payment = open_payment(world, data={"returnUrl": url})
    again = world.process(payment, {"returnUrl": "https://evil.example"})
    world.type_code(payment)
    paid = world.process(payment)

    assert world.transfer(payment).return_url == url
    assert [each.data["returnUrl"] for each in (payment, again, paid)] == [url] * 3
    assert (again.data["transferURL"], paid.event.type) == (payment.data["transferURL"], "CHARGE_SUCCESS")


def test_a_failure_sends_the_buyer_on_too(world: World) -> None:
    world.choose(return_urls=(SHOP,))
    world.provider.fault("refuse", "init")
    payment = open_payment(world, data={"returnUrl": SHOP})

    assert failure_of(payment)
    assert payment.data["returnUrl"] == SHOP


@pytest.mark.parametrize("allowed", [(), ("https://two.shop.example",)])
def test_a_return_address_that_is_not_on_the_list_is_refused_before_anything_is_sent(
    world: World, allowed: tuple[str, ...]
) -> None:
    world.choose(return_urls=allowed)

    payment = open_payment(world, data={"returnUrl": SHOP})

    assert payment.problems == ["return_url_not_allowed"]
    assert payment.data["errors"][0]["message"] == shopper_text("return_url_not_allowed", "ru")
    assert "“Return addresses”" in failure_of(payment)
    assert world.sent("init") == []
    assert world.transfer(payment).return_url is None
    assert "returnUrl" not in payment.data


def test_hostile_return_addresses_are_refused(world: World) -> None:
    world.choose(return_urls=(SHOP,))
    hostile = (7, True, "", [SHOP], {"url": SHOP}, f"{SHOP}#x", f"{SHOP}\\..", "//one.shop.example/paid", f"{SHOP}\n")

    for url in hostile:
        assert open_payment(world, data={"returnUrl": url}).problems == ["return_url_not_allowed"], url
    assert world.sent("init") == []


def test_a_storefront_that_says_nothing_gets_nothing_back(world: World) -> None:
    for data in (None, {"returnUrl": None}, [SHOP]):
        payment = open_payment(world, data=data)
        assert payment.data["transferURL"]
        assert "returnUrl" not in payment.data


def test_an_offer_asks_for_no_return_address(world: World) -> None:
    checkout = world.saleor.create_checkout(phone="+79161234567")

    assert world.offer(checkout.id, {"returnUrl": "https://evil.example"})["available"] is True
