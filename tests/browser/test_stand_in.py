"""The stand-in Dashboard does what the recordings of the real one show."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from saleor_kupikupi_sandbox.dashboard import Dashboard
from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_records import Order
from tests.browser.probe import Probe, probe
from tests.browser.screen import LOOKS, Look, Screen, screen
from tests.keys import usual_key

OPENING = ["handshake", "response", "handshake", "localeChanged", "theme", "redirect"]


@pytest.fixture
def app() -> Iterator[Probe]:
    with probe() as made:
        yield made


@pytest.fixture
def saleor() -> Iterator[Saleor]:
    made = Saleor("3.22", key=usual_key())
    made.start()
    made.channel()
    yield made
    made.stop()


@pytest.fixture
def desk(browser: Browser, saleor: Saleor, app: Probe) -> Iterator[Screen]:
    yield from at(browser, saleor, app, Look())


@pytest.fixture(params=LOOKS, ids=str)
def each_desk(browser: Browser, saleor: Saleor, app: Probe, request: pytest.FixtureRequest) -> Iterator[Screen]:
    yield from at(browser, saleor, app, request.param)


def at(browser: Browser, saleor: Saleor, app: Probe, look: Look) -> Iterator[Screen]:
    dashboard = Dashboard(saleor)
    dashboard.start()
    with screen(browser, dashboard, saleor.install(app.manifest_url), look) as made:
        yield made
    dashboard.stop()


@pytest.fixture
def order(saleor: Saleor) -> Order:
    return saleor.create_order()


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    read: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return read


def opened(desk: Screen, sub_path: str = "", **session: Any) -> None:
    desk.open(sub_path, **session)
    desk.wait_until_told("redirect")


def ask(desk: Screen, action: str, **payload: Any) -> Any:
    return desk.frame.evaluate("([type, payload]) => ask(type, payload)", [action, payload])


def begin(desk: Screen, action: str, **payload: Any) -> None:
    """Asks for something after which the page is another."""
    desk.frame.evaluate("([type, payload]) => void setTimeout(() => ask(type, payload), 20)", [action, payload])


def test_an_app_is_told_things_in_the_order_of_the_recordings(desk: Screen) -> None:
    opened(desk)

    assert desk.told() == OPENING
    got = {each["type"]: each["payload"] for each in desk.frame.evaluate("got")}
    assert set(got["handshake"]) == {"token", "version", "saleorVersion", "dashboardVersion"}
    assert (got["handshake"]["version"], got["handshake"]["dashboardVersion"]) == (1, "v3.22.44")
    assert got["localeChanged"] == {"locale": "en"}
    assert got["theme"] == {"theme": "light"}
    assert got["redirect"] == {"path": desk.path}


def test_the_document_is_asked_for_without_and_then_with_a_theme(desk: Screen, app: Probe) -> None:
    opened(desk, "settings/channels")

    first, second = sorted(app.asked)  # two connections race for who is heard first
    assert first.startswith("/app/settings/channels?domain=127.0.0.1%3A")
    assert first.endswith("&featureFlags%5Bnew_order_ui%5D%5Bpayload%5D=default")
    assert second == f"{first}&theme=light"


def test_the_iframe_has_the_real_ones_size_and_rights(each_desk: Screen) -> None:
    opened(each_desk)

    iframe = each_desk.page.locator(".page iframe")
    expect(iframe).to_have_attribute(
        "sandbox", "allow-same-origin allow-forms allow-scripts allow-downloads allow-popups"
    )
    size = {"desktop": [1179, 822], "phone": [353, 766]}[each_desk.look.size]
    assert each_desk.frame.evaluate("[innerWidth, innerHeight]") == size


def test_a_document_reached_within_the_iframe_gets_a_handshake_alone(desk: Screen) -> None:
    opened(desk)
    before = len(desk.told())
    desk.frame.evaluate("location.href = '/app/third?noready'")

    desk.wait_until_told("handshake", 3)
    desk.page.wait_for_timeout(50)
    assert desk.told()[before:] == ["handshake"]


def test_an_old_token_is_followed_by_a_new_one(desk: Screen) -> None:
    opened(desk, stale=1)
    desk.wait_until_told("tokenRefresh")

    tokens = [
        claims(each["data"]["payload"]["token"]) for each in desk.frames if "token" in each["data"].get("payload", {})
    ]
    assert tokens[0]["exp"] < tokens[0]["iat"] + 301 < tokens[-1]["iat"]
    assert desk.told() == [*OPENING, "tokenRefresh"]


def test_tokens_are_renewed(desk: Screen) -> None:
    opened(desk, refresh=100)

    desk.wait_until_told("tokenRefresh", 2)


def test_a_theme_is_told_at_once_and_a_language_after_loading_again(desk: Screen) -> None:
    opened(desk)
    desk.page.get_by_label("Theme").select_option("dark")
    assert desk.told() == [*OPENING, "theme"]

    desk.page.get_by_label("Language").select_option("ru")
    desk.page.wait_for_function("window.__frames?.some((each) => each.data.payload?.locale === 'ru')")
    desk.wait_until_told("redirect")
    assert [each["payload"] for each in desk.frame.evaluate("got") if each["type"] == "theme"] == [{"theme": "dark"}]


def test_staff_without_the_permission_gets_a_valid_token(desk: Screen) -> None:
    opened(desk, staff="orders-only")

    token = claims(desk.frames[1]["data"]["payload"]["token"])
    assert token["user_permissions"] == ["MANAGE_ORDERS"]
    assert token["permissions"] == []
    assert token["is_staff"] is True


@pytest.mark.parametrize(
    ("action", "payload", "answer"),
    [
        ("popupClose", {}, True),
        ("formPayloadUpdate", {"form": "product-translate", "fields": {}}, True),
        ("requestPermissions", {"permissions": []}, False),
        ("redirect", {"to": "http://127.0.0.1:8801/"}, False),
        ("redirect", {"to": "https://psp.example.test/"}, False),
        ("noSuchAction", {"a": 1}, "no answer"),
        ("toString", {}, "no answer"),
    ],
)
def test_actions_are_answered_as_recorded(desk: Screen, action: str, payload: dict[str, Any], answer: object) -> None:
    opened(desk)

    assert ask(desk, action, **payload) == answer


def test_a_notification_is_a_toast_of_text_only(desk: Screen) -> None:
    opened(desk)

    assert ask(desk, "notification", status="success", title="Title", text="Text. <b>html?</b>") is True
    desk.expect_toast("Text. <b>html?</b>")


def test_routing_changes_the_address_and_nothing_else(desk: Screen, app: Probe) -> None:
    opened(desk)
    documents = len(app.asked)

    assert ask(desk, "updateRouting", newRoute="/settings/channels") is True
    assert desk.path.endswith("/settings/channels")
    assert len(app.asked) == documents
    desk.page.reload()
    desk.wait_until_told("redirect")
    assert app.asked[-1].startswith("/app/settings/channels?domain=")


def test_a_redirect_to_the_apps_own_path_loads_it_there(desk: Screen, app: Probe) -> None:
    opened(desk)
    own = desk.path.removeprefix("/dashboard")

    begin(desk, "redirect", to=f"{own}/deep")
    desk.wait_until_told("handshake", 4)
    assert app.asked[-1].startswith("/app/deep?domain=")
    assert desk.path.endswith("/deep")
    assert desk.told() == [*OPENING, "response", "handshake", "response", "handshake"]


def test_a_redirect_to_orders_leaves_the_app(desk: Screen) -> None:
    opened(desk)
    begin(desk, "redirect", to="/orders?asc=false")

    expect(desk.page.locator("h1")).to_have_text("Orders")


def test_a_denied_permission_comes_back_at_a_path_with_two_slashes(desk: Screen, app: Probe) -> None:
    opened(desk)
    begin(desk, "requestPermissions", permissions=["MANAGE_ORDERS"], redirectPath="/after")
    desk.page.get_by_role("link", name="Deny").click()
    desk.wait_until_told("redirect")

    assert app.asked[-1].startswith("/app//after?appPath=/after&error=USER_DENIED_PERMISSIONS&domain=")


def test_a_widget_is_asked_for_with_everything_twice(desk: Screen, app: Probe, order: Order) -> None:
    desk.open_order(order, type="CHARGE", id="VHJh")
    desk.wait_until_told("redirect", 2)

    got = [path for path in app.asked if path.startswith("/app/widget?")][-1]
    names = [pair.split("=")[0] for pair in got.split("?")[1].split("&")]
    twice = ["type", "id", "domain", "saleorApiUrl", "id"]
    flags = ["featureFlags%5Bnew_order_ui%5D%5Benabled%5D", "featureFlags%5Bnew_order_ui%5D%5Bpayload%5D"]
    assert names == [*twice, *twice, "orderId", *flags, "theme"]


def test_a_widget_has_its_size_and_a_token_of_its_own(desk: Screen, order: Order) -> None:
    desk.open_order(order)
    desk.wait_until_told("redirect", 2)

    assert desk.frame.evaluate("[innerWidth, innerHeight]") == [344, 200]
    (payload, *_) = [each["payload"] for each in desk.frame.evaluate("got") if each["type"] == "handshake"]
    assert payload["saleorVersion"] == ""
    assert claims(payload["token"])["app_extension"] == desk.app.extensions[0].id
    assert claims(payload["token"])["permissions"] == []


def test_a_widget_without_a_method_is_posted_to(desk: Screen, app: Probe, saleor: Saleor, order: Order) -> None:
    desk.open_order(order)
    desk.wait_until_told("redirect", 2)

    (posted,) = app.posted
    assert list(posted) == ["saleorApiUrl", "accessToken", "appId", "orderId"]
    assert (posted["saleorApiUrl"], posted["orderId"]) == (saleor.api_url, order.id)
    assert claims(posted["accessToken"])["app_extension"] == desk.app.extensions[1].id


def test_an_app_is_installed_by_a_click_and_a_refusal_is_shown(desk: Screen, saleor: Saleor, app: Probe) -> None:
    desk.page.goto(desk.dashboard.url)
    desk.page.get_by_role("button", name="Uninstall").click()
    expect(desk.page.get_by_text("No extension is installed.")).to_be_visible()
    assert saleor.apps == []
    desk.page.goto(desk.dashboard.install_url(app.manifest_url))
    desk.page.get_by_role("button", name="Install").click()
    expect(desk.page.locator("h1")).to_have_text("Bridge probe")

    desk.page.goto(desk.dashboard.install_url(app.manifest_url))
    desk.page.get_by_role("button", name="Install").click()
    desk.expect_toast("already installed")
