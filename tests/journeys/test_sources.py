"""What is paid for and by whom: checkouts and orders, parts of a sum, phones in many spellings."""

from decimal import Decimal
from typing import Any

import pytest

from saleor_kupikupi.domain.transfer import SourceKind
from tests.world import RICH, RICH_DIGITS, World

OTHER = "+79167654321"


# checkouts and orders


def test_an_order_is_paid(world: World) -> None:
    order = world.saleor.create_order(total="99.90", phone=RICH)
    opened = world.pay(order.id)
    assert (opened.event.type, opened.event.psp_reference) == ("CHARGE_ACTION_REQUIRED", opened.token)
    assert world.sent("init") == [{"phone": int(RICH_DIGITS), "orderId": opened.token, "amount": 9990}]
    row = world.transfer(opened)
    assert (row.source_kind, row.source_id, row.source_key) == (SourceKind.ORDER, order.id, order.id)
    world.paid(opened)
    assert world.saleor.order(order.id).charge_status == "FULL"


def test_two_payments_of_an_order_supersede_and_stop_each_other_too(world: World) -> None:
    order = world.saleor.create_order(total="10", phone=RICH).id
    older, newer = world.pay(order), world.pay(order)
    assert world.transfer(older).superseded_at
    world.provider.notify(newer.token)
    assert world.pay(order).problems == ["payment_in_progress"]


def test_an_order_and_the_checkout_it_came_from_are_one_thing_to_pay_for(world: World) -> None:
    checkout = world.saleor.create_checkout(total="10", phone=RICH)
    world.saleor.down()
    first = world.pay(checkout.id)
    world.type_code(first)
    assert world.process(first).event.type == "CHARGE_SUCCESS"
    order = world.saleor.checkout_complete(checkout.id)
    second = world.pay(order.id, amount="5")
    assert second.problems == ["payment_in_progress"]
    row = world.transfer(second)
    assert (row.source_kind, row.source_id, row.source_key) == (SourceKind.ORDER, order.id, checkout.id)
    world.saleor.clear()
    world.clock.forward(minutes=1)
    world.work()
    world.verified()
    assert world.pay(order.id, amount="5").problems == ["payment_in_progress"]  # it is paid in full


def test_a_payment_of_the_checkout_is_superseded_by_one_of_its_order(world: World) -> None:
    checkout = world.saleor.create_checkout(total="10", phone=RICH)
    older = world.pay(checkout.id, amount="10")
    world.saleor.change_total(checkout.id, "0")
    order = world.saleor.checkout_complete(checkout.id)
    newer = world.pay(order.id, amount="4")
    assert newer.data["transferURL"]
    assert world.transfer(older).superseded_at


def test_a_payment_begun_on_a_checkout_is_booked_on_its_order(world: World) -> None:
    checkout = world.saleor.create_checkout(total="10", phone=RICH)
    opened = world.pay(checkout.id)
    world.type_code(opened)
    world.saleor.change_total(checkout.id, "0")
    order = world.saleor.checkout_complete(checkout.id)
    world.work()
    assert world.charged(opened) == "10.00"
    assert opened.token in {each.token for each in world.saleor.transactions(order.id)}


@pytest.mark.parametrize("action", [None, "AUTHORIZATION"])
def test_a_channel_that_authorises_is_charged_all_the_same(world: World, action: str | None) -> None:
    world.saleor.channel("later", flow="CHARGE" if action else "AUTHORIZATION")
    checkout = world.saleor.create_checkout("later", total="10", phone=RICH)
    opened = world.pay(checkout.id, action=action)
    assert [each.type for each in opened.transaction.events] == ["AUTHORIZATION_REQUEST", "CHARGE_ACTION_REQUIRED"]
    world.type_code(opened)
    assert world.process(opened).event.type == "CHARGE_SUCCESS"
    world.work()
    assert world.charged(opened) == "10.00"
    assert world.saleor.checkout(checkout.id).charge_status == "FULL"


def test_a_failure_in_a_channel_that_authorises_is_a_charge_failure(world: World) -> None:
    world.saleor.channel("later", flow="AUTHORIZATION")
    world.provider.fault("refuse", "init")
    assert world.pay(world.saleor.create_checkout("later", phone=RICH).id).event.type == "CHARGE_FAILURE"


# sums


def test_a_part_is_paid_with_points(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1000", phone=RICH)
    opened = world.pay(checkout.id, amount="250.10")
    assert world.sent("init")[0]["amount"] == 25_010
    world.paid(opened)
    assert world.charged(opened) == "250.10"
    assert world.saleor.checkout(checkout.id).charge_status == "PARTIAL"


def test_a_sum_is_paid_in_parts(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1000", phone=RICH)
    first = world.pay(checkout.id, amount="250.10")
    world.paid(first)
    rest = world.pay(checkout.id)
    world.paid(rest)
    assert [each["amount"] for each in world.sent("init")] == [25_010, 74_990]
    assert world.saleor.checkout(checkout.id).charge_status == "FULL"
    assert world.provider.balance_of(RICH_DIGITS) == 100_000 - 1000


@pytest.mark.parametrize("total", ["0.01", "0.07", "1.10", "19.99", "33.33", "1234.50", "8050.55"])
def test_every_kopeck_arrives(world: World, total: str) -> None:
    opened = world.pay(world.saleor.create_checkout(total=total, phone=RICH).id)
    world.paid(opened)
    assert world.sent("init")[0]["amount"] == int(Decimal(total) * 100)
    assert Decimal(world.charged(opened)) == Decimal(total)
    assert world.provider.balance_of(RICH_DIGITS) == 100_000 - Decimal(total)


def test_a_basket_that_grows_meanwhile_is_paid_in_part(world: World) -> None:
    checkout = world.saleor.create_checkout(total="10", phone=RICH)
    opened = world.pay(checkout.id)
    world.saleor.change_total(checkout.id, "15")
    world.paid(opened)
    assert world.charged(opened) == "10.00"
    assert world.saleor.checkout(checkout.id).charge_status == "PARTIAL"


# phones


@pytest.mark.parametrize(
    "phone",
    [
        "+79161234567",
        "79161234567",
        "89161234567",
        "9161234567",
        "8 916 123-45-67",
        "+7 (916) 123 45 67",
        "8(916)123-45-67",
        "+7-916-123-45-67",
        "8.916.123.45.67",
        "\u202a+7\u00a0916\u00a0123\u201145\u201167\u202c",
        79161234567,
        9161234567,
    ],
)
def test_a_phone_is_understood_in_every_usual_spelling(world: World, phone: Any) -> None:
    opened = world.pay(world.saleor.create_checkout(total="10", phone="").id, {"phone": phone})
    assert world.sent("init") == [{"phone": 79161234567, "orderId": opened.token, "amount": 1000}]
    assert world.transfer(opened).phone_last4 == "4567"


@pytest.mark.parametrize(
    ("typed", "billing", "shipping"),
    [
        (RICH, OTHER, OTHER),
        (None, RICH, OTHER),
        ("", RICH, OTHER),
        ("  ", RICH, OTHER),
        (None, "", RICH),
    ],
)
def test_the_first_phone_that_is_given_counts(world: World, typed: str | None, billing: str, shipping: str) -> None:
    checkout = world.saleor.create_checkout(phone=billing, shipping_phone=shipping)
    world.pay(checkout.id, {"phone": typed})
    assert world.sent("init")[0]["phone"] == int(RICH_DIGITS)


@pytest.mark.parametrize(
    ("typed", "billing"),
    [
        ("12345", RICH),
        ("+77012345678", RICH),
        ("+74951234567", RICH),
        ("+79161234567 доб. 5", RICH),
        ("+79161234567;ext=5", RICH),
        (True, RICH),
        ({"number": RICH}, RICH),
        (7.5, RICH),
        (None, "+375291234567"),
    ],
)
def test_a_phone_that_cannot_be_used_is_refused_and_never_skipped(world: World, typed: Any, billing: str) -> None:
    checkout = world.saleor.create_checkout(phone=billing, shipping_phone=RICH)
    refused = world.pay(checkout.id, {"phone": typed})
    assert (refused.event.type, refused.problems) == ("CHARGE_FAILURE", ["phone_invalid"])
    assert world.provider.calls() == []


@pytest.mark.parametrize("data", [None, [], ["+79167654321"], "+79167654321", 79167654321])
def test_data_that_names_no_phone_is_passed_over(world: World, data: Any) -> None:
    world.pay(world.saleor.create_checkout(phone=RICH).id, data)
    assert world.sent("init")[0]["phone"] == int(RICH_DIGITS)


# other money


def test_a_channel_in_dollars_beside_one_in_roubles_is_told_apart(world: World) -> None:
    world.saleor.channel("usd", currency="USD")
    assert world.pay(world.saleor.create_checkout("usd", phone=RICH).id).problems == ["currency"]
    assert world.pay(world.saleor.create_checkout(phone=RICH).id).data["transferURL"]
    assert len(world.provider.calls("init")) == 1
