"""The registration kit: the letter, the addresses in it, and who may see the one that is like a password."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

from structlog.typing import EventDict

from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store import connections
from tests.web.test_connections_screen import call, foreign_connection
from tests.world import World

SITE = {
    f"{environment}_{page}": f"https://{environment}.shop.example/{path}"
    for environment in ("production", "test")
    for page, path in (("site_url", ""), ("success_url", "paid"), ("fail_url", "failed?a=1"))
}


def kit(world: World) -> str:
    return f"/kit/{world.connection.id}"


def letter_in(text: str) -> str:
    found = re.search(r'<pre id="letter".*?>(.*?)</pre>', text, re.DOTALL)
    assert found is not None
    return unescape(found[1])


def test_the_letter_is_written_in_russian_with_the_addresses_of_both_sites(world: World) -> None:
    world.other_process(base_url="https://points.example")
    answer = call(world, kit(world), SITE)
    text = letter_in(answer.text)

    assert answer.status_code == 200
    for environment in Environment:
        key = world.notification_url(environment).rpartition("/")[2]
        assert f"NotificationURL: https://points.example/api/notifications/{key}\n" in text
    for address in SITE.values():
        assert f": {address}\n" in text
    assert "Здравствуйте!" in text
    assert letter_in(call(world, kit(world)).text) == text
    for trouble in ("not complete", "cannot reach", "not accept every"):
        assert trouble not in answer.text


def test_what_is_missing_or_would_not_be_accepted_is_said(world: World) -> None:
    fresh = call(world, kit(world))
    local = call(world, kit(world), {**SITE, "test_site_url": "http://localhost:3000"})

    assert "SuccessURL: (не указано)" in letter_in(fresh.text)
    assert "The letter is not complete" in fresh.text
    assert "Kupi-Kupi cannot reach this app" in fresh.text
    assert "These are not public https addresses: http://localhost:3000" in " ".join(local.text.split())


def test_wrong_addresses_are_said_beside_their_fields_and_nothing_is_kept(world: World) -> None:
    call(world, kit(world), SITE)
    wrong = {
        "production_site_url": "shop",
        "test_success_url": "http://a.example",
        "test_fail_url": "https://" + "a" * 510,
    }
    answer = call(world, kit(world), {**SITE, **wrong, "test_site_url": "https://new.example"})

    assert answer.status_code == 422
    for field, words in zip(wrong, ("A whole address", "must begin with https://", "At most 512"), strict=True):
        assert words in answer.text.partition(f'id="{field}-hint"')[2][:200]
    assert 'value="https://new.example"' in answer.text
    assert "new.example" not in letter_in(answer.text)


def test_only_those_who_may_change_see_the_notification_address(world: World, log: list[EventDict]) -> None:
    keys = [world.notification_url(each).rpartition("/")[2] for each in Environment]
    may_look: dict[str, Any] = {"user_permissions": ["MANAGE_ORDERS"]}
    shown = call(world, kit(world), **may_look)

    assert "NotificationURL: (скрыто)" in letter_in(shown.text)
    assert "so it is hidden" in shown.text
    assert call(world, kit(world), SITE, **may_look).status_code == 403
    full = call(world, kit(world), SITE)
    assert full.headers["Referrer-Policy"] == "no-referrer"
    for key in keys:
        assert key in full.text
        assert key not in shown.text + str(log) + str(full.headers)


def test_the_only_connections_kit_is_shown_at_once_and_several_are_listed(world: World) -> None:
    assert 'id="letter"' in call(world, "/kit").text
    with world.parts.database.write() as tx:
        second = connections.add(tx, world.parts.vault, replace(world.connection, name="second")).id
    listed = call(world, "/kit", language="ru").text

    assert f'href="/app/kit/{second}"' in listed
    assert f'href="/app/kit/{world.connection.id}"' in listed
    assert "Какое регистрируем?" in listed


def test_the_kit_begins_with_a_connection(world: World) -> None:
    assert call(world, f"/connections/{world.connection.id}/remove", {}).status_code == 200

    assert "There is no connection yet" in call(world, "/kit").text


def test_a_kit_of_another_shop_is_not_there(world: World) -> None:
    foreign = foreign_connection(world)

    assert call(world, f"/kit/{foreign}").status_code == 404
    assert call(world, f"/kit/{foreign}", SITE).status_code == 404
