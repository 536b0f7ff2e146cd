"""What refunds leave behind in Saleor: an order's page that can be read, and a grant only where there was one."""

import pytest
import requests

from saleor_kupikupi.domain.refunds import RefundsMode, RefundTask
from saleor_kupikupi.flows.refund import answer_impossible, answer_returned
from saleor_kupikupi.store import refunds
from saleor_kupikupi_sandbox.dashboard import Dashboard
from saleor_kupikupi_sandbox.saleor_records import Order
from tests.journeys.payments import drawn, paid_payment
from tests.world import Session, World

STAFF = "anna@example.com"
# What the Dashboard's page of an order asks about its transactions.
ORDER = """query($id: ID!) { order(id: $id) { number transactions {
  id actions name externalUrl chargedAmount { amount } refundPendingAmount { amount } refundedAmount { amount }
  events { id type message externalUrl pspReference amount { amount } } } } }"""


@pytest.fixture
def payment(each_world: World) -> Session:
    each_world.choose(refunds=RefundsMode.MANUAL)
    return paid_payment(each_world)


@pytest.fixture
def order(each_world: World, payment: Session) -> Order:
    return each_world.saleor.checkout_complete(payment.transaction.checkout_id or "")


def tasks(world: World, payment: Session) -> list[RefundTask]:
    with world.parts.database.read() as tx:
        return refunds.of(tx, world.transfer(payment).id)


def offered(world: World, order: Order) -> list[str]:
    """Reads what staff may ask for, as the Dashboard does; opens the order's page, which must be there."""
    staff = {"Authorization": f"Bearer {world.saleor.token_for('admin@example.com')}"}
    body = {"query": ORDER, "variables": {"id": order.id}}
    answer = requests.post(world.saleor.api_url, json=body, headers=staff, timeout=10).json()
    assert "errors" not in answer
    dashboard = Dashboard(world.saleor)
    dashboard.start()
    try:
        assert requests.get(dashboard.order_url(order), timeout=10).status_code == 200
    finally:
        dashboard.stop()
    (transaction,) = answer["data"]["order"]["transactions"]
    actions: list[str] = transaction["actions"]
    return actions


def test_an_order_can_be_read_while_a_refund_waits_and_after_it(
    each_world: World, payment: Session, order: Order
) -> None:
    each_world.saleor.request_action(payment.token, "REFUND", amount="100")
    assert offered(each_world, order) == ["REFUND"]
    each_world.work()
    assert offered(each_world, order) == ["REFUND"]
    (task,) = tasks(each_world, payment)
    day = each_world.clock.now().date()
    answer_returned(each_world.parts, task, drawn(), amount=10_000, returned_on=day, note="", by=STAFF)
    each_world.work()
    assert offered(each_world, order) == ["REFUND"]


def test_an_order_can_be_read_when_nothing_is_left_to_be_refunded(
    each_world: World, payment: Session, order: Order
) -> None:
    each_world.saleor.request_action(payment.token, "REFUND")
    each_world.work()
    assert offered(each_world, order) == []
    (task,) = tasks(each_world, payment)
    answer_impossible(each_world.parts, task, drawn(), reason="no", by=STAFF)
    each_world.work()
    assert offered(each_world, order) == ["REFUND"]


def test_a_refund_that_nobody_granted_is_not_granted(each_world: World, payment: Session, order: Order) -> None:
    each_world.saleor.request_action(payment.token, "REFUND", amount="10")
    granted = each_world.saleor.staff.grant_refund(order.id, "20", "damaged")
    each_world.saleor.request_action(payment.token, "REFUND", granted_refund=granted)
    assert {task.asked: task.granted for task in tasks(each_world, payment)} == {1000: False, 2000: True}
