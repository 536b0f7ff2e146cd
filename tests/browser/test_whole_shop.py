"""A merchant's whole way by clicks alone: from the manifest's address to a payment that is paid, found and refunded.

Nothing is done by API but what other people do: the provider's support reads the letter, time passes.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from saleor_kupikupi.web.dashboard.texts import texts_in
from saleor_kupikupi_sandbox.dashboard import Dashboard
from saleor_kupikupi_sandbox.storefront import Storefront
from tests.browser.screen import LOOKS, SIZES, Look, Window, window
from tests.clock import eventually
from tests.journeys.rounds import look_again
from tests.world import APP_ID, SECRET, UID, World
from tests.world import world as made_world

VIEWPORTS: dict[str, ViewportSize] = {
    name: {"width": width, "height": height} for name, (width, height) in SIZES.items()
}
Say = Callable[[str], str]


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    """A Saleor, the provider and the app, none of which has heard of another."""
    with made_world(database_url, installed=False) as made:
        made.saleor.channel("rub", name="Чайная лавка")
        yield made


@pytest.fixture
def storefront(world: World) -> Iterator[Storefront]:
    made = Storefront(world.saleor, APP_ID, pause=0.1)
    made.start()
    yield made
    made.stop()


class Merchant:
    """Who works in one window; every text of the page is said in the window's language."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.page = window.page
        self.inside = window.inside
        self.say: Say = texts_in(window.look.locale).gettext

    def named(self, role: str, text: str) -> Locator:
        return self.inside.get_by_role(role, name=self.say(text), exact=True).first  # type: ignore[arg-type]

    def click(self, role: str, text: str) -> None:
        self.named(role, text).click()

    def fill(self, label: str, text: str, nth: int = 0) -> None:
        self.inside.get_by_label(self.say(label), exact=True).nth(nth).fill(text)

    def is_at(self, title: str) -> None:
        expect(self.inside.locator("h1")).to_contain_text(self.say(title))

    def is_told(self, text: str) -> None:
        self.window.expect_toast(self.say(text))
        self.page.evaluate("document.getElementById('toasts').replaceChildren()")

    def menu(self, entry: str) -> None:
        """Chooses an entry of the Dashboard's own menu, which a phone folds away behind a button."""
        if self.window.look.size == "phone":
            self.page.get_by_role("button", name="Menu", exact=True).click()
        self.page.get_by_role("link", name=entry, exact=True).click()

    def open_app(self) -> None:
        """Goes to the app as the Dashboard's own menu leads there."""
        self.menu("Extensions")
        self.page.locator("h2").get_by_role("link").click()
        self.is_at("Kupi-Kupi points")


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_shop_is_set_up_paid_in_and_refunded_by_clicks_alone(
    browser: Browser, dashboard: Dashboard, world: World, storefront: Storefront, look: Look
) -> None:
    with window(browser, dashboard, look) as opened:
        merchant = Merchant(opened)
        install(merchant, f"{world.url}/api/manifest")
        add_connection(merchant)
        letter = write_letter(merchant, storefront)
        answer_letter(world, letter)
        enter_keys(merchant, world.provider.base_url)
        choose_channel(merchant)

        with buyer(browser, look) as page:
            number = buy(page, storefront.url)

        merchant.click("link", "Start")
        merchant.is_at("Kupi-Kupi points")
        expect(merchant.inside.locator(".steps")).to_have_count(0)
        opened.shoot("whole-start")
        look_again(world)
        find_payment(merchant, number)
        ask_refund(merchant)
        answer_refund(merchant)
        world.work()
        see_refund(merchant, number)


def install(merchant: Merchant, manifest_url: str) -> None:
    look = {"theme": merchant.window.look.theme, "locale": merchant.window.look.locale}
    merchant.page.goto(merchant.window.dashboard.install_url(manifest_url, **look))
    merchant.page.get_by_role("button", name="Install").click()
    merchant.is_at("Kupi-Kupi points")
    expect(merchant.inside.locator(".step.now h3")).to_have_text(merchant.say("Connect Kupi-Kupi"))


def add_connection(merchant: Merchant) -> None:
    """A connection without keys: they are what the letter asks for."""
    merchant.click("link", "Connections")
    merchant.click("link", "Add connection")
    merchant.fill("Name", "Чайная лавка")
    expect(merchant.inside.get_by_role("radio", name=merchant.say("Test"))).to_be_checked()
    merchant.click("button", "Add connection")
    merchant.is_told("Saved")


def write_letter(merchant: Merchant, storefront: Storefront) -> str:
    merchant.click("link", "Registration")
    for nth in range(2):
        merchant.fill("Site address", storefront.url, nth)
        merchant.fill("Success page (SuccessURL)", storefront.success_url, nth)
        merchant.fill("Fail page (FailURL)", storefront.fail_url, nth)
    merchant.click("button", "Save and write the letter")
    merchant.is_told("Saved: the letter is up to date")
    merchant.click("button", "Copy")
    expect(merchant.named("button", "Copied")).to_be_visible()
    return pasted(merchant.page)


def pasted(page: Page) -> str:
    """Pastes what was copied, as into the form of the provider's support."""
    form = page.context.new_page()
    form.set_content("<textarea aria-label=support></textarea>")
    form.get_by_label("support").focus()
    form.keyboard.press("Control+V")
    text = form.get_by_label("support").input_value()
    form.close()
    return text


def answer_letter(world: World, letter: str) -> None:
    """Is the provider's support: it reads the letter and registers the test site."""
    said = dict(line.split(": ", 1) for line in letter.split("Тестовая версия сайта")[1].splitlines() if ": " in line)
    platform = world.provider.platform(UID)
    platform.success_url, platform.fail_url = said["SuccessURL"], said["FailURL"]
    platform.notification_url = said["NotificationURL"]


def enter_keys(merchant: Merchant, base_url: str) -> None:
    merchant.click("link", "Enter the keys")
    merchant.fill("Platform uid (UidPlatform)", UID)
    merchant.fill("Test key (DevSecretKey)", SECRET)
    merchant.inside.get_by_text(merchant.say("Advanced"), exact=True).click()
    merchant.fill("Address of the test server", base_url)
    merchant.click("button", "Save")
    merchant.is_told("Saved, and Kupi-Kupi accepts the test key")
    merchant.click("button", "Test connection")
    result = merchant.inside.locator(".banner.success")
    expect(result).to_contain_text("1,000,000.00" if merchant.window.look.locale == "en" else "1\u202f000\u202f000,00")
    merchant.window.shoot("whole-tested")


def choose_channel(merchant: Merchant) -> None:
    merchant.click("link", "Channels")
    label = merchant.say("Connection of %(channel)s") % {"channel": "Чайная лавка"}
    merchant.inside.get_by_label(label).select_option(index=1)
    merchant.click("button", "Save")
    merchant.is_told("Saved")
    merchant.click("link", "Start")
    expect(merchant.inside.locator(".step.now h3")).to_have_text(merchant.say("Pay once yourself"))
    merchant.window.shoot("whole-last-step")


@contextmanager
def buyer(browser: Browser, look: Look) -> Iterator[Page]:
    """A browser of its own: a buyer is no member of staff."""
    context = browser.new_context(locale="ru-RU" if look.locale == "ru" else "en-GB", viewport=VIEWPORTS[look.size])
    yield context.new_page()
    context.close()


def buy(page: Page, shop: str) -> str:
    """Pays as the test phone: types on the provider's form the code that stands in the buyer's account there."""
    page.goto(shop)
    page.locator("#phone").fill("8 (900) 000-00-01")
    page.locator("form[action='/phone'] button").click()
    page.locator("#pay").click()
    with page.expect_popup() as opened:
        page.locator("#hint a").click()
    code = opened.value.locator("td.code").inner_text()
    page.locator("#code").fill(code)
    page.locator("main button").click()
    expect(page.locator("h1.good")).to_be_visible()
    found = re.search(r"\d+", page.locator(".sum span").first.inner_text())
    assert found
    return found[0]


def find_payment(merchant: Merchant, number: str) -> None:
    merchant.click("link", "Transfers")
    merchant.fill("Search", number)
    merchant.click("button", "Find")
    rows = merchant.inside.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(number)
    rows.get_by_role("link").click()
    expect(merchant.inside.locator("h1 .pill").first).to_have_text(merchant.say("Paid"))
    merchant.window.shoot("whole-transfer")
    order = merchant.say("Order %(number)s") % {"number": number}
    merchant.inside.get_by_role("button", name=order, exact=True).first.click()
    expect(merchant.page.locator("h1")).to_have_text(f"Order #{number}")


def ask_refund(merchant: Merchant) -> None:
    page = merchant.page
    page.wait_for_load_state()  # the button has no effect before the page's script
    page.get_by_role("button", name="New refund").click()
    page.get_by_label("Amount").fill("234.50")
    page.get_by_label("Reason").fill("the spout is broken")
    with page.expect_navigation():
        page.get_by_role("button", name="Refund", exact=True).click()
    pending = page.get_by_role("region", name="Transaction #1").get_by_text("PENDING")
    assert eventually(lambda: page.reload() and pending.count() == 1)  # Saleor asks the app after it answered us


def answer_refund(merchant: Merchant) -> None:
    merchant.open_app()
    merchant.click("link", "Refunds")
    merchant.click("link", "Answer")
    merchant.inside.locator("summary").filter(has_text=merchant.say("The points are returned")).click()
    merchant.inside.locator("#note").fill("the teapot came back")
    merchant.click("button", "Yes, they are returned")
    merchant.is_told("The refund is noted")
    merchant.window.shoot("whole-refund")


def see_refund(merchant: Merchant, number: str) -> None:
    merchant.menu("Orders")
    merchant.page.get_by_role("link", name=f"#{number}", exact=True).click()
    card = merchant.page.get_by_role("region", name="Transaction #1")
    expect(card).to_contain_text("Refunded RUB 234.50")
    expect(card.get_by_title("the teapot came back")).to_have_count(1)
    widget = merchant.page.frame_locator(".widget iframe").first
    expect(widget.locator("main")).to_contain_text("234")
    merchant.window.shoot("whole-order")
