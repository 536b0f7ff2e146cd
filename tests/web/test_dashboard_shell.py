"""The documents without data, and how fragments are guarded, spoken and marked."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
import requests
from flask import Blueprint, Flask, Response

from saleor_kupikupi.settings import WrongSettings, read_settings
from saleor_kupikupi.store import installations
from saleor_kupikupi.web import dashboard
from saleor_kupikupi.web.dashboard.fragments import Screens, Shown, Toast, Visit
from saleor_kupikupi.web.dashboard.pages import Pages
from saleor_kupikupi.web.dashboard.texts import LANGUAGES, amount_in, moment_in
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.serving import serve
from tests.contract import catalogues
from tests.world import World

WEB = Path(dashboard.__file__).parents[1]
LOCKED = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors "
)


def document(world: World, path: str = "/app", language: str = "en", **query: str) -> requests.Response:
    return requests.get(f"{world.url}{path}", params=query, headers={"Accept-Language": language}, timeout=5)


def fragment(world: World, path: str, language: str = "en") -> str:
    answer = asked(world, path, language)
    assert answer.status_code == 200, answer.text
    return answer.text


def asked(
    world: World, path: str, language: str = "en", claims: Mapping[str, object] | None = None, app: App | None = None
) -> requests.Response:
    token = world.saleor.bridge_token(app or world.app, **(claims or {}))
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
    return requests.get(f"{world.url}/api/dashboard{path}", headers=headers, timeout=5)


# documents


def test_a_known_saleors_dashboard_may_frame_the_page_and_nothing_else_may_happen_in_it(world: World) -> None:
    shown = document(world, saleorApiUrl=world.saleor.api_url)

    assert shown.headers["Content-Security-Policy"] == LOCKED + world.saleor.url
    assert shown.headers["Cache-Control"] == "no-store"
    assert f'data-origins="{world.saleor.url}"' in shown.text


@pytest.mark.parametrize("api_url", [None, "", "https://other.example/graphql/", "'self' *", "; script-src *"])
def test_nobody_may_frame_the_page_for_a_saleor_that_is_not_known(world: World, api_url: str | None) -> None:
    shown = document(world, **({} if api_url is None else {"saleorApiUrl": api_url}))

    assert shown.headers["Content-Security-Policy"] == LOCKED + "'none'"
    assert 'data-origins=""' in shown.text


def test_nobody_may_frame_the_page_once_the_app_is_uninstalled(world: World) -> None:
    with world.parts.database.write() as tx:
        assert installations.uninstalled(tx, world.connection.installation_id, world.app.id, world.clock.now())
    world.forget()

    assert document(world, saleorApiUrl=world.saleor.api_url).headers["Content-Security-Policy"] == LOCKED + "'none'"


def test_dashboards_on_hosts_of_their_own_are_listed_in_a_setting(world: World) -> None:
    world.show_in("https://dashboard.example", "https://other.example:9000")

    known = document(world, saleorApiUrl=world.saleor.api_url).headers["Content-Security-Policy"]
    unknown = document(world).headers["Content-Security-Policy"]

    assert known == f"{LOCKED}{world.saleor.url} https://dashboard.example https://other.example:9000"
    assert unknown == f"{LOCKED}https://dashboard.example https://other.example:9000"


@pytest.mark.parametrize("value", ["https://a.example/dashboard/", "a.example", "https://a.example;script-src", "*"])
def test_a_setting_that_is_no_origin_stops_the_start(value: str) -> None:
    with pytest.raises(WrongSettings, match="DASHBOARD_ORIGINS: expected origins"):
        read_settings(dashboard_origins=f"https://ok.example, {value}")


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/transfers", "/app/transfers/a-b", "/app//after", "/app//"])
def test_every_sub_route_is_the_same_document(world: World, path: str) -> None:
    answer = requests.get(f"{world.url}{path}", allow_redirects=False, timeout=5)

    assert answer.status_code == 200
    assert answer.text == document(world).text


def test_the_widget_has_a_document_of_its_own(world: World) -> None:
    shown = document(world, "/widget/order", saleorApiUrl=world.saleor.api_url, orderId="T3JkZXI6MQ==")

    assert 'data-kind="widget"' in shown.text
    assert "T3JkZXI6MQ" not in shown.text
    assert shown.headers["Content-Security-Policy"] == LOCKED + world.saleor.url


def test_a_document_holds_nothing_of_the_shop_and_no_script_style_or_handler_of_its_own(world: World) -> None:
    shown = document(world, saleorApiUrl=world.saleor.api_url, theme="dark", id='"><script>alert(1)</script>')

    for secret in (world.app.id, world.connection.name, "alert(1)"):
        assert secret not in shown.text
    assert re.findall(r"<script(?! type=\"module\" src=\"/static/app.js\"></script>)", shown.text) == []
    assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", shown.text) == []


def test_a_document_wears_the_dashboards_theme_from_the_start(world: World) -> None:
    assert 'data-theme="dark"' in document(world, theme="dark").text
    assert 'data-theme="light"' in document(world, theme="'\"").text


def test_a_document_that_is_opened_directly_speaks_the_browsers_language(world: World) -> None:
    for language, sentence in (("ru-RU", "Откройте эту страницу в панели Saleor"), ("de", "Open this page in Saleor")):
        shown = document(world, language=language).text
        assert sentence in shown[shown.index("<noscript>") : shown.index("</noscript>")]
        assert f'lang="{"ru" if language == "ru-RU" else "en"}"' in shown


def test_every_panel_that_the_scripts_name_is_in_the_document_in_both_languages(world: World) -> None:
    scripts = "".join(path.read_text() for path in (WEB / "static").glob("*.js"))
    shown = document(world).text

    named = set(re.findall(r'panel\("([a-z-]+)"\)', scripts))

    assert named == set(re.findall(r'data-panel="([a-z-]+)"', shown))
    assert re.findall(r'<template lang="([a-z]+)">', shown) == list(LANGUAGES)


@pytest.mark.parametrize(
    "name", ["app.js", "actions.js", "bridge.js", "panels.js", "requests.js", "app.css", "logo.png"]
)
def test_what_a_document_loads_is_served(world: World, name: str) -> None:
    answer = requests.get(f"{world.url}/static/{name}", timeout=5)

    assert answer.status_code == 200
    expected = {"js": "text/javascript", "css": "text/css", "png": "image/png"}[name.rpartition(".")[2]]
    assert answer.headers["Content-Type"].split(";")[0] == expected


def test_scripts_keep_no_token_and_run_no_text() -> None:
    scripts = "".join(path.read_text() for path in (WEB / "static").glob("*.js"))

    assert re.findall(r"localStorage|sessionStorage|document\.cookie|eval\(|new Function|https?://", scripts) == []


# fragments


@pytest.mark.parametrize("path", ["/", "/help"])
def test_a_fragment_is_written_in_the_persons_language(world: World, path: str) -> None:
    english, russian = fragment(world, path), fragment(world, path, "ru")

    assert "Help" in english
    assert "Помощь" in russian
    assert re.findall(r"[а-яё]{3}", english) == []


def test_a_fragment_is_kept_by_nobody_and_can_be_shown_by_nothing_but_the_page(world: World) -> None:
    answer = asked(world, "/")

    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/", "/help", "/nothing", "/a/b"])
def test_a_fragment_has_no_script_style_or_handler(world: World, path: str) -> None:
    assert re.findall(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", asked(world, path).text) == []


def test_the_help_shows_what_a_storefront_sends_with_this_apps_id_and_the_versions(world: World) -> None:
    shown = fragment(world, "/help")

    assert shown.count('"saleor.app.payment.kupikupi"') == 2
    assert f"<dd>{world.saleor.version}" in shown


def test_a_route_that_is_no_screen_says_so_and_keeps_the_tabs(world: World) -> None:
    answer = asked(world, "/nothing/here")

    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert 'href="/app/help"' in answer.text


@pytest.mark.parametrize(
    ("claims", "status", "sentence"),
    [
        ({"exp": 1}, 401, "The session has ended"),
        ({"type": "access"}, 401, "token is not accepted"),
        ({"iss": "https://other.example/graphql/"}, 401, "not installed in this Saleor"),
        ({"is_staff": False}, 403, "no permission"),
    ],
)
def test_a_refusal_says_what_is_missing(world: World, claims: dict[str, object], status: int, sentence: str) -> None:
    answer = asked(world, "/", claims=claims)

    assert answer.status_code == status
    assert sentence in answer.text
    assert re.search(r"[а-яё]{3}", asked(world, "/", "ru", claims).text)


def test_a_token_of_an_earlier_installation_is_told_so(world: World) -> None:
    answer = asked(world, "/", app=replace(world.app, number=99))

    assert answer.status_code == 401
    assert "This page belongs to another installation" in answer.text


def test_a_request_without_a_token_is_told_that_the_session_has_ended(world: World) -> None:
    answer = requests.get(f"{world.url}/api/dashboard/", timeout=5)

    assert answer.status_code == 401
    assert "The session has ended" in answer.text


def test_whoever_may_only_look_is_told_so(world: World) -> None:
    shown = asked(world, "/", claims={"user_permissions": ["MANAGE_ORDERS"]})

    assert shown.status_code == 200
    assert "You may look, but not change" in shown.text
    assert "You may look, but not change" not in fragment(world, "/")


# what a screen can do, shown by a screen of this test


@contextmanager
def screens_of(world: World, *, prefix: str = "") -> Iterator[str]:
    """Serves one screen more, at /thing, and gives the address of its API."""
    app = Flask(__name__, static_folder=None)
    routes = Blueprint("dashboard", __name__)
    screens = Screens(routes, world.parts, Pages(prefix))
    screens.get("/thing", lambda _: Shown("nothing.html"))
    screens.get("/thing.csv", lambda _: Response("a;b", mimetype="text/csv"))
    screens.post("/thing/<name>", renamed)
    app.register_blueprint(routes)
    served = serve(app)
    yield f"{served.url}/api/dashboard"
    served.stop()


def renamed(visit: Visit, name: str) -> Shown:
    toast = Toast("success", visit.gettext("Copied"), f"«{name}»\r\nSet-Cookie: a=b")
    return Shown("nothing.html", toast=toast, route=f"/thing?q={name}", status=200)


def posted(world: World, url: str, language: str = "en", **claims: object) -> requests.Response:
    bearer = world.saleor.bridge_token(world.app, **claims)
    return requests.post(url, headers={"Authorization": f"Bearer {bearer}", "Accept-Language": language}, timeout=5)


def test_a_change_says_a_word_and_where_the_page_is_now(world: World) -> None:
    with screens_of(world) as api:
        answer = posted(world, f"{api}/thing/ключ", "ru")

    word = json.loads(unquote(answer.headers["X-Toast"]))
    assert word == {"status": "success", "title": "Скопировано", "text": "«ключ»\r\nSet-Cookie: a=b"}
    assert unquote(answer.headers["X-Route"]) == "/thing?q=ключ"
    assert "Set-Cookie" not in answer.headers


def test_a_change_needs_the_permission(world: World) -> None:
    with screens_of(world) as api:
        answer = posted(world, f"{api}/thing/key", user_permissions=["MANAGE_ORDERS"])

    assert answer.status_code == 403
    assert "HANDLE_PAYMENTS" in answer.text or "Handle payments" in answer.text
    assert "X-Toast" not in answer.headers


def test_a_screen_may_answer_with_a_file(world: World) -> None:
    with screens_of(world) as api:
        bearer = world.saleor.bridge_token(world.app)
        answer = requests.get(f"{api}/thing.csv", headers={"Authorization": f"Bearer {bearer}"}, timeout=5)

    assert (answer.text, answer.headers["Content-Type"].split(";")[0]) == ("a;b", "text/csv")


def test_links_stand_under_the_path_that_a_browser_finds_the_app_at(world: World) -> None:
    with screens_of(world, prefix="/points") as api:
        bearer = world.saleor.bridge_token(world.app)
        answer = requests.get(f"{api}/thing", headers={"Authorization": f"Bearer {bearer}"}, timeout=5)

    assert 'href="/points/app/help"' in answer.text


# texts


def test_amounts_and_moments_are_written_as_each_language_does(world: World) -> None:
    assert (amount_in("ru", 123450), amount_in("en", 123450)) == ("1\u202f234,50", "1,234.50")
    assert (amount_in("ru", -5), amount_in("en", 100_000_000)) == ("\u22120,05", "1,000,000.00")
    at = world.clock.now().replace(2026, 11, 4, 2, 27)
    assert moment_in("ru", at).striptags() == "04.11.2026 02:27 UTC"
    assert moment_in("en", at).striptags() == "04 Nov 2026, 02:27 UTC"


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert catalogues.missing(catalogues.wanted(language)) == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_catalogues_are_what_make_messages_writes(language: str) -> None:
    wanted = catalogues.wanted(language)

    assert catalogues.catalogue_file(language, "po").read_bytes() == catalogues.text_of(wanted)
    assert catalogues.catalogue_file(language, "mo").read_bytes() == catalogues.compiled(wanted)


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_translations_keep_what_is_put_into_them(language: str) -> None:
    for entry in catalogues.written(language):
        ids = entry.id if isinstance(entry.id, list | tuple) else [entry.id]
        texts = entry.string if isinstance(entry.string, list | tuple) else [entry.string]
        for text in texts if entry.id else []:
            assert blanks(text) == blanks(ids[-1]), entry.id


def blanks(text: object) -> set[str]:
    return set(re.findall(r"%\(\w+\)\w", str(text)))
