"""A refund by clicks: asked for on the order, answered on the app's page, done on the order."""

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import FrameLocator, expect

from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi_sandbox.saleor_records import Order
from tests.browser.screen import Screen
from tests.world import RICH, Session, World


def paid(world: World) -> tuple[Session, Order]:
    checkout = world.saleor.create_checkout(phone=RICH)
    session = world.pay(checkout.id)
    world.paid(session)
    return session, world.saleor.checkout_complete(checkout.id)


def ask(screen: Screen, order: Order, amount: str, reason: str = "") -> None:
    screen.page.goto(screen.dashboard.order_url(order))
    screen.page.get_by_role("button", name="New refund").click()
    screen.page.get_by_label("Amount").fill(amount)
    screen.page.get_by_label("Reason").fill(reason)
    screen.page.get_by_role("button", name="Refund", exact=True).click()
    expect(screen.page.get_by_text(f"RUB {amount}.00").first).to_be_visible()


def sound(screen: Screen, name: str) -> None:
    assert screen.faults() == []
    assert not screen.overflows()
    screen.shoot(name)


def words(screen: Screen, english: str, russian: str) -> str:
    return russian if screen.look.locale == "ru" else english


def press(inside: FrameLocator, text: str) -> None:
    inside.get_by_role("button", name=text, exact=True).click()


def return_points(screen: Screen, inside: FrameLocator) -> None:
    inside.get_by_role("link", name=words(screen, "Answer", "Ответить")).first.click()
    expect(inside.locator("h1")).to_contain_text("500")
    sound(screen, "refund")
    inside.locator("summary").first.click()
    inside.locator("#amount").fill("500,01")
    press(inside, words(screen, "Yes, they are returned", "Да, возвращены"))
    expect(inside.locator("#amount")).to_be_focused()
    sound(screen, "refund-refused")
    inside.locator("#amount").fill("450,50")
    inside.locator("#note").fill("<b>by phone</b>")
    press(inside, words(screen, "Yes, they are returned", "Да, возвращены"))
    screen.expect_toast(words(screen, "The refund is noted", "Возврат записан"))


def turn_down(screen: Screen, inside: FrameLocator) -> None:
    inside.get_by_role("link", name=words(screen, "Answer", "Ответить")).click()
    inside.locator("summary").last.press("Enter")  # by keys: a toast may lie above it on a phone
    inside.locator("#reason").fill("the buyer has no points any more")
    sound(screen, "refund-not-possible")
    inside.locator("#reason").press("Enter")
    expect(inside.locator("tbody tr")).to_have_count(2)


def test_a_refund_is_asked_for_answered_and_done(each_screen: Screen, world: World) -> None:
    screen = each_screen
    world.choose(cabinet_url="https://cabinet.example/{paymentId}")
    session, order = paid(world)
    ask(screen, order, "500", "the cup was broken")
    ask(screen, order, "34")

    inside = screen.open("refunds")
    expect(inside.locator("tbody tr")).to_have_count(2)
    sound(screen, "refunds-waiting")
    return_points(screen, inside)
    turn_down(screen, inside)
    sound(screen, "refunds-answered")

    world.work()
    screen.page.goto(screen.dashboard.order_url(order))
    card = screen.page.get_by_role("region", name="Transaction #1")
    expect(card).to_contain_text("Refunded RUB 450.50")
    expect(card.get_by_title("<b>by phone</b>")).to_have_count(1)
    sums = world.saleor.transaction(session.token).sums
    assert (sums.refunded, sums.refund_pending) == (Decimal("450.50"), Decimal(0))


def test_a_refund_of_the_cabinet_is_recorded_at_its_payment(each_screen: Screen, world: World) -> None:
    screen = each_screen
    world.choose(refunds=RefundsMode.REFUSE)
    session, _ = paid(world)
    world.choose(refunds=RefundsMode.MANUAL)
    inside = screen.open(f"refunds/of/{session.token}")
    inside.locator("summary").last.click()
    press(inside, words(screen, "Yes, let it", "Да, разрешить"))
    screen.expect_toast(words(screen, "Saleor is told of it now", "Saleor узнает об этом сейчас"))
    expect(inside.locator("summary")).to_have_count(1)
    inside.locator("summary").click()
    sound(screen, "refunds-of-payment")
    inside.locator("#amount").fill("1 000")
    press(inside, words(screen, "Yes, record it", "Да, записать"))
    expect(inside.locator("tbody tr")).to_have_count(1)
    world.work()
    transaction = world.saleor.transaction(session.token)
    assert (transaction.sums.refunded, transaction.actions) == (Decimal(1000), ("REFUND",))


def test_a_question_that_is_left_changes_nothing(screen: Screen, world: World) -> None:
    _, order = paid(world)
    ask(screen, order, "500")
    inside = screen.open("refunds/1")
    inside.locator("summary").first.click()
    press(inside, "No, leave it")
    expect(inside.locator("#amount")).not_to_be_visible()
    inside.locator("summary").last.click()
    press(inside, "Yes, it is not possible")
    expect(inside.locator("#reason")).to_be_focused()
    assert world.saleor.transaction("".join(t.token for t in world.saleor.transactions(order.id))).sums.refunded == 0


def test_the_day_that_is_proposed_is_the_readers_own(screen: Screen, world: World) -> None:
    _, order = paid(world)
    ask(screen, order, "500")
    evening = world.clock.now().replace(hour=21, minute=30)  # the next day has begun in Moscow
    screen.page.clock.set_fixed_time(evening)
    inside = screen.open("refunds/1")
    inside.locator("summary").first.click()
    expect(inside.locator("#day")).to_have_value(f"{evening + timedelta(days=1):%Y-%m-%d}")
    inside.locator("#day").fill("2020-01-01")
    press(inside, "Yes, they are returned")
    expect(inside.locator("#day")).to_be_focused()
    expect(inside.locator("#day")).to_have_value("2020-01-01")


@pytest.mark.parametrize("staff", ["orders-only"])
def test_who_may_only_look_cannot_answer(screen: Screen, world: World, staff: str) -> None:
    _, order = paid(world)
    ask(screen, order, "500")
    inside = screen.open("refunds/1", staff=staff)
    expect(inside.get_by_role("button", name="The points are returned")).to_be_disabled()
    screen.shoot("refund-looking")
