"""The page's conversation with the Dashboard, and what it does when one of its two counterparts is silent."""

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.browser.screen import Screen
from tests.world import World

FRAGMENTS = "**/api/dashboard/**"


def title(screen: Screen, text: str) -> None:
    expect(screen.inside.locator("h1")).to_have_text(text)


def go(screen: Screen, text: str) -> None:
    screen.inside.get_by_role("link", name=text, exact=True).click()


def attribute(screen: Screen, name: str) -> str:
    value: str = screen.frame.evaluate("(name) => document.documentElement.getAttribute(name)", name)
    return value


def test_every_look_of_the_page_is_sound(each_screen: Screen) -> None:
    russian = each_screen.look.locale == "ru"
    each_screen.open()
    title(each_screen, "Баллы Купи-Купи" if russian else "Kupi-Kupi points")
    go(each_screen, "Помощь" if russian else "Help")
    title(each_screen, "Помощь" if russian else "Help")
    expect(each_screen.inside.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)

    assert each_screen.faults() == []
    assert not each_screen.overflows()
    assert (attribute(each_screen, "lang"), attribute(each_screen, "data-theme")) == (
        each_screen.look.locale,
        each_screen.look.theme,
    )
    each_screen.shoot("help")


def test_a_stale_token_is_followed_by_the_next_one(screen: Screen) -> None:
    screen.open(stale=1)

    title(screen, "Kupi-Kupi points")
    assert "tokenRefresh" in screen.told()


def test_a_route_is_told_to_the_dashboard_and_survives_its_reload(screen: Screen) -> None:
    screen.open()
    go(screen, "Help")
    title(screen, "Help")

    expect(screen.inside.locator("h1")).to_be_focused()
    assert screen.asked("updateRouting") == [{"newRoute": "/help"}]
    screen.wait_for_path("/help")
    screen.page.reload()
    title(screen, "Help")


def test_a_reload_inside_the_iframe_keeps_route_language_and_theme(screen: Screen) -> None:
    screen.open(locale="ru", theme="dark")
    go(screen, "Помощь")
    title(screen, "Помощь")
    screen.page.evaluate("window.__frames.length = 0")

    screen.frame.evaluate("location.reload()")
    screen.wait_until_told("handshake")
    title(screen, "Помощь")

    assert "localeChanged" not in screen.told()
    assert attribute(screen, "data-theme") == "dark"


def test_the_handshake_tells_the_help_which_dashboard_it_is(screen: Screen) -> None:
    screen.open("help")

    expect(screen.inside.locator("[data-known=dashboardVersion]")).to_have_text("v3.22.44")


def test_a_text_is_copied_though_the_iframe_gets_no_clipboard(screen: Screen) -> None:
    screen.open("help")
    screen.inside.get_by_role("button", name="Copy").last.click()

    expect(screen.inside.get_by_role("button", name="Copied")).to_be_visible()


def test_a_link_to_another_site_is_opened_by_the_dashboard(screen: Screen) -> None:
    screen.open("help")
    go(screen, "Kupi-Kupi's site")

    screen.wait_until_told("response", 2)
    assert screen.asked("redirect") == [{"to": "https://kupi-kupi.com/", "newContext": True}]


def test_nobody_but_the_window_around_the_page_is_heard(screen: Screen) -> None:
    screen.open()
    title(screen, "Kupi-Kupi points")

    screen.frame.evaluate("window.postMessage({ type: 'theme', payload: { theme: 'dark' } }, '*')")
    screen.frame.evaluate(
        "window.dispatchEvent(new MessageEvent('message', { source: window.parent, "
        "origin: 'https://other.example', data: { type: 'theme', payload: { theme: 'dark' } } }))"
    )
    screen.frame.evaluate("new Promise((done) => setTimeout(done))")

    assert attribute(screen, "data-theme") == "light"


@pytest.mark.parametrize("language", ["ru-RU", "en-GB"])
def test_a_page_that_is_opened_directly_says_where_to_open_it(browser: Browser, world: World, language: str) -> None:
    with browser.new_context(locale=language) as context:
        page = context.new_page()
        page.goto(f"{world.url}/app/help")

        words = (
            "Откройте эту страницу в панели Saleor" if language == "ru-RU" else "Open this page in Saleor's Dashboard"
        )
        expect(page.locator("h1")).to_have_text(words)


def test_a_page_whose_app_cannot_be_reached_says_so_and_tries_again(screen: Screen) -> None:
    screen.open()
    title(screen, "Kupi-Kupi points")
    screen.page.context.route(FRAGMENTS, lambda route: route.abort())
    go(screen, "Help")
    title(screen, "The app cannot be reached")

    screen.page.context.unroute(FRAGMENTS)
    screen.inside.get_by_role("button", name="Try again").click()

    title(screen, "Help")


def test_a_proxys_error_page_is_never_shown_as_ours(screen: Screen) -> None:
    def broken(route: Route) -> None:
        route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>")

    screen.open()
    title(screen, "Kupi-Kupi points")
    screen.page.context.route(FRAGMENTS, broken)
    go(screen, "Help")

    title(screen, "The app made a mistake")


def test_a_session_that_ended_goes_on_with_the_next_token(screen: Screen, world: World) -> None:
    screen.open()
    title(screen, "Kupi-Kupi points")
    world.clock.forward(minutes=20)
    go(screen, "Help")
    title(screen, "The session has ended")

    token = world.saleor.bridge_token(world.app)
    screen.page.evaluate(
        "(token) => document.querySelector('.page iframe').contentWindow"
        ".postMessage({ type: 'tokenRefresh', payload: { token } }, '*')",
        token,
    )

    title(screen, "Help")
