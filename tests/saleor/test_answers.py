import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.money import MAX_KOPECKS, MIN_KOPECKS, roubles_text
from saleor_kupikupi.domain.transfer import Environment, SourceKind, State, Transfer
from saleor_kupikupi.domain.wording import LABEL
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.answers import Problem

AT = datetime(2026, 11, 24, 5, 3, 29, tzinfo=timezone(timedelta(hours=3)))
METHOD = {"type": "OTHER", "name": "Kupi-Kupi"}
R = "0f0e6d5c-1111-4222-8333-444455556666"
TRANSFER = Transfer(
    id=1,
    installation_id=1,
    connection_id=1,
    credentials_id=1,
    environment=Environment.TEST,
    reference=reference_of(R),
    source_kind=SourceKind.CHECKOUT,
    source_id="c",
    source_key="c",
    channel="rub",
    amount=123450,
    phone_last4="0001",
    language="ru",
    state=State.OPEN,
    created_at=AT,
    payment_id="77",
    transfer_url="https://form.example/1",
)


def test_a_gateway_is_offered() -> None:
    assert answers.gateway(True, None, "", "test", None) == {
        "data": {
            "available": True,
            "reason": None,
            "message": "",
            "label": LABEL,
            "environment": "test",
            "pointsSufficient": None,
        }
    }


def test_the_balance_is_told_only_where_it_is_given() -> None:
    data = answers.gateway(False, "insufficient_points", "мало", "production", False, "1 234,50")["data"]
    assert (data["available"], data["pointsSufficient"], data["points"]) == (False, False, "1 234,50")


def test_the_buyer_is_sent_to_the_form() -> None:
    assert answers.action_required(TRANSFER, AT, "ждём", "NEW") == {
        "result": "CHARGE_ACTION_REQUIRED",
        "pspReference": R,
        "amount": 1234.5,
        "time": "2026-11-24T05:03:29+03:00",
        "message": "ждём",
        "paymentMethodDetails": METHOD,
        "data": {"transferURL": "https://form.example/1", "orderId": R, "paymentId": "77", "status": "NEW"},
    }


def test_the_storefront_is_asked_to_come_again() -> None:
    unknown = replace(TRANSFER, state=State.REQUESTED, payment_id=None, transfer_url=None)
    data = answers.action_required(unknown, AT, "", "PENDING", 5, [Problem("pending", "Ждём")])["data"]
    assert data == {
        "transferURL": None,
        "orderId": R,
        "paymentId": None,
        "status": "PENDING",
        "retryAfter": 5,
        "errors": [{"code": "pending", "message": "Ждём"}],
    }


@pytest.mark.parametrize(
    "withdrawn",
    [replace(TRANSFER, superseded_at=AT), replace(TRANSFER, abandoned_at=AT), replace(TRANSFER, never_opened_at=AT)],
)
def test_the_form_of_a_withdrawn_transfer_is_not_given_away(withdrawn: Transfer) -> None:
    assert answers.action_required(withdrawn, AT, "", "PENDING")["data"]["transferURL"] is None


def test_a_success_goes_under_the_reference_and_offers_no_actions() -> None:
    assert answers.success(TRANSFER, AT, "готово") == {
        "result": "CHARGE_SUCCESS",
        "pspReference": R,
        "amount": 1234.5,
        "time": "2026-11-24T05:03:29+03:00",
        "message": "готово",
        "actions": [],
        "paymentMethodDetails": METHOD,
    }


@pytest.mark.parametrize(("amount", "told"), [(123450, {"amount": 1234.5}), (None, {})])
def test_a_failure_carries_no_psp_reference(amount: int | None, told: dict[str, float]) -> None:
    assert answers.failure(replace(TRANSFER, amount=amount or 0), AT, "нет", [Problem("amount", "Сумма")]) == {
        "result": "CHARGE_FAILURE",
        "time": "2026-11-24T05:03:29+03:00",
        "message": "нет",
        "paymentMethodDetails": METHOD,
        "data": {"errors": [{"code": "amount", "message": "Сумма"}]},
        **told,
    }


def test_a_refusal_has_a_name_of_its_own_and_offers_no_actions() -> None:
    assert answers.action_result("REFUND_FAILURE", f"{R}:refund:7", AT, "нет", 123450) == {
        "result": "REFUND_FAILURE",
        "pspReference": f"{R}:refund:7",
        "amount": 1234.5,
        "time": "2026-11-24T05:03:29+03:00",
        "message": "нет",
        "actions": [],
        "paymentMethodDetails": METHOD,
    }
    assert "amount" not in answers.action_result("CHARGE_FAILURE", f"{R}:charge:7", AT, "нет")


def test_a_cancel_adds_nothing_to_the_canceled_sum() -> None:
    assert answers.action_result("CANCEL_SUCCESS", f"{R}:cancel", AT, "да", 123450)["amount"] == 0
    assert answers.action_result("CANCEL_FAILURE", f"{R}:cancel", AT, "нет")["amount"] == 0


def test_a_request_that_waits_is_only_named() -> None:
    assert answers.pending_action(f"{R}:cancel") == {"pspReference": f"{R}:cancel"}


def test_messages_are_cut_to_what_saleor_keeps() -> None:
    assert answers.message_only("я" * 600) == {"message": "я" * 512}
    assert answers.success(TRANSFER, AT, "я" * 600)["message"] == "я" * 512


def test_a_time_without_an_offset_is_not_sent() -> None:
    with pytest.raises(ValueError, match="offset"):
        answers.success(TRANSFER, AT.replace(tzinfo=None), "")


def test_times_keep_their_offset() -> None:
    assert answers.moment(AT.astimezone(UTC)) == "2026-11-24T02:03:29+00:00"


@given(st.integers(MIN_KOPECKS, MAX_KOPECKS))
def test_every_amount_is_written_to_the_kopeck(kopecks: int) -> None:
    whole, _, places = json.dumps(answers.number_of(kopecks)).partition(".")
    assert f"{whole}.{places:0<2}" == roubles_text(kopecks)
