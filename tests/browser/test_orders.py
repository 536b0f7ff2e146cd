"""An order's page of the stand-in: what the app reported stands there, and staff can ask for a refund by clicks."""

from decimal import Decimal

from playwright.sync_api import expect

from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi_sandbox.saleor_records import Order
from tests.browser.screen import Screen
from tests.world import RICH, Session, World


def paid(world: World) -> tuple[Session, Order]:
    checkout = world.saleor.create_checkout(phone=RICH)
    session = world.pay(checkout.id)
    world.paid(session)
    return session, world.saleor.checkout_complete(checkout.id)


def test_a_refund_is_asked_for_by_clicks(screen: Screen, world: World) -> None:
    world.choose(refunds=RefundsMode.MANUAL)
    session, order = paid(world)
    screen.page.goto(screen.dashboard.order_url(order))
    screen.page.get_by_role("button", name="New refund").click()
    screen.page.get_by_label("Amount").fill("100")
    screen.page.get_by_label("Grant the refund first").check()
    screen.page.get_by_role("button", name="Refund", exact=True).click()

    expect(screen.page.get_by_text("RUB 100.00").first).to_be_visible()
    request = world.saleor.transaction(session.token).events[-1]
    assert (request.type, request.amount) == ("REFUND_REQUEST", Decimal(100))
    ((granted, _),) = world.saleor.staff.granted_refunds(order.id)
    assert granted.amount == 100


def test_an_order_shows_its_transactions_with_what_is_to_be_read(screen: Screen, world: World) -> None:
    session, order = paid(world)
    screen.page.goto(screen.dashboard.order_url(order))

    card = screen.page.get_by_role("region", name="Transaction #1")
    expect(card).to_contain_text("Charged RUB 1,234.50")
    expect(card.locator("tr").filter(has_text="SUCCESS")).to_contain_text(session.token)
    screen.page.get_by_role("link", name="Back").click()
    expect(screen.page.locator("table")).to_contain_text(f"#{order.number}")


def test_what_cannot_be_refunded_offers_no_refund(screen: Screen, world: World) -> None:
    world.choose(refunds=RefundsMode.REFUSE)
    _, order = paid(world)
    screen.page.goto(screen.dashboard.order_url(order))

    button = screen.page.get_by_role("button", name="New refund")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", "All transactions are non-refundable")
