from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor_answers import (
    Answer,
    InternalServerError,
    InvalidAnswer,
    read_action_answer,
    read_session_answer,
)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"result": "charge_success", "pspReference": "R"},
        {"result": "PAID", "pspReference": "R"},
        {"result": "CHARGE_SUCCESS"},
        {"result": "CHARGE_REQUEST"},
        {"result": "CHARGE_SUCCESS", "pspReference": 7},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "externalUrl": ""},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "externalUrl": "form"},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "time": "yesterday"},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "amount": "much"},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "amount": "NaN"},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "actions": "REFUND"},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "paymentMethodDetails": {"type": "OTHER"}},
        {"result": "CHARGE_SUCCESS", "pspReference": "R", "paymentMethodDetails": {"type": "POINTS", "name": "x"}},
        {"result": "CANCEL_SUCCESS"},
    ],
)
def test_an_answer_that_does_not_fit_is_invalid(answer: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswer):
        read_session_answer(answer, "3.22")


@pytest.mark.parametrize(
    "answer",
    [
        [],
        "CHARGE_SUCCESS",
        {"result": "CHARGE_SUCCESS", "pspReference": "R" * 513},
        {"result": "CHARGE_FAILURE", "externalUrl": f"https://pay.test/{'x' * 200}"},
    ],
)
def test_an_answer_that_breaks_saleor_breaks_it(answer: Any) -> None:
    with pytest.raises(InternalServerError):
        read_session_answer(answer, "3.22")


def test_versions_differ_in_what_they_take() -> None:
    spoiled = {"result": "CHARGE_FAILURE", "paymentMethodDetails": {"type": "nonsense"}}
    assert read_session_answer(spoiled, "3.21").payment_method is None
    assert read_session_answer({"result": "CANCEL_SUCCESS"}, "3.23").result == "CANCEL_SUCCESS"


def test_a_long_message_is_cut() -> None:
    assert len(read_session_answer({"result": "CHARGE_FAILURE", "message": "x" * 600}, "3.22").message) == 512


def test_an_answer_has_no_result_only_for_actions() -> None:
    assert read_action_answer({"pspReference": "X", "actions": []}, "REFUND", "3.22") == Answer(None, "X", actions=())
    with pytest.raises(InvalidAnswer):
        read_action_answer({"result": "CHARGE_FAILURE"}, "REFUND", "3.22")
