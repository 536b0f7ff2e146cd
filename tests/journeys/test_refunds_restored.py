"""Refunds that a restored backup has forgotten: Saleor still knows them."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, update

from saleor_kupikupi.domain.refunds import RefundNotPossible, RefundTask, TaskState
from saleor_kupikupi.flows.look_back import look_back
from saleor_kupikupi.flows.refund import RefundAnswered, answer_impossible, answer_returned, record_refund
from saleor_kupikupi.store import installations, refunds
from saleor_kupikupi.store.tables import refund_tasks, reports
from tests.journeys.payments import drawn, open_payment, paid_payment
from tests.world import Session, World

STAFF = "anna@example.com"


def tasks(world: World, payment: Session) -> list[RefundTask]:
    with world.parts.database.read() as tx:
        return refunds.of(tx, world.transfer(payment).id)


def forget_refunds(world: World) -> None:
    """Does what restoring a backup does that was made before the first refund."""
    with world.parts.database.write() as tx:
        tx.execute(delete(refund_tasks))
        tx.execute(delete(reports).where(reports.c.type != "CHARGE_SUCCESS"))


def reopen(world: World) -> None:
    """Does what restoring a backup does that was made before a refund was answered."""
    with world.parts.database.write() as tx:
        tx.execute(update(refund_tasks).values(state="open", returned=None, returned_on=None, answered_at=None))
        tx.execute(delete(reports).where(reports.c.type != "CHARGE_SUCCESS"))


def record(world: World, payment: Session, kopecks: int) -> None:
    day = world.clock.now().date()
    transfer = world.transfer(payment)
    record_refund(world.parts, transfer, drawn(), amount=kopecks, returned_on=day, note="", by=STAFF)


def returned(world: World, task: RefundTask, kopecks: int) -> None:
    day = world.clock.now().date()
    answer_returned(world.parts, task, drawn(), amount=kopecks, returned_on=day, note="", by=STAFF)


def test_a_forgotten_refund_becomes_a_task_again_before_another_is_taken_on(world: World) -> None:
    payment = paid_payment(world)
    first = world.saleor.request_action(payment.token, "REFUND", amount="1000")
    (before,) = tasks(world, payment)
    forget_refunds(world)
    world.clock.forward(seconds=1)
    assert world.saleor.request_action(payment.token, "REFUND", amount="234.50").type == "REFUND_REQUEST"
    again, second = tasks(world, payment)
    assert (again.psp_reference, again.asked, again.state) == (before.psp_reference, 100_000, TaskState.OPEN)
    assert again.request_event_id == first.id
    assert second.asked == 23_450
    assert "REFUND_FOUND" in world.story(payment)


@pytest.mark.parametrize("answered", [True, False])
def test_nothing_is_recorded_beyond_what_saleor_shows_as_refunded_or_waiting(world: World, answered: bool) -> None:
    payment = paid_payment(world)
    world.saleor.request_action(payment.token, "REFUND", amount="1000")
    if answered:
        returned(world, tasks(world, payment)[0], 100_000)
        world.work()
    forget_refunds(world)
    with pytest.raises(RefundNotPossible, match="too_much"):
        record(world, payment, 23_451)
    record(world, payment, 23_450)
    world.work()
    assert sum(task.spent for task in tasks(world, payment)) == 123_450
    assert world.saleor.transaction(payment.token).sums.charged >= 0


def test_a_recorded_refund_that_was_forgotten_counts(world: World) -> None:
    payment = paid_payment(world)
    record(world, payment, 100_000)
    world.work()
    forget_refunds(world)
    with pytest.raises(RefundNotPossible, match="too_much"):
        record(world, payment, 100_000)
    (found,) = tasks(world, payment)
    assert (found.state, found.returned, found.answered_by) == (TaskState.RECORDED, 100_000, "Saleor")


@pytest.mark.parametrize("outcome", [TaskState.RETURNED, TaskState.IMPOSSIBLE])
def test_an_answer_that_was_forgotten_is_not_given_twice(world: World, outcome: TaskState) -> None:
    payment = paid_payment(world)
    world.saleor.request_action(payment.token, "REFUND", amount="1000")
    if outcome is TaskState.RETURNED:
        returned(world, tasks(world, payment)[0], 90_000)
    else:
        answer_impossible(world.parts, tasks(world, payment)[0], drawn(), reason="no", by=STAFF)
    world.work()
    reopen(world)
    (task,) = tasks(world, payment)
    with pytest.raises(RefundAnswered):
        returned(world, task, 100_000)
    with pytest.raises(RefundAnswered):
        answer_impossible(world.parts, task, drawn(), reason="no", by=STAFF)
    (found,) = tasks(world, payment)
    assert (found.state, found.returned) == (outcome, 90_000 if outcome is TaskState.RETURNED else 0)


@pytest.mark.parametrize("how", ["down", "deny"])
def test_while_saleor_does_not_say_what_is_refunded_nothing_is_recorded_or_answered(world: World, how: str) -> None:
    payment = paid_payment(world)
    world.saleor.request_action(payment.token, "REFUND", amount="10")
    (task,) = tasks(world, payment)
    getattr(world.saleor, how)()
    with pytest.raises(RefundNotPossible, match="saleor_silent"):
        record(world, payment, 1000)
    with pytest.raises(RefundNotPossible, match="saleor_silent"):
        returned(world, task, 1000)
    assert tasks(world, payment) == [task]


def test_a_request_is_refused_while_saleor_does_not_say_what_is_refunded(world: World) -> None:
    payment = paid_payment(world)
    world.saleor.down()
    refused = world.saleor.request_action(payment.token, "REFUND", amount="10")
    assert (refused.type, tasks(world, payment)) == ("REFUND_FAILURE", [])
    assert "Saleor" in refused.message
    world.saleor.clear()
    world.clock.forward(seconds=1)
    assert world.saleor.request_action(payment.token, "REFUND", amount="10").type == "REFUND_REQUEST"


def test_an_uninstalled_saleor_does_not_say_what_is_refunded(world: World) -> None:
    payment = paid_payment(world)
    installation = world.connection.installation_id
    with world.parts.database.write() as tx:
        installations.uninstalled(tx, installation, world.app.id, world.clock.now())
    with pytest.raises(RefundNotPossible, match="saleor_silent"):
        record(world, payment, 1)


def test_looking_back_finds_what_was_lost_and_has_undecided_payments_asked_about(world: World) -> None:
    payment, undecided = paid_payment(world), open_payment(world)
    world.saleor.request_action(payment.token, "REFUND", amount="1000")
    forget_refunds(world)
    world.type_code(undecided)
    since = world.clock.now() - timedelta(days=1)
    found = {each.transfer.reference: each.refunds for each in look_back(world.parts, since)}
    assert found == {payment.token: 1, undecided.token: 0}
    world.work()
    assert world.charged(undecided) == "1234.50"
    assert {each.refunds for each in look_back(world.parts, since)} == {0}
    assert list(look_back(world.parts, world.clock.now() + timedelta(days=1))) == []
    world.saleor.down()
    assert {each.refunds for each in look_back(world.parts, since)} == {None}
