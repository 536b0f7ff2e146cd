"""What Saleor is told of its own accord, and how its answers to that read. It must not know how a call is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.reports import OwedReport
from saleor_kupikupi.saleor.answers import LONGEST_MESSAGE, moment, number_of
from saleor_kupikupi.saleor.reading import maybe_text, words


@dataclass(frozen=True, slots=True)
class Delivered:
    """Saleor has it; `already` tells that it had it before."""

    already: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """Saleor will not have it; `code` is Saleor's word, such as INCORRECT_DETAILS."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Denied:
    """We may not say it: another app's transaction, or this app is not active."""

    message: str


def document_for(installation: Installation) -> str:
    """Names the mutation: `paymentMethodDetails` is an error before 3.22."""
    return "report_with_method" if installation.at_least(3, 22) else "report"


def variables(reference: Reference, report: OwedReport, at: datetime, link: str = "") -> dict[str, Any]:
    """Makes the variables of transactionEventReport; actions that are not given stay as they are."""
    given: dict[str, Any] = {} if report.actions is None else {"availableActions": list(report.actions)}
    if link:
        given["externalUrl"] = link
    return given | {
        "token": reference,
        "type": report.type.value,
        "pspReference": report.psp_reference,
        "amount": number_of(report.amount),
        "time": moment(at),
        "message": report.message[:LONGEST_MESSAGE],
    }


def read_outcome(data: Mapping[str, Any], mutation: str) -> Delivered | Refused:
    """Reads the answer to a mutation; raises ContractBroken when it is none."""
    outcome = data.get(mutation)
    if not isinstance(outcome, dict) or not isinstance(outcome.get("errors"), list):
        raise ContractBroken("saleor", f"the answer to {mutation} lacks its result")
    for error in outcome["errors"]:
        return Refused(maybe_text(error, "code") or "", words(error, "message"))
    return Delivered(already=outcome.get("alreadyProcessed") is True)


def denial(errors: object) -> Denied | None:
    """Finds a PermissionDenied among the errors that stand beside the data."""
    for error in errors if isinstance(errors, list) else ():
        if code_of(error) == "PermissionDenied":
            return Denied(words(error, "message") or "PermissionDenied")
    return None


def code_of(error: object) -> str | None:
    """Reads the name that Saleor gives an error which stands beside the data."""
    return maybe_text(error, "extensions", "exception", "code")
