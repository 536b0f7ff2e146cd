"""Saleor says no to a report: what is dead at once, what is tried again, and what may stand in the reason."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import update
from structlog.typing import EventDict

from saleor_kupikupi.store.tables import installations
from tests.journeys.payments import charge_of, confirmed_payment
from tests.saleor.stand_in import StandIn, serving
from tests.world import Session, World
from tests.world import world as made_world

BY_HAND = """
mutation ($token: UUID!, $type: TransactionEventTypeEnum!, $reference: String!, $amount: PositiveDecimal!) {
  transactionEventReport(token: $token, type: $type, pspReference: $reference, amount: $amount) { errors { code } }
}
"""


def by_hand(world: World, payment: Session, type_: str, reference: str, amount: str) -> None:
    """Reports what the app did not, with its token."""
    variables = {"token": payment.token, "type": type_, "reference": reference, "amount": amount}
    response = requests.post(
        world.saleor.api_url,
        json={"query": BY_HAND, "variables": variables},
        headers={"Authorization": f"Bearer {world.app.token}"},
        timeout=10,
    )
    assert response.json() == {"data": {"transactionEventReport": {"errors": []}}}


def test_a_charge_that_saleor_has_with_another_amount_is_dead_at_once_and_says_why(
    each_world: World, log: list[EventDict]
) -> None:
    payment = confirmed_payment(each_world)
    by_hand(each_world, payment, "CHARGE_SUCCESS", payment.token, "1")
    each_world.work()
    assert charge_of(each_world, payment).state == "dead"
    assert charge_of(each_world, payment).last_error.startswith("INCORRECT_DETAILS")
    assert each_world.charged(payment) == "1.00"
    assert "report is dead" in [each["event"] for each in log if each["log_level"] == "error"]
    told = len(each_world.saleor.reports)
    each_world.clock.forward(days=2)
    each_world.work()
    assert len(each_world.saleor.reports) == told


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    with made_world(database_url, allowed=("http://127.0.0.1:*/graphql/",)) as made:
        yield made


def speak_to(world: World, stand_in: StandIn) -> None:
    """Lets the installation's Saleor be a stand-in."""
    with world.parts.database.write() as tx:
        tx.execute(update(installations).values(api_url=stand_in.api_url))


def no(code: str) -> dict[str, Any]:
    said = {"alreadyProcessed": None, "errors": [{"code": code, "message": "No."}]}
    return {"data": {"transactionEventReport": said, "transactionUpdate": said}}


@pytest.mark.parametrize("code", ["INCORRECT_DETAILS", "NOT_FOUND", "INVALID"])
def test_what_saleor_will_never_take_is_dead_at_once(world: World, code: str) -> None:
    payment = confirmed_payment(world)
    with serving() as stand_in:
        stand_in.answers(no(code))
        speak_to(world, stand_in)
        world.work()
        assert charge_of(world, payment).state == "dead"
        assert charge_of(world, payment).last_error == f"{code}: No."
        asked = len(stand_in.asked)
        world.clock.forward(days=2)
        world.work()
        assert len(stand_in.asked) == asked
    assert "REPORT_DEAD" in world.story(payment)


GARBLED: list[tuple[int, object]] = [
    (200, no("GRAPHQL_ERROR")),
    (200, no("REQUIRED")),
    (200, no("A_NEW_CODE")),
    (200, {"data": {"transactionEventReport": None}}),
    (200, {"data": None, "errors": [{"message": "Internal Server Error"}]}),
    (200, {"errors": [{"extensions": {"exception": {"code": "GraphQLError"}}}]}),
    (200, {"errors": "what"}),
    (200, []),
    (400, {"errors": [{"message": "Unknown argument"}]}),
    (403, {}),
    (404, {}),
    (429, {}),
    (503, {"data": {"transactionEventReport": {"alreadyProcessed": False, "errors": []}}}),
    (302, {}),
]


@pytest.mark.parametrize(("status", "answer"), GARBLED)
def test_what_saleor_may_take_later_is_tried_again(world: World, status: int, answer: object) -> None:
    payment = confirmed_payment(world)
    with serving() as stand_in:
        stand_in.answers(answer, status)
        speak_to(world, stand_in)
        world.work()
        assert charge_of(world, payment).state == "owed"
        stand_in.answers({"data": {name: {"errors": []} for name in ("transactionEventReport", "transactionUpdate")}})
        world.clock.forward(seconds=6)
        world.work()
    assert charge_of(world, payment).state == "delivered"


def test_what_saleor_said_never_stands_in_the_reason_when_it_might_quote_us(world: World) -> None:
    payment = confirmed_payment(world)
    with serving() as stand_in:
        quoting = f"Bearer {world.app.token} is not welcome"
        stand_in.answers({"errors": [{"message": quoting, "extensions": {"exception": {"code": "Strange"}}}]})
        speak_to(world, stand_in)
        world.work()
    assert charge_of(world, payment).last_error == "saleor: answered with errors: Strange"
