"""The app's page and the Dashboard around it: who says what, what survives, what is forbidden."""

from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from flask import Flask
from playwright.sync_api import Error, Request, expect

from saleor_kupikupi.store import installations
from saleor_kupikupi_sandbox.serving import Served, serve
from tests.browser.screen import Screen
from tests.world import World

START = {"en": "Kupi-Kupi points", "ru": "Баллы Купи-Купи"}
OPENING = ["handshake", "response", "handshake", "localeChanged", "theme", "redirect"]


@pytest.fixture
def fragments(screen: Screen) -> list[Request]:
    """The requests for data, from now on."""
    asked: list[Request] = []
    screen.page.on("request", lambda each: asked.append(each) if "/api/dashboard" in each.url else None)
    return asked


@pytest.fixture
def foreigner() -> Iterator[Served]:
    """A site that shows in an iframe whatever stands in its address."""
    site = Flask("foreigner")
    page = """<!doctype html><title>x</title><script>
      const frame = document.createElement("iframe");
      frame.src = decodeURIComponent(location.hash.slice(1));
      frame.onload = () => document.title = "loaded";
      document.documentElement.append(frame);
    </script>"""
    site.add_url_rule("/", "page", lambda: page)
    served = serve(site)
    yield served
    served.stop()


def ready(screen: Screen, sub_path: str = "", **session: object) -> None:
    """Opens the page and waits until it shows a screen and was told all."""
    expect(screen.open(sub_path, **session).locator("h1")).to_be_visible()
    screen.wait_until_told("redirect")


def title(screen: Screen, text: str) -> None:
    expect(screen.inside.locator("h1")).to_have_text(text)


def tokens(screen: Screen) -> list[str]:
    """Lists the tokens the page was told, in order."""
    return [each["data"]["payload"]["token"] for each in screen.frames if "token" in each["data"]["payload"]]


def bearer(request: Request) -> str:
    return request.headers["authorization"].removeprefix("Bearer ")


# the conversation


def test_two_handshakes_draw_the_page_once(screen: Screen, fragments: list[Request]) -> None:
    ready(screen)

    title(screen, START["en"])
    assert screen.told() == OPENING
    assert len(fragments) == 1


def test_the_app_learns_where_its_dashboard_is(screen: Screen, world: World) -> None:
    ready(screen, "help")

    with world.parts.database.read() as tx:
        (installed,) = installations.listed(tx)
    assert installed.installation.dashboard_url == f"{screen.dashboard.url}/dashboard"


def test_the_token_travels_in_a_header_alone(screen: Screen, fragments: list[Request]) -> None:
    seen: list[str] = []
    screen.page.on("request", lambda each: seen.append(each.url))
    ready(screen)
    screen.inside.get_by_role("link", name="Help").click()
    title(screen, "Help")

    told = tokens(screen)
    assert {bearer(each) for each in fragments} <= set(told)
    assert not [url for url in seen if any(token in url for token in told)]
    assert screen.page.context.cookies() == []
    assert screen.frame.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_an_expired_token_is_replaced_by_the_next_one(screen: Screen, fragments: list[Request]) -> None:
    ready(screen, stale=1)

    title(screen, START["en"])
    assert bearer(fragments[-1]) == tokens(screen)[-1] != tokens(screen)[0]


def test_new_tokens_leave_what_is_typed(screen: Screen, fragments: list[Request]) -> None:
    ready(screen, refresh=200)
    screen.frame.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<form><input id=typed></form>')"
    )
    field = screen.inside.locator("#typed")
    field.press_sequentially("half a ")
    screen.wait_until_told("tokenRefresh", 2)
    field.press_sequentially("word")

    expect(field).to_have_value("half a word")
    expect(field).to_be_focused()
    assert len(fragments) == 1


def test_the_latest_token_is_used(screen: Screen, world: World, fragments: list[Request]) -> None:
    ready(screen, refresh=200)
    world.clock.forward(seconds=60)  # else the next token is the same
    screen.wait_until_told("tokenRefresh", screen.told().count("tokenRefresh") + 2)
    with screen.page.expect_response("**/api/dashboard/help") as answered:
        screen.inside.get_by_role("link", name="Help").click()

    assert answered.value.status == 200
    assert bearer(fragments[-1]) in tokens(screen)
    assert bearer(fragments[-1]) != tokens(screen)[0]


def test_a_theme_changes_at_once(screen: Screen, fragments: list[Request]) -> None:
    ready(screen)
    body = screen.inside.locator("body")
    expect(body).to_have_css("background-color", "rgb(255, 255, 255)")
    screen.page.get_by_label("Theme").select_option("dark")

    expect(body).to_have_css("background-color", "rgb(38, 40, 54)")
    assert screen.frame.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    assert len(fragments) == 1


def test_a_language_is_the_dashboards(screen: Screen) -> None:
    ready(screen)
    title(screen, START["en"])
    screen.page.get_by_label("Language").select_option("ru")

    title(screen, START["ru"])
    expect(screen.inside.locator("html")).to_have_attribute("lang", "ru")


def send_what_nobody_takes(screen: Screen) -> None:
    """Sends a form to an address that takes none, which the page has to tell."""
    screen.frame.evaluate(
        """() => {
          const form = document.createElement("form");
          Object.assign(form, { method: "post", action: "/api/dashboard/" });
          document.querySelector("main").append(form);
          form.requestSubmit();
        }"""
    )


def test_a_word_that_the_dashboard_does_not_say_is_said_in_the_page(screen: Screen) -> None:
    ready(screen, silent="notification")
    send_what_nobody_takes(screen)

    expect(screen.inside.locator("#toasts")).to_contain_text("The app made a mistake")
    assert [asked["status"] for asked in screen.asked("notification")] == ["error"]


def test_a_word_is_said_by_the_dashboard_where_it_can(screen: Screen) -> None:
    ready(screen)
    send_what_nobody_takes(screen)

    screen.expect_toast("The app made a mistake")
    expect(screen.inside.locator("#toasts")).to_be_empty()


# the routes


def test_every_sub_path_is_a_document(screen: Screen) -> None:
    ready(screen, "no/such/screen")

    title(screen, "There is no such page")


def test_a_path_with_two_slashes_is_the_screen(screen: Screen) -> None:
    screen.page.goto(f"{screen.dashboard.app_url(screen.app)}?appPath=/help")

    title(screen, "Help")


# who may


def test_staff_without_the_permission_may_look(screen: Screen) -> None:
    ready(screen, staff="orders-only")

    expect(screen.inside.get_by_text("You may look, but not change")).to_be_visible()


# what is forbidden


def test_a_page_opened_directly_asks_for_nothing(screen: Screen, world: World, fragments: list[Request]) -> None:
    screen.page.goto(f"{world.url}/app/help?{urlencode({'saleorApiUrl': world.saleor.api_url})}")

    expect(screen.page.locator("h1")).to_have_text("Open this page in Saleor's Dashboard")
    assert fragments == []


def test_no_script_or_style_within_a_page_runs(screen: Screen) -> None:
    ready(screen)
    screen.frame.evaluate(
        """() => {
          window.broken = [];
          addEventListener("securitypolicyviolation", (event) => broken.push(event.effectiveDirective));
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true' style='color: red'>");
        }"""
    )
    screen.frame.wait_for_function("broken.length >= 3")

    assert set(screen.frame.evaluate("broken")) == {"script-src-elem", "script-src-attr", "style-src-attr"}
    assert screen.frame.evaluate("window.ran") is None
    screen.problems.clear()


def test_nothing_is_fetched_from_elsewhere(screen: Screen, foreigner: Served) -> None:
    ready(screen)
    refused = screen.frame.evaluate("url => fetch(url).then(() => false, () => true)", foreigner.url)

    assert refused is True
    assert any("connect-src" in problem for problem in screen.problems)
    screen.problems.clear()


@pytest.mark.parametrize("path", ["/app", "/app/help", "/widget/order"])
def test_no_other_site_can_frame_the_page(screen: Screen, world: World, foreigner: Served, path: str) -> None:
    address = f"{world.url}{path}?{urlencode({'saleorApiUrl': world.saleor.api_url})}"
    screen.page.goto(f"{foreigner.url}/#{address}")
    expect(screen.page).to_have_title("loaded")

    assert screen.page.frames[1].url.startswith("chrome-error:")
    assert any("frame-ancestors" in problem for problem in screen.problems)
    screen.problems.clear()


def test_the_sandbox_keeps_the_page_in_its_place(screen: Screen) -> None:
    ready(screen)

    assert screen.frame.evaluate("confirm('really?')") is False
    with pytest.raises(Error, match="navigate"):
        screen.frame.evaluate("window.top.location.href = 'about:blank'")
