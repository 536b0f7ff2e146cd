"""A merchant's screen: one window on the stand-in Dashboard, and what can be done and seen in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Frame, FrameLocator, Page, expect

from saleor_kupikupi_sandbox.dashboard import Dashboard
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_records import Order
from tests.clock import eventually

SHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
PATIENCE = 15_000  # ms; a busy machine is slow
# The window, and in it an app's page of 1179 × 822 or 353 × 766.
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}

Message = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """A size, a theme and a language."""

    size: str = "desktop"
    theme: str = "light"
    locale: str = "en"

    def __str__(self) -> str:
        """Names the look in a test's id and a screenshot's file."""
        return f"{self.size}-{self.theme}-{self.locale}"


# Each choice is in one of them: a theme does not depend on the size, nor a language on the theme.
LOOKS = (Look("desktop", "light", "en"), Look("phone", "dark", "ru"))


@dataclass
class Window:
    """One window; `problems` are exceptions of scripts and what a policy forbade, which a test's end finds."""

    page: Page
    dashboard: Dashboard
    look: Look
    problems: list[str] = field(default_factory=list)

    @property
    def inside(self) -> FrameLocator:
        """Is the document of the app's page, for clicks and for what is expected of it."""
        return self.page.frame_locator(".page iframe")

    @property
    def frame(self) -> Frame:
        """Is the same, for scripts of a test."""
        found: list[Frame | None] = []

        def is_there() -> bool:
            self.page.wait_for_load_state()  # lets Playwright hear of a frame that is being made
            found[:] = [self.page.locator("iframe").first.element_handle().content_frame()]
            return found[0] is not None

        assert eventually(is_there, PATIENCE / 1000)
        frame = found[0]
        assert frame is not None
        return frame

    @property
    def path(self) -> str:
        """Is the path and query in the address bar."""
        return self.page.url.removeprefix(self.dashboard.url)

    def wait_for_path(self, ending: str) -> None:
        """Waits until the address ends so: the page tells the Dashboard of its route after it has drawn it."""
        self.page.wait_for_url(lambda url: url.endswith(ending))

    # what is said between the two

    @property
    def frames(self) -> list[Message]:
        """Lists all that was said since the Dashboard was loaded."""
        said: list[Message] = self.page.evaluate("window.__frames ?? []")
        return said

    def told(self) -> list[str]:
        """Lists the types of what the Dashboard said, in order."""
        return [each["data"]["type"] for each in self.frames if each["dir"] == "dashboard->app"]

    def asked(self, action: str) -> list[Message]:
        """Lists what the app asked for by an action, without its id."""
        asked = [each["data"] for each in self.frames if each["dir"] == "app->dashboard"]
        return [
            {name: value for name, value in each["payload"].items() if name != "actionId"}
            for each in asked
            if each["type"] == action
        ]

    def wait_until_told(self, kind: str, times: int = 1) -> None:
        """Waits until the Dashboard said something so many times."""
        condition = (
            "([kind, times]) => (window.__frames ?? [])"
            ".filter((each) => each.dir === 'dashboard->app' && each.data.type === kind).length >= times"
        )
        self.page.wait_for_function(condition, arg=[kind, times])

    def expect_toast(self, text: str) -> None:
        """Waits for a toast with a text."""
        expect(self.page.locator("#toasts")).to_contain_text(text)

    # what can be seen

    def shoot(self, name: str) -> Path:
        """Keeps a picture of the window as it is."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"{name}-{self.look}.png"
        self.page.screenshot(path=path, animations="disabled")
        return path

    def faults(self) -> list[str]:
        """Lists serious faults against accessibility in the app's document, as axe finds them."""
        frame = self.frame
        frame.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
        found: dict[str, Any] = frame.evaluate("axe.run(document, {resultTypes: ['violations']})")
        return [
            f"{fault['id']}: {fault['help']}: {fault['nodes'][0]['html'][:200]}"
            for fault in found["violations"]
            if fault["impact"] in ("serious", "critical")
        ]

    def overflows(self) -> bool:
        """Says whether the app's document is wider than its iframe."""
        wider: bool = self.frame.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        return wider

    def listen(self) -> None:
        """Collects problems from now on."""
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Content-Security-Policy" in message.text:
            self.problems.append(message.text)


@dataclass
class Screen(Window):
    """A window on an app that is installed."""

    app: App = field(kw_only=True)

    def open(self, sub_path: str = "", **session: Any) -> FrameLocator:
        """Opens the app's page in the Dashboard and gives its inside."""
        look = {"theme": self.look.theme, "locale": self.look.locale}
        self.page.goto(self.dashboard.app_url(self.app, sub_path, **(look | session)))
        return self.inside

    def open_order(self, order: Order, **session: Any) -> FrameLocator:
        """Opens an order's page and gives the inside of the first widget."""
        look = {"theme": self.look.theme, "locale": self.look.locale}
        self.page.goto(self.dashboard.order_url(order, **(look | session)))
        return self.page.frame_locator(".widget iframe").first


@contextmanager
def window(browser: Browser, dashboard: Dashboard, look: Look) -> Iterator[Window]:
    """Opens a window of a browser nobody has used before; at its end there must have been no problem."""
    width, height = SIZES[look.size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="ru-RU" if look.locale == "ru" else "en-GB",
        color_scheme="dark" if look.theme == "dark" else "light",
        has_touch=look.size == "phone",
        timezone_id="Europe/Moscow",
    )
    context.set_default_timeout(PATIENCE)
    made = Window(context.new_page(), dashboard, look)
    made.listen()
    try:
        yield made
    finally:
        context.close()
    assert made.problems == []


@contextmanager
def screen(browser: Browser, dashboard: Dashboard, app: App, look: Look) -> Iterator[Screen]:
    """Opens a window on an app that is installed."""
    with window(browser, dashboard, look) as made:
        yield Screen(made.page, dashboard, look, made.problems, app=app)
