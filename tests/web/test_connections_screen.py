"""The screens of connections: what is shown, saved, tested, removed, and what is never told."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pytest
import requests
from structlog.typing import EventDict

from saleor_kupikupi.domain.allowed import ProviderList
from saleor_kupikupi.domain.connection import Connection, Credentials, WireFormat, WireFormatChoice
from saleor_kupikupi.domain.refunds import RefundsMode
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store import connections, credentials, installations
from tests.journeys.payments import open_payment
from tests.world import RICH, SECRET, UID, World

NEW_KEY = "a-new-key-that-nobody-may-see"
CHOICES = {
    "name": "shop",
    "environment": "test",
    "platform_uid": UID,
    "wire_format_choice": "documented",
    "ack": "plain",
    "balance_check": "customers",
    "refunds": "refuse",
    "guard": "on",
}


def call(
    world: World, path: str, form: Mapping[str, str] | None = None, language: str = "en", **claims: Any
) -> requests.Response:
    token = world.saleor.bridge_token(world.app, **claims)
    return requests.request(
        "GET" if form is None else "POST",
        f"{world.url}/api/dashboard{path}",
        data=form,
        headers={"Authorization": f"Bearer {token}", "Accept-Language": language},
        timeout=10,
    )


def here(world: World) -> str:
    return f"/connections/{world.connection.id}"


def typed(world: World, **changes: str) -> dict[str, str]:
    return {**CHOICES, "test_base_url": world.provider.base_url, **changes}


def stored(world: World, name: str = "shop") -> Connection:
    with world.parts.database.read() as tx:
        found = connections.by_name(tx, world.connection.installation_id, name)
    assert found is not None
    return found


def key_of(world: World, environment: Environment = Environment.TEST, name: str = "shop") -> Credentials | None:
    with world.parts.database.read() as tx:
        return credentials.current(tx, world.parts.vault, stored(world, name).id, environment)


def toast(answer: requests.Response) -> str:
    return str(json.loads(unquote(answer.headers["X-Toast"]))["title"])


# what is shown


def test_the_list_tells_test_from_production_and_shows_the_end_of_the_key(world: World) -> None:
    with world.parts.database.write() as tx:
        draft = replace(world.connection, name="<b>live</b>", environment=Environment.PRODUCTION)
        connections.add(tx, world.parts.vault, draft)

    shown = call(world, "/connections").text

    assert shown.index("Test: no real points") < shown.index("Production: real points")
    assert (shown.count('class="card test"'), shown.count('class="card production"')) == (1, 1)
    assert f"•••• {SECRET[-4:]}" in shown
    assert "every other channel" in shown
    assert "&lt;b&gt;live&lt;/b&gt;" in shown
    assert "<b>live" not in shown


def test_a_wire_format_that_is_not_settled_is_told(world: World) -> None:
    assert "not found out yet" not in call(world, "/connections").text
    call(world, here(world), typed(world, wire_format_choice="auto", environment="test", test_secret="x" * 9))

    assert "not found out yet" in call(world, "/connections").text
    assert "ещё не определён" in call(world, here(world), language="ru").text


def test_a_short_secret_shows_nothing_of_itself(world: World) -> None:
    call(world, here(world), typed(world, test_secret="12345678"))

    shown = call(world, here(world)).text + call(world, "/connections").text

    assert "5678" not in shown
    assert "••••" in shown


def test_the_screens_are_translated(world: World) -> None:
    shown = "".join(call(world, path, language="ru").text for path in ("/connections", "/connections/new", here(world)))

    for words in ("Тест: баллы не настоящие", "Новое подключение", "Проверить подключение", "Адреса возврата"):
        assert words in shown


# saving


def test_a_connection_begins_without_keys(world: World) -> None:
    answer = call(world, "/connections/new", {**CHOICES, "name": " second ", "platform_uid": ""})

    made = stored(world, "second")
    assert (answer.status_code, answer.headers["X-Route"], toast(answer)) == (200, f"/connections/{made.id}", "Saved")
    assert f'href="/app/kit/{made.id}"' in answer.text
    assert key_of(world, name="second") is None
    assert made.environment is Environment.TEST


def test_new_keys_are_kept_tested_and_never_told(world: World, log: list[EventDict]) -> None:
    world.provider.platform(UID).secret = NEW_KEY
    answer = call(world, here(world), typed(world, test_secret=f" {NEW_KEY} ", wire_format_choice="auto"))

    assert toast(answer) == "Saved, and Kupi-Kupi accepts the test key"
    assert "1,000,000.00 points" in answer.text
    kept = key_of(world)
    assert kept is not None
    assert (kept.secret, kept.settled) == (NEW_KEY, True)
    everything = answer.text + str(answer.headers) + call(world, here(world)).text + call(world, "/connections").text
    assert NEW_KEY not in everything + str(log)


def test_a_key_that_is_refused_is_kept_and_the_providers_words_are_shown(world: World) -> None:
    answer = call(world, here(world), typed(world, test_secret=NEW_KEY, wire_format_choice="auto"))

    assert (answer.status_code, toast(answer)) == (200, "Saved, but the test key was not accepted")
    assert "Kupi-Kupi refuses the test key" in answer.text
    assert answer.text.count("<q>") == 2
    kept = key_of(world)
    assert kept is not None
    assert (kept.secret, kept.settled) == (NEW_KEY, False)


def test_a_new_production_key_is_saved_and_waits_for_a_phone_to_be_tested_with(world: World) -> None:
    form = typed(
        world, production_secret=NEW_KEY, production_base_url=world.provider.base_url, wire_format_choice="auto"
    )
    call(world, here(world), typed(world, wire_format_choice="auto"))
    asked = len(world.provider.calls("balance"))
    answer = call(world, here(world), form)

    assert "Now test the production key below" in unquote(answer.headers["X-Toast"])
    assert len(world.provider.calls("balance")) == asked
    assert (
        "Kupi-Kupi refuses the production key"
        in call(world, f"{here(world)}/test/production", {"phone_production": RICH}).text
    )


def test_a_save_is_kept_while_the_provider_is_silent(world: World) -> None:
    world.provider.stop()
    answer = call(world, here(world), typed(world, test_secret=NEW_KEY))

    assert answer.status_code == 200
    assert "Kupi-Kupi could not be asked" in answer.text
    kept = key_of(world)
    assert kept is not None
    assert kept.secret == NEW_KEY


def test_an_empty_secret_keeps_the_stored_one_and_an_open_payment_its_own(world: World) -> None:
    payment = open_payment(world)
    before = key_of(world)

    call(world, here(world), typed(world, name="renamed"))
    assert key_of(world, name="renamed") == before
    call(world, here(world), typed(world, test_secret=NEW_KEY))
    assert key_of(world) != before

    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_every_choice_is_saved_and_shown_again(world: World) -> None:
    live = {"production_secret": NEW_KEY, "environment": "production", "production_base_url": world.provider.base_url}
    chosen = {
        "ack": "json",
        "balance_check": "everyone",
        "refunds": "manual",
        "show_balance": "on",
        "accept_code": "on",
        "trust_test_notification": "on",
        "wire_format_choice": "php-client",
        "cabinet_url": "https://kupi-kupi.example/cabinet?tab=1",
        "return_urls": " https://a.example/pay\r\n\r\nhttps://b.example\r\nhttps://a.example/pay",
    }
    form = typed(world, **live, **chosen)
    del form["guard"]
    asked = len(world.provider.calls("balance"))
    answer = call(world, here(world), form)

    saved = stored(world)
    assert (saved.environment, saved.refunds, saved.wire_format_choice) == (
        Environment.PRODUCTION,
        RefundsMode.MANUAL,
        WireFormatChoice.PHP_CLIENT,
    )
    assert (saved.guard, saved.show_balance, saved.accept_code, saved.trust_test_notification) == (
        False,
        True,
        True,
        True,
    )
    assert saved.return_urls == ("https://a.example/pay", "https://b.example")
    assert saved.cabinet_url == "https://kupi-kupi.example/cabinet?tab=1"
    production = key_of(world, Environment.PRODUCTION)
    assert production is not None
    assert (production.secret, production.platform_uid, production.wire_format) == (NEW_KEY, UID, WireFormat.PHP_CLIENT)
    assert "https://a.example/pay\nhttps://b.example</textarea>" in answer.text
    assert world.provider.base_url in answer.text
    assert len(world.provider.calls("balance")) == asked + 1  # the format of the test key changed, so it is tried anew


WRONG: tuple[tuple[dict[str, str], str, str], ...] = (
    ({"name": " "}, "name", "Please fill this in."),
    ({"name": "a\x07b"}, "name", "Please fill this in."),
    ({"name": "n" * 61}, "name", "At most 60 characters"),
    ({"name": "taken"}, "name", "Another connection has this name."),
    ({"platform_uid": "u" * 21}, "platform_uid", "at most 20 characters"),
    ({"platform_uid": ""}, "platform_uid", "Please fill this in."),
    ({"test_secret": "s" * 201}, "test_secret", "At most 200 characters"),
    ({"environment": "production"}, "environment", "has no key yet"),
    ({"environment": "moon"}, "environment", "Choose one of these."),
    ({"ack": "loudly"}, "ack", "Choose one of these."),
    ({"return_urls": "https://a.example\nhttp://b.example"}, "return_urls", "must begin with https://"),
    ({"return_urls": "https://a.example?b=c"}, "return_urls", "without a question mark"),
    ({"cabinet_url": "javascript:alert(1)"}, "cabinet_url", "An https address of at most 200"),
    ({"cabinet_url": "https://a.example/{phone}"}, "cabinet_url", "An https address of at most 200"),
    ({"test_base_url": "http://payapi.example"}, "test_base_url", "must begin with https://"),
    ({"production_base_url": "https://a.example"}, "production_secret", "Enter the key too"),
)


def test_what_cannot_work_is_said_beside_its_field_and_changes_nothing(world: World) -> None:
    with world.parts.database.write() as tx:
        connections.add(tx, world.parts.vault, replace(world.connection, name="taken"))
    before = (stored(world), key_of(world))

    for changes, field, words in WRONG:
        answer = call(world, here(world), typed(world, **changes))
        hint = answer.text.partition(f'id="{field}-hint"')[2][:300]
        assert (answer.status_code, words in hint) == (422, True), changes
    assert (stored(world), key_of(world)) == before


def test_a_refused_form_keeps_what_was_typed_but_never_a_secret(world: World) -> None:
    form = typed(world, name="", test_secret=NEW_KEY, return_urls="<a>\nb", balance_check="everyone", accept_code="on")
    answer = call(world, here(world), form)

    assert NEW_KEY not in answer.text
    assert "&lt;a&gt;\nb</textarea>" in answer.text
    assert '<option value="everyone" selected>' in answer.text
    assert 'name="accept_code" value="on" checked' in answer.text


def test_a_uid_without_any_key_is_not_lost_silently(world: World) -> None:
    for environment in ("test", "moon"):
        answer = call(world, "/connections/new", {**CHOICES, "name": "second", "environment": environment})
        assert answer.status_code == 422
        assert "Enter the key too" in answer.text


def at_a_public_address(world: World, *allowed: str) -> None:
    """Lets the app answer as one that is open to the internet, and to many merchants."""
    world.other_process(may_be_provider=ProviderList(allowed, "https://points.example").allows)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/admin",
        "http://localhost/",
        "http://[::1]:6379/",
        "https://169.254.169.254/latest",
        "https://internal.example/",
        "https://payapi.kupi-kupi.shop.evil.example/",
        "https://payapi.kupi-kupi.shop:8443/",
    ],
)
def test_a_merchant_cannot_have_the_app_call_any_server(world: World, url: str) -> None:
    at_a_public_address(world, "https://points.example/api/")
    before = (stored(world), key_of(world))

    for path in (here(world), "/connections/new"):
        answer = call(world, path, typed(world, name="second", test_secret=NEW_KEY, test_base_url=url))
        assert (answer.status_code, answer.text.count("This is no address of Kupi-Kupi.")) == (422, 1)
    assert (stored(world), key_of(world)) == before


def test_a_merchant_may_type_the_addresses_that_the_operator_allows(world: World) -> None:
    at_a_public_address(world, f"{world.provider.url}/api/")
    call(world, "/connections/new", typed(world, name="second", test_secret=SECRET))
    newer = {"test_base_url": "", "production_base_url": "https://payapi.kupi-kupi.shop/api/v2/transfer/"}
    live = {"production_secret": NEW_KEY, "environment": "production"}
    call(world, "/connections/new", typed(world, name="third", **newer, **live))

    second = key_of(world, name="second")
    assert second is not None
    assert second.base_url == world.provider.base_url
    assert stored(world, "third").name == "third"


def test_an_address_that_the_operator_entered_stays(world: World) -> None:
    at_a_public_address(world)

    assert call(world, here(world), typed(world, name="renamed")).status_code == 200
    assert stored(world, "renamed").id == world.connection.id


# testing


def test_a_test_tells_the_points_of_a_phone(world: World) -> None:
    answer = call(world, f"{here(world)}/test/test", {"phone_test": RICH})

    assert answer.status_code == 200
    assert "This phone has 100,000.00 points." in answer.text
    assert RICH in answer.text  # typed, to be tried again


def test_a_test_needs_a_phone_and_a_key(world: World) -> None:
    phone = call(world, f"{here(world)}/test/test", {"phone_test": '"><b>12'})
    key = call(world, f"{here(world)}/test/production", {"phone_production": RICH})

    assert (phone.status_code, key.status_code) == (422, 422)
    assert "A Russian mobile number is needed." in phone.text
    assert "<b>12" not in phone.text
    assert "Enter the key and save it first." in key.text
    assert call(world, f"{here(world)}/test/moon", {}).status_code in (404, 405)


# removing


def test_a_connection_that_payments_need_stays_and_says_so(world: World) -> None:
    payment = open_payment(world)
    kept = call(world, f"{here(world)}/remove", {})
    world.paid(payment)
    gone = call(world, f"{here(world)}/remove", {})

    assert kept.status_code == 409
    assert "1 payment of it is still open" in kept.text
    assert (gone.status_code, gone.headers["X-Route"], toast(gone)) == (200, "/connections", "Connection removed")
    assert "There is no connection yet" in gone.text
    assert call(world, here(world)).status_code == 404


# who may


ACTIONS = ("", "/remove", "/test/test")


def test_a_connection_that_is_not_the_shops_own_is_not_there(world: World) -> None:
    for number in (foreign_connection(world), 999_999, 10**30):
        assert [call(world, f"/connections/{number}{each}", typed(world)).status_code for each in ACTIONS] == [404] * 3
        assert call(world, f"/connections/{number}").status_code == 404


def foreign_connection(world: World) -> int:
    with world.parts.database.write() as tx:
        ours = installations.find(tx, world.parts.vault, world.saleor.api_url, world.parts.app_identifier)
        assert ours is not None
        draft = replace(ours, id=0, api_url="https://other.example/graphql/")
        theirs = installations.register(tx, world.parts.vault, draft, '{"keys":[]}', world.clock.now())
        mine = replace(world.connection, installation_id=theirs.id)
        return connections.add(tx, world.parts.vault, mine).id


def test_whoever_may_only_look_sees_no_way_to_change_and_cannot(world: World) -> None:
    may_look: dict[str, Any] = {"user_permissions": ["MANAGE_ORDERS"]}
    shown = call(world, here(world), **may_look).text

    assert shown.count('<fieldset class="stack" disabled>') == shown.count("<form")
    assert "confirm-panel" not in shown
    assert "Add connection" not in call(world, "/connections", **may_look).text
    refused = [call(world, f"{here(world)}{each}", typed(world), **may_look).status_code for each in ACTIONS]
    assert refused == [403] * 3
