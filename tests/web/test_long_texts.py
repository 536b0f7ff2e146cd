"""Whatever is as long as a request may be costs next to nothing, wherever it stands."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

import saleor_kupikupi
from saleor_kupikupi.app import create_app
from saleor_kupikupi.domain.registration import ADDRESSES
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.connection_form import Form
from saleor_kupikupi.web.bounds import LARGEST_BODY, LONGEST_HEADERS
from tests.effort import bounded
from tests.journeys.letters import SESSIONS, Letter, letters_of
from tests.journeys.payments import paid_payment
from tests.web.staffing import bearer, post
from tests.world import World

WORST = {
    "marks": "a\u0301\u0323",  # each has to be sorted among all the others
    "ligatures": "\ufdfa",  # one becomes eighteen
    "blanks": " \u2003",
    "digits": "9",
    "almost a number": "+7 (9",
    "invisible": "\u200b",
    "escapes": "%25",
    "address": "https://a/",
}
CALLS = 40_000
CHARACTERS = 150_000


def long(kind: str, size: int) -> str:
    """Repeats the worst of a kind until it takes that many bytes, escapes of a form not counted."""
    return WORST[kind] * (size // len(WORST[kind].encode()))


Asks = Callable[..., int]


@pytest.fixture
def ask(world: World) -> Asks:
    """Makes a request of which the app's own work is bounded; gives the status of its answer."""
    app = create_app(world.settings, world.parts)

    for path in ("/app", "/api/dashboard/"):  # the first to come compiles the templates
        app.test_client().get(path)

    def asked(method: str, path: str, *, most: int = CHARACTERS, calls: int = CALLS, **more: Any) -> int:
        environ = EnvironBuilder(path, method=method, **more).get_environ()
        with bounded(calls=calls, characters=most) as effort:
            _, status, _ = run_wsgi_app(app, environ)
        assert effort.is_within, (method, path[:80], effort.calls, effort.characters)
        return int(status.split()[0])

    return asked


def texts_in(body: Any, *path: str) -> Iterator[tuple[str, ...]]:
    """Finds where texts stand in a body."""
    if isinstance(body, str):
        yield path
    for name, inner in body.items() if isinstance(body, dict) else ():
        yield from texts_in(inner, *path, name)


def with_text(body: Mapping[str, Any], text: str, name: str, *rest: str) -> dict[str, Any]:
    return {**body, name: with_text(body.get(name) or {}, text, *rest) if rest else text}


def places_of(letter: Letter) -> list[tuple[str, ...]]:
    from_shop = [("data", name) for name in ("phone", "code", "returnUrl", "language", "checkBalance", "x")]
    return [*texts_in(json.loads(letter.body)), *(from_shop if letter.event in SESSIONS else ())]


def sent(world: World, ask: Asks, letter: Letter, place: tuple[str, ...], kind: str) -> int:
    body = with_text(json.loads(letter.body), long(kind, 900_000), *place)
    raw = json.dumps(body, ensure_ascii=False).encode()
    headers = dict(letter.headers) | {"Saleor-Signature": world.key.sign_detached(raw)}
    return ask("POST", f"/api/webhooks/{letter.event}", data=raw, headers=headers)


def test_a_text_anywhere_in_a_webhook(world: World, ask: Asks) -> None:
    world.choose(accept_code=True)
    letters = letters_of(world).values()
    everywhere = [(letter, place) for letter in letters for place in places_of(letter)]
    assert len(everywhere) > 60
    for (letter, place), kind in zip(everywhere, cycle(WORST), strict=False):
        assert sent(world, ask, letter, place, kind) < 500


@pytest.mark.parametrize("kind", WORST)
def test_a_text_that_the_buyer_or_the_storefront_writes(world: World, ask: Asks, kind: str) -> None:
    world.choose(accept_code=True)
    letters = letters_of(world)
    phone = ("sourceObject", "billingAddress", "phone")
    for place in (("data", "phone"), ("data", "code"), ("data", "returnUrl"), phone):
        for event in SESSIONS:
            assert sent(world, ask, letters[event], place, kind) in (200, 400)


@pytest.mark.parametrize("kind", WORST)
def test_a_notification_and_a_registration(world: World, ask: Asks, kind: str) -> None:
    notified = world.notification_url().removeprefix(world.url)
    text = long(kind, 900_000)
    said = [json.dumps({name: text}).encode() for name in ("orderId", "transferStatus", "uidPlatform", "auth_token")]
    for path in (notified, "/api/notifications/x", "/api/register"):
        for raw in (*said, *(each[:LARGEST_BODY] for each in said), f"orderId={text}".encode(), text.encode()):
            for form in ("application/json", "application/x-www-form-urlencoded"):
                headers = {"Saleor-Api-Url": world.saleor.api_url, "Content-Type": form}
                answer = ask("POST", path, most=5 * LARGEST_BODY, data=raw, headers=headers)
                assert answer in (400, 401, 404, 413)


@pytest.mark.parametrize(
    "text", ["a" * 900_000, "a," * 450_000, " " * 900_000, "9" * 900_000, "." * 900_000, "e30." * 4000]
)
def test_a_header(world: World, ask: Asks, text: str) -> None:
    letter = letters_of(world)["transaction_initialize_session"]
    asked = [
        ("POST", "/api/webhooks/transaction_initialize_session"),
        ("GET", "/api/manifest"),
        ("POST", "/api/register"),
    ]
    asked += [("GET", "/api/dashboard/"), ("GET", "/app"), ("POST", "/api/dashboard/transfers/search")]
    for name in LONGEST_HEADERS:
        for method, path in asked:
            headers = {**letter.headers, **bearer(world)} | {name: text}
            answer = ask(method, path, most=6 * CHARACTERS, data=letter.body, headers=headers)
            assert answer in (200, 400, 401, 403, 431)


def test_every_header_that_is_read_has_a_bound() -> None:
    package = Path(saleor_kupikupi.__file__).parent
    sources = [*package.glob("web/**/*.py"), *package.glob("flows/*.py")]
    read = {name for each in sources for name in re.findall(r'headers\.get\("([\w-]+)"', each.read_text())}
    assert read - {"Retry-After"} <= LONGEST_HEADERS.keys()
    assert len(read) > 5


@pytest.mark.parametrize("text", ["9" * 5000, "9" * 400_000, "%25" * 100_000, "a/" * 100_000, "+7 (9" * 20_000])
def test_an_address(world: World, ask: Asks, text: str) -> None:
    paths = [f"/app?saleorApiUrl={text}", f"/app/{text}", f"/api/{text}", f"/api/notifications/{text}"]
    paths += [
        f"/api/dashboard/{each}{text}"
        for each in ("", "connections/", "refunds/", "transfers/", "widget/order?orderId=")
    ]
    paths += [
        f"/api/dashboard/{each}={text}"
        for each in ("transfers?q", "transfers.csv?q", "transfers?before", "refunds?before")
    ]
    for path in paths:
        assert ask("GET", path, headers=bearer(world)) == 414


SITES = [f"{each}_{name}" for each in Environment for name in ADDRESSES]
FORMS: dict[str, list[str]] = {
    "connections/new": [each.name for each in fields(Form)],
    "connections/1": [each.name for each in fields(Form)],
    "connections/1/test/test": ["phone_test"],
    "kit/1": SITES,
    "channels": ["to.rub", "was.rub", "to."],
    "refunds/1/returned": ["amount", "day", "note"],
    "refunds/1/impossible": ["reason"],
    "refunds/of/{token}": ["amount", "day", "note"],
    "transfers/search": ["q", "state", "trouble"],
}


@pytest.mark.parametrize("first", [0, 3])
def test_a_form_of_the_dashboard(world: World, ask: Asks, first: int) -> None:
    paid = paid_payment(world)
    world.saleor.request_action(paid.token, "REFUND", amount="1")
    kinds = islice(cycle(WORST), first, None)
    for route, names in FORMS.items():
        path = f"/{route.format(token=paid.token)}"
        post(world, path)  # the first to come compiles the template
        assert ask("POST", f"/api/dashboard{path}", data={"x": "x" * 900_000}, headers=bearer(world)) == 413
        for name, kind in zip(names, kinds, strict=False):
            form = {name: long(kind, LARGEST_BODY // 4)}
            answer = ask(
                "POST",
                f"/api/dashboard{path}",
                most=20 * LARGEST_BODY,
                data=form,
                headers=bearer(world),
                calls=2 * CALLS,
            )
            assert answer in (200, 409, 422)
