from datetime import UTC, datetime
from typing import Any

import pytest

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.saleor.reports import (
    Delivered,
    Denied,
    Refused,
    denial,
    document_for,
    read_outcome,
    variables,
)

AT = datetime(2026, 11, 24, 2, 3, 29, tzinfo=UTC)
R = reference_of("0f0e6d5c-1111-4222-8333-444455556666")


def installation(version: str) -> Installation:
    return Installation(1, "https://shop.example/graphql/", "app", "QXBwOjE=", "token", version)


@pytest.mark.parametrize(
    ("version", "document"),
    [("3.21.69", "report"), ("", "report"), ("3.22.67", "report_with_method"), ("3.23", "report_with_method")],
)
def test_the_payment_method_is_told_where_saleor_knows_the_argument(version: str, document: str) -> None:
    assert document_for(installation(version)) == document


def test_a_charge_is_reported_with_nothing_left_to_do() -> None:
    report = OwedReport(ReportType.CHARGE_SUCCESS, R, 123450, "готово", ())
    assert variables(R, report, AT) == {
        "token": R,
        "type": "CHARGE_SUCCESS",
        "pspReference": R,
        "amount": 1234.5,
        "time": "2026-11-24T02:03:29+00:00",
        "message": "готово",
        "availableActions": [],
    }


def test_any_other_report_leaves_the_actions_alone_and_its_message_is_cut() -> None:
    told = variables(R, OwedReport(ReportType.CANCEL_SUCCESS, f"{R}:cancel", 0, "я" * 600), AT)
    assert "availableActions" not in told
    assert (told["amount"], told["message"]) == (0.0, "я" * 512)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"alreadyProcessed": False, "errors": []}, Delivered(already=False)),
        ({"alreadyProcessed": True, "errors": []}, Delivered(already=True)),
        ({"errors": []}, Delivered(already=False)),
        ({"errors": [{"code": "INVALID", "message": "m"}, {"code": "x"}]}, Refused("INVALID", "m")),
        ({"alreadyProcessed": True, "errors": [{"code": "INCORRECT_DETAILS"}]}, Refused("INCORRECT_DETAILS", "")),
        ({"errors": ["rubbish"]}, Refused("", "")),
    ],
)
def test_an_outcome_is_read(outcome: dict[str, Any], expected: Delivered | Refused) -> None:
    assert read_outcome({"transactionEventReport": outcome}, "transactionEventReport") == expected


@pytest.mark.parametrize(
    "data", [{}, {"transactionUpdate": None}, {"transactionUpdate": {}}, {"transactionUpdate": {"errors": None}}]
)
def test_an_answer_without_an_outcome_breaks_the_contract(data: dict[str, Any]) -> None:
    with pytest.raises(ContractBroken):
        read_outcome(data, "transactionUpdate")


def error(code: object, message: object = "To access this path, you need a permission") -> dict[str, Any]:
    return {"message": message, "extensions": {"exception": {"code": code}}}


def test_a_denial_is_found_among_the_errors() -> None:
    assert denial([error("Other"), error("PermissionDenied", "no")]) == Denied("no")
    assert denial([error("PermissionDenied", None)]) == Denied("PermissionDenied")


@pytest.mark.parametrize("errors", [None, [], [error("GraphQLError")], [error(1)], [{"extensions": []}], ["rubbish"]])
def test_other_errors_are_no_denial(errors: object) -> None:
    assert denial(errors) is None
