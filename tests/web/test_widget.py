"""The box on an order's page, as HTML that staff get."""

from urllib.parse import quote

from saleor_kupikupi.store import orders
from saleor_kupikupi_sandbox.saleor_records import Order
from tests.journeys.payments import open_payment, paid_payment
from tests.web.visits import send, visit
from tests.world import RICH, Session, World

NONE = "This order has no payment"


def placed(world: World, payment: Session) -> Order:
    return world.saleor.checkout_complete(payment.transaction.checkout_id or "")


def widget(world: World, order_id: str, more: str = "", language: str = "en") -> str:
    answer = visit(world, f"/widget/order?orderId={quote(order_id, safe='')}{more}", language=language)
    assert answer.status_code == 200
    return answer.text


def asked_for_orders(world: World) -> int:
    return sum("Placement" in str(call.query) for call in world.saleor.graphql_calls)


def test_an_orders_payment_is_shown_with_a_way_to_it(world: World) -> None:
    payment = paid_payment(world)
    order = placed(world, payment)
    shown = widget(world, order.id)
    home = quote(world.app.id, safe="")
    assert f'data-redirect="/extensions/app/{home}/transfers/{payment.token}"' in shown
    assert "1,234.50 points" in shown
    assert "TEST" in shown
    assert "paid" in shown
    assert "оплачено" in widget(world, order.id, language="ru")


def test_a_refund_that_waits_is_shown_and_what_went_back(world: World) -> None:
    payment = paid_payment(world)
    order = placed(world, payment)
    world.saleor.request_action(payment.token, "REFUND", amount="100")
    shown = widget(world, order.id)
    assert "Refund waits: 100.00" in shown
    day = world.clock.now().date().isoformat()
    send(world, "/refunds/1/returned", {"amount": "90", "day": day})
    shown = widget(world, order.id)
    assert "Refund waits" not in shown
    assert "returned 90.00" in shown


def test_an_order_that_was_paid_for_itself_is_known_without_asking(world: World) -> None:
    order = world.saleor.create_order(total="10", phone=RICH)
    world.pay(order.id)
    shown = widget(world, order.id)
    assert "not finished" in shown
    assert asked_for_orders(world) == 0


def test_an_order_that_nobody_knows_is_asked_for_once(world: World) -> None:
    payment = paid_payment(world)
    order = placed(world, payment)
    assert "1,234.50" in widget(world, order.id)
    assert "1,234.50" in widget(world, order.id)
    assert asked_for_orders(world) == 1
    transfer = world.transfer(payment)
    assert (transfer.order_id, transfer.order_number) == (order.id, order.number)


def test_old_payments_without_an_order_are_asked_about_no_more(world: World) -> None:
    paid_payment(world)
    world.clock.forward(hours=25)
    assert NONE in widget(world, "T3JkZXI6MQ==")
    assert asked_for_orders(world) == 0


def test_an_order_paid_otherwise_says_so(world: World) -> None:
    paid_payment(world)
    open_payment(world)
    for order_id in ("T3JkZXI6MQ==", "", '"><script>alert(1)</script>'):
        shown = widget(world, order_id)
        assert NONE in shown
        assert "<script" not in shown
    assert NONE in visit(world, "/widget/order").text


def test_a_saleor_that_does_not_answer_delays_nothing(world: World) -> None:
    payment = paid_payment(world)
    order = placed(world, payment)
    world.saleor.down(how="500")
    assert NONE in widget(world, order.id)


def test_only_the_orders_id_is_believed(world: World) -> None:
    payment = paid_payment(world)
    order = placed(world, payment)
    assert "1,234.50" in widget(world, order.id, f"&id=VHJhbnNhY3Rpb246MQ==&id={world.app.id}&saleorApiUrl=x")


def test_another_shops_payments_are_not_shown(world: World) -> None:
    payment = paid_payment(world)
    with world.parts.database.write() as tx:
        orders.placed(tx, world.transfer(payment).id, "T3JkZXI6MQ==", "1")
        assert orders.of_order(tx, world.connection.installation_id + 1, "T3JkZXI6MQ==") == []
        assert len(orders.of_order(tx, world.connection.installation_id, "T3JkZXI6MQ==")) == 1
