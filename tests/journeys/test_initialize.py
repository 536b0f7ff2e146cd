"""A payment is opened: what the provider is sent, what is written down, what the storefront gets."""

import json
from datetime import datetime
from typing import Any

import pytest

from saleor_kupikupi.domain.transfer import Environment, State
from saleor_kupikupi.flows.configure import save_credentials
from tests.world import RICH, RICH_DIGITS, SECRET, UID, World
from tests.world import world as made_world


def last_answer(world: World) -> dict[str, Any]:
    answer = world.saleor.last_webhook("transaction_initialize_session")[3]
    read: dict[str, Any] = json.loads(answer or b"")
    return read


def test_an_accepted_payment_leads_to_the_form(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    opened = world.pay(checkout.id)
    registered = world.provider.transfer(opened.token)
    assert (opened.event.type, opened.event.psp_reference) == ("CHARGE_ACTION_REQUIRED", opened.token)
    assert f"{opened.event.amount:.2f}" == "1234.50"
    assert opened.data == {
        "transferURL": f"{world.provider.url}/form/{registered.form_key}",
        "orderId": opened.token,
        "paymentId": str(registered.payment_id),
        "status": "NEW",
    }
    assert world.charged(opened) == "0.00"
    assert world.saleor.checkout(checkout.id).charge_status == "NONE"


def test_the_provider_is_sent_the_phone_the_reference_and_whole_kopecks(world: World) -> None:
    opened = world.pay(world.saleor.create_checkout(total="1234.50", phone=RICH).id)
    assert world.sent("init") == [{"phone": int(RICH_DIGITS), "orderId": opened.token, "amount": 123_450}]
    assert [call.method for call in world.provider.calls()] == ["init"]


def test_the_row_keeps_what_the_transfer_is_followed_with(world: World) -> None:
    opened = world.pay(world.saleor.create_checkout(total="1234.50", phone=RICH).id)
    row = world.transfer(opened)
    assert (row.state, row.amount, row.phone_last4, row.connection_id) == (
        State.OPEN,
        123_450,
        "4567",
        world.connection.id,
    )
    assert row.payment_id == opened.data["paymentId"]
    assert row.transfer_url == opened.data["transferURL"]
    assert world.story(opened) == ["REQUESTED", "OPEN"]
    assert world.reports(opened) == []


def test_an_answer_is_as_saleor_wants_it(world: World) -> None:
    world.pay(world.saleor.create_checkout(phone=RICH).id)
    answer = last_answer(world)
    assert datetime.fromisoformat(answer["time"]).utcoffset() is not None
    assert "externalUrl" not in answer
    assert answer["paymentMethodDetails"] == {"type": "OTHER", "name": "Kupi-Kupi"}
    assert answer["message"].startswith("TEST")


@pytest.mark.parametrize("version", ["3.21", "3.23"])
def test_every_version_of_saleor_can_pay(database_url: str, version: str) -> None:
    with made_world(database_url, version=version) as world:
        opened = world.pay(world.saleor.create_checkout(total="10", phone=RICH).id)
        world.paid(opened)
        assert world.charged(opened) == "10.00"


@pytest.mark.parametrize(
    ("language", "words"),
    [("RU", "Карта потеряна"), ("EN", "Kupi-Kupi did not accept this payment.")],
)
def test_a_decline_is_told_to_the_shopper_and_to_the_merchant(world: World, language: str, words: str) -> None:
    world.provider.fault("refuse", "init", code="7", message="Карта потеряна")
    declined = world.pay(world.saleor.create_checkout(total="50", phone=RICH, language=language).id)
    assert (declined.event.type, f"{declined.event.amount:.2f}") == ("CHARGE_FAILURE", "50.00")
    assert declined.problems == ["declined"]
    assert declined.data["errors"][0]["message"].startswith(words)
    assert "Карта потеряна" in declined.event.message
    assert "(7)" in declined.event.message
    assert "transferURL" not in declined.data


def test_a_declined_payment_carries_no_name_of_its_own(world: World) -> None:
    world.provider.fault("refuse", "init")
    declined = world.pay(world.saleor.create_checkout(phone=RICH).id)
    assert "pspReference" not in last_answer(world)
    assert declined.event.psp_reference is None


def test_a_declined_payment_is_over(world: World) -> None:
    world.provider.fault("refuse", "init", times=1, code="7")
    declined = world.pay(world.saleor.create_checkout(phone=RICH).id)
    row = world.transfer(declined)
    assert (row.state, row.refusal and row.refusal.provider_code) == (State.REJECTED, "7")
    world.clock.forward(days=2)
    assert world.work() == 0
    assert world.reports(declined) == []
    assert world.process(declined).event.type == "CHARGE_FAILURE"
    assert len(world.provider.calls()) == 1


def test_an_unknown_buyer_is_declined_by_the_provider(world: World) -> None:
    declined = world.pay(world.saleor.create_checkout(phone="+79160000000").id)
    assert declined.problems == ["declined"]
    assert declined.data["errors"][0]["message"] == "Пользователь с таким номером не найден"


def refused_without_a_call(world: World, source_id: str, code: str, **more: Any) -> None:
    refused = world.pay(source_id, **more)
    assert (refused.event.type, refused.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert refused.problems == [code]
    assert refused.data["errors"][0]["message"]
    assert refused.event.message
    row = world.transfer(refused)
    assert (row.state, row.refusal and row.refusal.code) == (State.REJECTED, code)
    assert world.provider.calls() == []
    world.clock.forward(days=1)
    assert world.work() == 0


def test_dollars_are_refused_without_calling_the_provider(world: World) -> None:
    world.saleor.channel("usd", currency="USD")
    refused_without_a_call(world, world.saleor.create_checkout("usd", total="10", phone=RICH).id, "currency")


@pytest.mark.parametrize("amount", ["0", "0.001", "100000000", "99999999999"])
def test_an_impossible_amount_is_refused_without_calling_the_provider(world: World, amount: str) -> None:
    checkout = world.saleor.create_checkout(phone=RICH)
    refused_without_a_call(world, checkout.id, "amount", amount=amount)


@pytest.mark.parametrize("amount", ["0.01", "99999999.99"])
def test_the_smallest_and_the_largest_amount_are_accepted(world: World, amount: str) -> None:
    opened = world.pay(world.saleor.create_checkout(total="10", phone=RICH).id, amount=amount)
    assert opened.data["transferURL"]
    assert world.sent("init")[0]["amount"] == int(amount.replace(".", ""))


def test_a_buyer_without_a_phone_is_refused_without_calling_the_provider(world: World) -> None:
    refused_without_a_call(world, world.saleor.create_checkout(phone="").id, "phone_missing")


def test_a_basket_without_an_address_is_refused_without_calling_the_provider(world: World) -> None:
    refused_without_a_call(world, world.saleor.create_checkout(address=False).id, "phone_missing")


def test_a_foreign_phone_is_refused_without_calling_the_provider(world: World) -> None:
    refused_without_a_call(world, world.saleor.create_checkout(phone="+77012345678").id, "phone_invalid")


def test_a_channel_without_a_connection_is_refused_without_calling_the_provider(world: World) -> None:
    world.unmap()
    refused_without_a_call(world, world.saleor.create_checkout(phone=RICH).id, "not_configured")


def test_nothing_happened_when_the_provider_cannot_be_reached(world: World) -> None:
    port = int(world.provider.url.rpartition(":")[2])
    world.provider.stop()
    checkout = world.saleor.create_checkout(total="10", phone=RICH)
    failed = world.pay(checkout.id)
    assert (failed.event.type, failed.event.psp_reference) == ("CHARGE_FAILURE", None)
    assert failed.problems == ["provider_unavailable"]
    assert world.transfer(failed).state is State.REJECTED
    world.provider.start(port)
    world.clock.forward(days=1)
    assert world.work() == 0
    world.paid(world.pay(checkout.id))
    assert world.saleor.checkout(checkout.id).charge_status == "FULL"
    assert len(world.provider.transfers()) == 1


def test_a_payment_with_real_points_goes_to_production_and_does_not_say_test(world: World) -> None:
    production = Environment.PRODUCTION
    save_credentials(world.parts, world.connection, production, UID, SECRET, world.provider.base_url)
    world.choose(environment=production)
    checkout = world.saleor.create_checkout(phone=RICH)
    assert world.offer(checkout.id)["environment"] == "production"
    opened = world.pay(checkout.id)
    assert world.transfer(opened).environment is production
    assert "TEST" not in opened.event.message
