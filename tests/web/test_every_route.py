"""Every address that the page asks: who may, and what is asked for by an id that is another shop's or nobody's."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.routing import Rule

from saleor_kupikupi.app import create_app
from saleor_kupikupi_sandbox.saleor import SigningKey
from saleor_kupikupi_sandbox.saleor_apps import App
from tests.journeys.payments import paid_payment
from tests.journeys.test_several_saleors import neighbour_of
from tests.web.visits import form_key
from tests.world import World
from tests.world import world as made_world

API = "/api/dashboard"
LOOKING: dict[str, Any] = {"user_permissions": ["MANAGE_ORDERS"]}
ASKS_ONLY = f"{API}/transfers/search"
TOO_LARGE = str(2**63)


def rules(world: World) -> list[Rule]:
    found = [each for each in create_app(world.settings, world.parts).url_map.iter_rules() if each.rule.startswith(API)]
    assert len(found) > 20
    return found


def filled(rule: Rule, number: str, reference: str) -> str:
    """Gives a rule's address with an object's id in it."""
    values = {
        "number": number,
        "task_id": number,
        "reference": reference,
        "name": reference,
        "environment": "test",
        "route": "nowhere",
    }
    text = rule.rule
    for name in rule.arguments:
        start = text[: text.index(f"{name}>")].rindex("<")
        text = text[:start] + values[name] + text[text.index(f"{name}>") + len(name) + 1 :]
    return text


def requests_of(world: World, number: str = "1", reference: str = "none") -> Iterator[tuple[str, str]]:
    for rule in rules(world):
        for method in (rule.methods or set()) & {"GET", "POST"}:
            yield method, filled(rule, number, reference)


def ask(world: World, method: str, path: str, app: App | None = None, **claims: Any) -> int:
    return answered(world, world.saleor.bridge_token(app or world.app, **claims), method, path).status_code


def answered(world: World, token: str, method: str = "GET", path: str = f"{API}/") -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return requests.request(method, f"{world.url}{path}", headers=headers, data=form_key() | {"q": "1"}, timeout=10)


def everything(world: World) -> list[str]:
    """Writes the whole database down."""
    path = Path(world.settings.database_url.get_secret_value().removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())


def test_no_address_answers_without_a_token(world: World) -> None:
    asked = [(method, path) for method, path in requests_of(world)]
    answers = {
        (method, path): requests.request(method, f"{world.url}{path}", timeout=10).status_code for method, path in asked
    }
    assert {key: code for key, code in answers.items() if code != 401} == {}


def test_no_address_answers_a_token_that_is_not_to_be_believed(world: World) -> None:
    now = int(world.clock.now().timestamp())
    wrong = {
        "expired": world.saleor.bridge_token(world.app, iat=now - 900, exp=now - 600),
        "another app's": world.saleor.bridge_token(replace(world.app, number=99)),
        "another Saleor's": world.saleor.bridge_token(world.app, iss="https://other.example/graphql/"),
        "another key's": SigningKey().token({"iss": world.saleor.api_url}),
        "no Dashboard's": world.saleor.bridge_token(world.app, type="access"),
        "unsigned": world.saleor.bridge_token(world.app).rpartition(".")[0] + ".",
    }
    answered(world, wrong["another key's"])  # a key that nobody knows is asked for, once
    before = everything(world)
    for method, path in requests_of(world):
        for why, token in wrong.items():
            answer = answered(world, token, method, path)
            assert (answer.status_code, "tabs" in answer.text) == (401, False), (why, method, path)
    assert everything(world) == before


def test_nobody_who_is_no_staff_sees_or_changes_anything(world: World) -> None:
    answers = {key: ask(world, *key, is_staff=False) for key in requests_of(world)}
    assert {key: code for key, code in answers.items() if code != 403} == {}


def test_nothing_is_changed_by_staff_who_may_only_look(world: World) -> None:
    payment = paid_payment(world)
    before = everything(world)
    posts = [path for method, path in requests_of(world, reference=payment.token) if method == "POST"]
    answers = {path: ask(world, "POST", path, **LOOKING) for path in posts if path != ASKS_ONLY}
    assert len(answers) > 10
    assert {path: code for path, code in answers.items() if code != 403} == {}
    assert everything(world) == before


def test_staff_of_another_shop_find_nothing_by_an_id(database_url: str) -> None:
    with (
        made_world(database_url, allowed=("http://127.0.0.1:*/graphql/",)) as world,
        neighbour_of(world, "3.22") as other,
    ):
        payment = paid_payment(world)
        world.saleor.request_action(payment.token, "REFUND", amount="1")
        other.url = world.url
        before = everything(world)
        objects = [
            (method, path)
            for rule in rules(world)
            if rule.arguments - {"route"}
            for method in (rule.methods or set()) & {"GET", "POST"}
            for path in [filled(rule, "1", payment.token)]
        ]
        assert len(objects) > 12
        answers = {(method, path): ask(other, method, path) for method, path in objects}
        assert {key: code for key, code in answers.items() if code != 404} == {}
        assert everything(world) == before


@pytest.mark.parametrize("number", ["0", TOO_LARGE, "9" * 40])
def test_an_id_that_no_row_can_have_is_nobodys(world: World, number: str) -> None:
    objects = [each for each in rules(world) if each.arguments - {"route"}]
    for rule in objects:
        path = filled(rule, number, number)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            assert ask(world, method, path) == 404, (method, path)
