"""The box on an order's page: what it shows, and the way out of it into the app's page."""

from playwright.sync_api import expect

from saleor_kupikupi_sandbox.saleor_records import Order
from tests.browser.screen import Screen
from tests.world import RICH, Session, World


def paid(world: World) -> tuple[Session, Order]:
    checkout = world.saleor.create_checkout(phone=RICH)
    session = world.pay(checkout.id)
    world.paid(session)
    return session, world.saleor.checkout_complete(checkout.id)


def test_an_orders_payment_is_shown_beside_it(each_screen: Screen, world: World) -> None:
    session, order = paid(world)
    world.saleor.request_action(session.token, "REFUND", "100")
    inside = each_screen.open_order(order)
    russian = each_screen.look.locale == "ru"

    expect(inside.get_by_role("button").first).to_contain_text("234")
    expect(inside.locator(".pill").last).to_have_text("оплачено" if russian else "paid")
    assert each_screen.frame.evaluate("[innerWidth, innerHeight]") == [344, 200]
    assert not each_screen.overflows()
    assert each_screen.faults() == []
    each_screen.page.locator(".widget").scroll_into_view_if_needed()
    each_screen.shoot("widget")
    inside.get_by_role("button").last.click()
    expect(each_screen.inside.locator("h1")).to_have_text("Возвраты" if russian else "Refunds")


def test_the_box_leads_to_the_payment_in_the_apps_page(screen: Screen, world: World) -> None:
    session, order = paid(world)
    inside = screen.open_order(order)
    inside.get_by_role("button").first.click()
    screen.page.wait_for_url(f"**/transfers/{session.token}")


def test_the_box_stays_the_orders_own_whatever_the_dashboard_puts_into_its_query(screen: Screen, world: World) -> None:
    _, order = paid(world)
    screen.page.goto(screen.dashboard.order_url(order) + "?id=VHJhbnNhY3Rpb25JdGVtOjE%3D&orderId=other")
    inside = screen.page.frame_locator(".widget iframe").first
    expect(inside.get_by_role("button").first).to_contain_text("1,234.50")
    screen.page.get_by_role("button", name="New refund").click()  # a dialog loads the widget anew
    expect(inside.get_by_role("button").first).to_contain_text("1,234.50")


def test_an_order_without_points_says_so(screen: Screen, world: World) -> None:
    order = world.saleor.create_order(phone=RICH)
    inside = screen.open_order(order)
    expect(inside.locator("main")).to_contain_text("no payment with Kupi-Kupi points")
    screen.shoot("widget-nothing")
