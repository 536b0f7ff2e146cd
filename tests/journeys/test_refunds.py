"""Refunds that people make in the provider's cabinet, where a connection takes them on."""

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pytest

from saleor_kupikupi.domain.refunds import RefundNotPossible, RefundsMode, RefundTask, TaskState
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.flows.refund import (
    RefundAnswered,
    answer_impossible,
    answer_returned,
    offer_refunds,
    record_refund,
)
from saleor_kupikupi.store import installations, refunds
from tests.journeys.payments import drawn, open_payment, paid_payment
from tests.world import Session, World
from tests.world import world as made_world

STAFF = "anna@example.com"


def today(world: World) -> date:
    return world.clock.now().date()


def tasks(world: World, payment: Session) -> list[RefundTask]:
    with world.parts.database.read() as tx:
        return refunds.of(tx, world.transfer(payment).id)


def paid_with_refunds(world: World) -> Session:
    world.choose(refunds=RefundsMode.MANUAL)
    return paid_payment(world)


def answer_to_refund(world: World) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(world.saleor.last_webhook("transaction_refund_requested")[3] or b"")
    return answer


def asked_for(world: World, amount: float) -> dict[str, Any]:
    """Sends the last refund request once more as a new one of another amount."""
    event = json.loads(world.saleor.last_webhook("transaction_refund_requested")[1])
    event |= {"action": event["action"] | {"amount": amount}, "issuedAt": world.clock.now().isoformat()}
    first = next(each for each in event["transaction"]["events"] if each["type"] == "REFUND_REQUEST")
    newer = first | {"id": f"{first['id']}-{amount}", "pspReference": "", "createdAt": "2999-01-01T00:00:00+00:00"}
    answered = first | {"pspReference": answer_to_refund(world)["pspReference"]}
    event["transaction"]["events"] = [newer, answered]
    sent = world.saleor.send_webhook(world.app, "transaction_refund_requested", json.dumps(event).encode())
    answer: dict[str, Any] = sent.json()
    return answer


def asked_once_more(
    world: World, amount: float, *, first: dict[str, Any], later: tuple[dict[str, Any], ...] = ()
) -> Any:
    """Sends the last refund request once more as the newest one; `first` is what Saleor has made of the first."""
    event = json.loads(world.saleor.last_webhook("transaction_refund_requested")[1])
    event |= {"action": event["action"] | {"amount": amount}, "issuedAt": world.clock.now().isoformat()}
    requests = [each for each in event["transaction"]["events"] if each["type"] == "REFUND_REQUEST"]
    known = next(each for each in requests if not each["id"].startswith("newer"))
    newer = known | {"id": f"newer {amount}", "pspReference": "", "createdAt": "2999-01-02T00:00:00+00:00"}
    event["transaction"]["events"] = [newer, known | first, *(known | each for each in later)]
    return world.saleor.send_webhook(world.app, "transaction_refund_requested", json.dumps(event).encode()).json()


def at_one_moment(world: World, *amounts: float) -> list[dict[str, Any]]:
    """Asks for refunds that Saleor all wrote down before it sent the first of them."""
    event = json.loads(world.saleor.last_webhook("transaction_refund_requested")[1])
    request = next(each for each in event["transaction"]["events"] if each["type"] == "REFUND_REQUEST")
    event["transaction"]["events"] = [
        request
        | {"id": f"at once {n}", "pspReference": "", "createdAt": f"2999-01-01T00:00:0{n}+00:00"}
        | {"amount": {"amount": amount}, "message": f"the reason of {n}"}
        for n, amount in enumerate(amounts)
    ]
    sent = []
    for amount in amounts:
        event |= {"action": event["action"] | {"amount": amount}, "issuedAt": world.clock.now().isoformat()}
        sent.append(world.saleor.send_webhook(world.app, "transaction_refund_requested", json.dumps(event).encode()))
    return [each.json() for each in sent]


def said_on_the_order(world: World, payment: Session) -> list[str]:
    return [each.message for each in world.saleor.transaction(payment.token).events if each.type == "INFO"]


def refunded(world: World, payment: Session) -> str:
    return f"{world.saleor.transaction(payment.token).sums.refunded:.2f}"


def test_a_charge_offers_a_refund_where_refunds_are_taken_on(world: World) -> None:
    payment = paid_with_refunds(world)
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]
    assert world.process(payment).event.type == "CHARGE_SUCCESS"
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]


def test_a_refund_waits_for_a_person_and_is_reported_once_the_points_are_returned(world: World) -> None:
    payment = paid_with_refunds(world)
    asked = world.saleor.request_action(payment.token, "REFUND", amount="1000")
    assert asked.type == "REFUND_REQUEST"
    (task,) = tasks(world, payment)
    assert (task.psp_reference, task.request_event_id) == (asked.psp_reference, asked.id)
    assert task.psp_reference.startswith(f"{payment.token}:refund:")
    assert (task.asked, task.state) == (100_000, TaskState.OPEN)
    assert refunded(world, payment) == "0.00"
    answer_returned(world.parts, task, drawn(), amount=90_000, returned_on=today(world), note="в кабинете", by=STAFF)
    world.work()
    assert refunded(world, payment) == "900.00"
    sums = world.saleor.transaction(payment.token).sums
    assert (f"{sums.refund_pending:.2f}", f"{sums.charged:.2f}") == ("0.00", "334.50")
    (done,) = tasks(world, payment)
    assert (done.state, done.returned, done.answered_by) == (TaskState.RETURNED, 90_000, STAFF)
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]


def test_a_refund_that_is_not_possible_is_reported_as_failed_with_the_reason(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    (task,) = tasks(world, payment)
    answer_impossible(world.parts, task, drawn(), reason="карта закрыта", by=STAFF)
    world.work()
    events = [each for each in world.saleor.transaction(payment.token).events if each.type == "REFUND_FAILURE"]
    assert [each.psp_reference for each in events] == [task.psp_reference]
    assert "карта закрыта" in events[0].message
    assert refunded(world, payment) == "0.00"


def test_an_answer_that_only_names_the_refund_says_nothing_about_actions(world: World) -> None:
    payment = paid_with_refunds(world)
    for amount in ("1000", "234.50"):
        asked = world.saleor.request_action(payment.token, "REFUND", amount=amount)
        assert answer_to_refund(world) == {"pspReference": asked.psp_reference}


def test_open_refunds_count_as_spent_and_a_full_one_takes_the_offer_away(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="1000")
    refused = asked_for(world, 1000.0)
    assert refused["result"] == "REFUND_FAILURE"
    assert "more than what is left" in refused["message"]
    rest = world.saleor.request_action(payment.token, "REFUND", amount="234.50")
    assert rest.type == "REFUND_REQUEST"
    world.work()
    assert list(world.saleor.transaction(payment.token).actions) == []
    assert [task.asked for task in tasks(world, payment)] == [100_000, 23_450]


def test_nothing_is_taken_on_for_a_payment_that_moved_no_points(world: World) -> None:
    world.choose(refunds=RefundsMode.MANUAL)
    payment = open_payment(world)
    refused = world.saleor.request_action(payment.token, "REFUND", amount="10")
    assert refused.type == "REFUND_FAILURE"
    assert tasks(world, payment) == []


def test_a_refund_of_a_payment_that_is_not_known_says_where_to_return_the_points(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    event = json.loads(world.saleor.last_webhook("transaction_refund_requested")[1])
    event["transaction"]["token"] = "0f0e6d5c-1111-4222-8333-444455556666"
    answer = world.saleor.send_webhook(world.app, "transaction_refund_requested", json.dumps(event).encode()).json()
    assert answer["result"] == "REFUND_FAILURE"
    assert "does not know this payment" in answer["message"]


@pytest.mark.parametrize("amount", [0.0, 0.001])
def test_a_refund_of_nothing_is_refused(world: World, amount: float) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    refused = asked_for(world, amount)
    assert refused["result"] == "REFUND_FAILURE"
    assert "above zero" in refused["message"]
    assert len(tasks(world, payment)) == 1


def test_a_request_that_is_delivered_again_makes_no_second_task(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    _, body, _, first = world.saleor.last_webhook("transaction_refund_requested")
    again = world.saleor.send_webhook(world.app, "transaction_refund_requested", body)
    assert again.json()["pspReference"] == json.loads(first or b"")["pspReference"]
    assert len(tasks(world, payment)) == 1


@pytest.mark.parametrize("amounts", [(100.0, 200.0, 300.0), (100.0, 100.0, 100.0)])
def test_requests_made_at_one_moment_are_refunds_of_their_own(world: World, amounts: tuple[float, ...]) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    # Each of them was sent when Saleor had written all of them down, so they name the same event as the newest.
    names = [answer["pspReference"] for answer in at_one_moment(world, *amounts)]
    assert len(set(names)) == 3
    assert [each.psp_reference for each in tasks(world, payment)[1:]] == names
    assert [each.asked for each in tasks(world, payment)[1:]] == [int(amount * 100) for amount in amounts]
    if len(set(amounts)) == 3:  # else nobody can tell whose reason is whose
        assert [each.reason for each in tasks(world, payment)[1:]] == [f"the reason of {n}" for n in range(3)]
    world.clock.forward(seconds=2)
    world.work()
    assert len(said_on_the_order(world, payment)) == 4


def test_a_request_of_the_same_moment_that_got_its_answer_first_does_not_make_another_look_lost(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    first, second = (answer["pspReference"] for answer in at_one_moment(world, 100.0, 100.0))
    answered = {"id": "at once 1", "pspReference": second}
    asked_once_more(world, 12.5, first={"id": "at once 0", "pspReference": ""}, later=(answered,))
    assert [each.psp_reference for each in tasks(world, payment)[1:3]] == [first, second]
    assert [each.asked for each in tasks(world, payment)] == [1000, 10_000, 10_000, 1250]


def test_requests_made_at_one_moment_beyond_what_is_left_are_refused_each_by_itself(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    first, *refused = at_one_moment(world, 1000.0, 1000.0, 1000.0)
    assert list(first) == ["pspReference"]
    assert [answer["result"] for answer in refused] == ["REFUND_FAILURE", "REFUND_FAILURE"]
    assert len({answer["pspReference"] for answer in (first, *refused)}) == 3


def test_a_request_once_nothing_is_left_is_told_so_though_saleor_cuts_its_amount_to_nothing(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="1234.50")
    refused = asked_for(world, 0.0)
    assert refused["result"] == "REFUND_FAILURE"
    assert "Nothing is left to return" in refused["message"]


LOST = {"pspReference": "a name that a retry was answered with"}
UNANSWERED = {"pspReference": ""}
NOT_DELIVERED = {"id": "f", "type": "REFUND_FAILURE", "pspReference": "", "createdAt": "2999-01-01T00:00:00+00:00"}


@pytest.mark.parametrize(("first", "later"), [(LOST, ()), (UNANSWERED, (NOT_DELIVERED,))])
def test_a_request_after_one_that_saleor_took_for_lost_is_the_same_refund(
    world: World, first: dict[str, Any], later: tuple[dict[str, Any], ...]
) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    assert asked_once_more(world, 2000.0, first=first, later=later)["result"] == "REFUND_FAILURE"
    answer = asked_once_more(world, 12.5, first=first, later=later)
    (task,) = tasks(world, payment)
    assert answer == {"pspReference": task.psp_reference}
    assert task.asked == 1250  # what staff want now
    world.work()
    assert "already waits" in said_on_the_order(world, payment)[-1]


def test_an_answer_to_what_was_asked_before_cannot_return_more_than_was_charged(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="1000")
    (read_before,) = tasks(world, payment)
    asked_once_more(world, 12.5, first=LOST)
    done: dict[str, Any] = {"returned_on": today(world), "note": "", "by": STAFF}
    record_refund(world.parts, world.transfer(payment), drawn(), amount=122_200, **done)

    with pytest.raises(RefundAnswered):
        answer_returned(world.parts, read_before, drawn(), amount=100_000, **done)

    assert sum(task.spent for task in tasks(world, payment)) == 123_450


def test_a_request_after_the_lost_one_was_asked_for_again_is_a_refund_of_its_own(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    (task,) = tasks(world, payment)
    again = {"id": "again", "pspReference": task.psp_reference}
    answer = asked_once_more(world, 12.5, first=LOST, later=(again,))
    assert answer["pspReference"] not in (None, task.psp_reference)
    assert [each.asked for each in tasks(world, payment)] == [1000, 1250]


def test_a_request_while_another_is_being_answered_is_a_refund_of_its_own(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    asked_once_more(world, 12.5, first=UNANSWERED)
    assert [each.asked for each in tasks(world, payment)] == [1000, 1250]


def test_the_order_says_what_to_do_while_a_refund_is_pending(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    world.work()
    (line,) = said_on_the_order(world, payment)
    assert "Return the points in Kupi-Kupi's cabinet" in line
    assert f"{world.saleor.transaction(payment.token).sums.refund_pending:.2f}" == "10.00"


def test_a_refund_that_nobody_granted_is_not_shown_as_granted(each_world: World) -> None:
    payment = paid_with_refunds(each_world)
    each_world.saleor.request_action(payment.token, "REFUND", amount="100")
    (task,) = tasks(each_world, payment)
    assert (task.granted, task.reason) == (False, "")


def test_a_granted_refund_is_granted_and_done(world: World) -> None:
    payment = paid_with_refunds(world)
    order = world.saleor.checkout_complete(payment.transaction.checkout_id or "")
    granted = world.saleor.staff.grant_refund(order.id, "100", "damaged")
    world.saleor.request_action(payment.token, "REFUND", granted_refund=granted)
    (task,) = tasks(world, payment)
    assert (task.granted, task.asked, task.reason) == (True, 10_000, "damaged")
    answer_returned(world.parts, task, drawn(), amount=10_000, returned_on=today(world), note="", by=STAFF)
    world.work()
    assert [status for _, status in world.saleor.staff.granted_refunds(order.id)] == ["SUCCESS"]


@pytest.mark.parametrize("action", ["CANCEL", "CHARGE"])
def test_what_cannot_be_done_to_a_paid_payment_leaves_its_refund_on_offer(world: World, action: Any) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, action)
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]


def test_points_go_back_after_the_payment_and_not_in_the_future(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    (task,) = tasks(world, payment)
    for days, why in ((2, "in_future"), (-1, "before_charge")):
        day = today(world) + timedelta(days=days)
        with pytest.raises(RefundNotPossible, match=why):
            answer_returned(world.parts, task, drawn(), amount=1000, returned_on=day, note="", by=STAFF)
        with pytest.raises(RefundNotPossible, match=why):
            record_refund(world.parts, world.transfer(payment), drawn(), amount=1, returned_on=day, note="", by=STAFF)
    assert [each.state for each in tasks(world, payment)] == [TaskState.OPEN]


def test_a_refund_is_answered_once(world: World) -> None:
    payment = paid_with_refunds(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    (task,) = tasks(world, payment)
    for amount in (0, 1001):
        with pytest.raises(RefundNotPossible):
            answer_returned(world.parts, task, drawn(), amount=amount, returned_on=today(world), note="", by=STAFF)
    answer_returned(world.parts, task, drawn(), amount=1000, returned_on=today(world), note="", by=STAFF)
    with pytest.raises(RefundAnswered):
        answer_impossible(world.parts, task, drawn(), reason="", by=STAFF)
    with pytest.raises(RefundAnswered):
        answer_impossible(world.parts, tasks(world, payment)[0], drawn(), reason="", by=STAFF)


def test_a_refund_made_without_saleor_can_be_recorded(world: World) -> None:
    payment = paid_payment(world)
    record_refund(
        world.parts, world.transfer(payment), drawn(), amount=123_450, returned_on=today(world), note="", by=STAFF
    )
    with pytest.raises(RefundNotPossible):
        record_refund(
            world.parts, world.transfer(payment), drawn(), amount=1, returned_on=today(world), note="", by=STAFF
        )
    world.work()
    assert refunded(world, payment) == "1234.50"


def test_an_older_charge_can_be_given_the_refund_action(world: World) -> None:
    world.choose(refunds=RefundsMode.REFUSE)
    payment = paid_payment(world)
    assert list(world.saleor.transaction(payment.token).actions) == []
    with pytest.raises(RefundNotPossible):
        offer_refunds(world.parts, world.transfer(payment), drawn(), by=STAFF)
    world.choose(refunds=RefundsMode.MANUAL)
    offer_refunds(world.parts, world.transfer(payment), drawn(), by=STAFF)
    world.work()
    assert list(world.saleor.transaction(payment.token).actions) == ["REFUND"]
    with pytest.raises(RefundNotPossible):
        offer_refunds(world.parts, world.transfer(open_payment(world)), drawn(), by=STAFF)


@pytest.mark.parametrize("url", ["https://cabinet.example.com/", "https://cabinet.example.com/{orderId}?p={paymentId}"])
def test_what_is_reported_leads_to_the_cabinet(world: World, url: str) -> None:
    world.choose(cabinet_url=url)
    payment = paid_payment(world)
    transfer = world.transfer(payment)
    linked = url.replace("{orderId}", payment.token).replace("{paymentId}", transfer.payment_id or "")
    (charge,) = [each for each in world.saleor.transaction(payment.token).events if each.type == "CHARGE_SUCCESS"]
    assert charge.external_url == linked


def test_what_is_reported_leads_to_the_payment_in_the_dashboard_where_no_cabinet_is_known(world: World) -> None:
    with world.parts.database.write() as tx:
        installations.note_dashboard(tx, world.connection.installation_id, "https://shop.example/dashboard")
    payment = paid_payment(world)
    (charge,) = [each for each in world.saleor.transaction(payment.token).events if each.type == "CHARGE_SUCCESS"]
    app = quote(world.app.id, safe="")
    assert charge.external_url == f"https://shop.example/dashboard/extensions/app/{app}/transfers/{payment.token}"


def test_the_line_on_the_order_waits_until_saleor_has_booked_the_answer(database_url: str) -> None:
    with made_world(database_url, limits=Limits()) as world:
        world.clock.stop()
        payment = paid_with_refunds(world)
        world.saleor.request_action(payment.token, "REFUND", amount="1000")
        world.work()
        assert said_on_the_order(world, payment) == []
        world.clock.forward(seconds=1)
        world.work()
        assert len(said_on_the_order(world, payment)) == 1
