"""The five methods answer as the manual's tables say."""

import json

from saleor_kupikupi_sandbox.kupikupi import Kupikupi
from tests.sandbox.kupikupi.stage import BUYER, FAILS, PAYS, POOR, Make, ask, opened


def test_balances_are_those_of_the_manual_and_of_registered_phones(provider: Kupikupi) -> None:
    balances = [ask(provider, "balance", phone=phone)["balance"] for phone in (PAYS, POOR, FAILS, BUYER)]
    assert balances == [1_000_000, 0, 0, 1_000]
    assert ask(provider, "balance", phone=79990000000)["status"] is False


def test_the_production_environment_does_not_know_the_test_phones(make: Make) -> None:
    provider = make(environment="production")
    assert ask(provider, "init", phone=PAYS, orderId="order-1", amount=100)["status"] is False
    assert ask(provider, "init", phone=BUYER, orderId="order-1", amount=100)["status"] is True


def test_init_answers_with_every_documented_field(provider: Kupikupi) -> None:
    answer = ask(provider, "init", phone=BUYER, orderId="order-1", amount=25_050)
    assert (answer["status"], answer["errorCode"], answer["orderId"], answer["amount"]) == (
        True,
        "0",
        "order-1",
        25_050,
    )
    assert len(str(answer["paymentId"])) == 20
    assert answer["paymentId"] > 2**64
    assert answer["transferURL"].startswith(provider.url + "/form/")
    assert ask(provider, "checkout", orderId="order-1", amount=25_050)["paymentId"] == answer["paymentId"]


def test_checkout_refuses_an_unknown_order_and_another_amount(provider: Kupikupi) -> None:
    opened(provider)
    assert ask(provider, "checkout", orderId="order-2", amount=25_050)["errorCode"] == "302"
    assert ask(provider, "checkout", orderId="order-1", amount=25_051)["errorCode"] == "303"


def test_a_repeated_order_is_refused(provider: Kupikupi) -> None:
    opened(provider)
    assert ask(provider, "init", phone=BUYER, orderId="order-1", amount=25_050)["errorCode"] == "301"
    assert len(provider.transfers()) == 1


def test_a_repeated_order_gets_the_same_form_where_so_set(make: Make) -> None:
    provider = make(repeated_order="same_form")
    assert opened(provider) == opened(provider)
    assert ask(provider, "init", phone=BUYER, orderId="order-1", amount=1)["errorCode"] == "301"


def test_requests_are_kept_as_they_came(provider: Kupikupi) -> None:
    opened(provider)
    ask(provider, "balance", phone=PAYS)
    (call,) = provider.calls("init")
    assert call.body["amount"] == 25_050
    assert json.loads(call.raw) == call.body
    assert call.headers["Content-Type"] == "application/json"
    assert call.answer is not None
    assert call.answer["orderId"] == "order-1"
    assert [each.method for each in provider.calls()] == ["init", "balance"]


def test_a_receipt_is_checked_and_taken(provider: Kupikupi) -> None:
    receipt = {"phone": BUYER, "amount": 10_000, "fn": 123456789, "fd": 1, "fp": 2, "receipt_type": 1, "discount": 10}
    assert ask(provider, "receipt", **receipt, pay_date="01.06.2023 10:00:00")["status"] is True
    assert ask(provider, "receipt", **receipt, pay_date="2023-06-01 10:00:00")["status"] is False
    assert ask(provider, "receipt", **receipt, pay_date="31.02.2023 10:00:00")["status"] is False
    assert ask(provider, "receipt", **{**receipt, "fn": 10**16}, pay_date="01.06.2023 10:00:00")["status"] is False
