"""The first screen says what is to be done next and how things are, to each shop about itself."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape

import pytest
import requests

from saleor_kupikupi.domain.connection import WireFormatChoice
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import save_credentials, try_connection
from saleor_kupikupi.store import connections, installations, problems
from tests.journeys.payments import confirmed_payment, open_payment, paid_payment
from tests.journeys.rounds import look_again, open_problems
from tests.journeys.test_problems import superseded_and_paid
from tests.journeys.test_several_saleors import neighbour_of
from tests.world import SECRET, UID, World
from tests.world import world as made_world

SETUP = "Three steps until buyers can pay with points"


def asked(
    world: World, path: str = "/", method: str = "GET", language: str = "en", **claims: object
) -> requests.Response:
    headers = {"Authorization": f"Bearer {world.saleor.bridge_token(world.app, **claims)}", "Accept-Language": language}
    return requests.request(method, f"{world.url}/api/dashboard{path}", headers=headers, timeout=5)


def start(world: World, language: str = "en") -> str:
    """Reads the screen as text, each run of blanks as one."""
    answer = asked(world, language=language)
    assert answer.status_code == 200, answer.text
    return words(answer.text)


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def steps(world: World) -> list[str]:
    return re.findall(r'class="step (\w+)"', asked(world).text)


# setting up


def test_the_setup_card_leads_through_three_steps_and_goes_away(world: World) -> None:
    world.unmap()
    assert SETUP in start(world)
    assert steps(world) == ["now", "later", "later"]
    assert "press “Test connection”" in start(world)

    assert try_connection(world.parts, world.connection, Environment.TEST).accepted
    assert steps(world) == ["done", "now", "later"]

    with world.parts.database.write() as tx:
        connections.map_channel(tx, world.connection.installation_id, "rub", world.connection.id)
    world.forget()
    assert steps(world) == ["done", "done", "now"]

    paid_payment(world)
    assert SETUP not in start(world)


def test_the_first_step_of_a_shop_without_keys_leads_to_them_and_to_the_letter(world: World) -> None:
    with world.parts.database.write() as tx:
        connections.remove(tx, world.connection.id, world.clock.now())
    page = asked(world).text
    assert 'href="/app/connections/new"' in page
    assert 'href="/app/kit"' in page


def test_reports_that_wait_are_explained_by_the_reason_and_only_while_they_wait(world: World) -> None:
    reason, until = "Saleor denies us", world.clock.now() + timedelta(hours=1)
    with world.parts.database.write() as tx:
        installations.suspend_reports(tx, world.connection.installation_id, until, reason)
    look_again(world)
    assert f"Saleor does not take the app's reports of payments: “{reason}”." in start(world)
    look_again(world, hours=1)
    assert "reports of payments" not in start(world)


# connections


def test_a_connection_shows_where_it_works_and_what_is_unfinished(world: World) -> None:
    confirmed_payment(world)
    world.check(open_payment(world))
    look_again(world, seconds=1)
    page = start(world)
    assert "shop Test: no real points" in page
    assert "Request format as in Kupi-Kupi's instruction" in page
    assert "never" not in page
    assert 'aria-label="not finished: 1"' in asked(world).text
    assert "Last paid" in page


def test_what_saleor_does_not_know_and_what_is_stale_is_counted(world: World) -> None:
    confirmed_payment(world)
    world.saleor.down()
    look_again(world, minutes=5)
    page = asked(world).text
    assert 'aria-label="not told to Saleor yet: 1"' in page
    look_again(world, days=40)
    world.saleor.clear()
    assert 'aria-label="refused by Saleor: 1"' in asked(world).text


def test_a_connection_without_keys_or_channels_says_so(world: World) -> None:
    world.unmap()
    world.choose(environment=Environment.PRODUCTION)
    page = start(world)
    assert "shop Production" in page
    assert "Channels none yet" in page
    assert "no keys for this environment yet" in page
    assert "Test payments only" not in page


def test_keys_that_were_never_tried_are_marked(world: World) -> None:
    connection = world.choose(wire_format_choice=WireFormatChoice.AUTO)
    save_credentials(world.parts, connection, Environment.TEST, UID, SECRET, world.provider.base_url)
    assert "as in Kupi-Kupi's instruction, not tested yet" in start(world)


def test_a_channel_on_the_test_environment_is_warned_about(world: World) -> None:
    with world.parts.database.write() as tx:
        connections.map_channel(tx, world.connection.installation_id, "rub", world.connection.id)
    page = start(world)
    assert "Test payments only: no real points move" in page
    assert "all channels without a connection of their own → shop" in page
    assert "rub → shop" in page


# Saleor


@pytest.mark.parametrize(
    ("state", "text"),
    [("CLOSED", "works since"), ("OPEN", "paused since"), ("HALF_OPEN", "on trial since")],
)
def test_the_circuit_breaker_of_saleor_is_shown(each_world: World, state: str, text: str) -> None:
    each_world.saleor.staff.break_circuit(each_world.app, state)
    assert f"Calls from Saleor {text}" in start(each_world)


def test_a_saleor_that_is_silent_does_not_hold_the_screen_up(world: World) -> None:
    start(world)
    world.saleor.down()
    assert "Calls from Saleor unknown" in start(world)


def test_paid_checkouts_without_an_order_are_shown_with_what_to_do(each_world: World) -> None:
    each_world.choose(place_orders=False)
    paid_payment(each_world)
    assert "became an order within an hour" in start(each_world)
    look_again(each_world, minutes=70)
    page = start(each_world)
    assert "there was still no order: rub : 1" in page
    at_once = each_world.saleor.version < "3.22"
    assert ("about a second after the payment" in page) is at_once
    assert ("30 minutes unless" in page) is not at_once


# problems


def test_problems_are_listed_in_the_readers_language(world: World) -> None:
    paid_payment(world)
    world.saleor.down()
    superseded_and_paid(world)
    with world.parts.database.write() as tx:
        problems.say(
            tx, world.connection.installation_id, "webhooks_outdated", "Written <b>elsewhere</b>.", world.clock.now()
        )
    look_again(world, hours=2)
    look_again(world, hours=2)
    page = start(world, "ru")
    assert "3 проблемы" in page
    assert "Возможна двойная оплата" in page
    assert "Saleor больше часа не получает" in page
    assert "Written <b>elsewhere</b>." in page
    assert 'href="/app/transfers?state=CONFIRMED" class="button small"' in asked(world).text


def test_a_person_who_has_looked_ends_a_possible_double_payment(world: World) -> None:
    older, _ = superseded_and_paid(world)
    look_again(world)
    answer = asked(world, f"/start/looked/{older.token}", "POST")
    assert (answer.status_code, answer.headers["X-Route"]) == (200, "/")
    assert 'aria-current="page">Start' in answer.text
    assert "Possibly paid twice" not in answer.text
    assert open_problems(world) == {}
    assert asked(world, f"/start/looked/{older.token}", "POST").status_code == 404


def test_looking_needs_the_right_to_change(world: World) -> None:
    older, _ = superseded_and_paid(world)
    look_again(world)
    assert asked(world, f"/start/looked/{older.token}", "POST", user_permissions=["MANAGE_ORDERS"]).status_code == 403
    assert len(open_problems(world)) == 1


@contextmanager
def pair(database_url: str) -> Iterator[tuple[World, World]]:
    with (
        made_world(database_url, allowed=("http://127.0.0.1:*/graphql/",)) as one,
        neighbour_of(one, "3.23") as other,
    ):
        yield one, other


def test_another_shops_problems_are_neither_seen_nor_ended(database_url: str) -> None:
    with pair(database_url) as (one, other):
        older, _ = superseded_and_paid(one)
        look_again(one)
        assert "Possibly paid twice" in start(one)
        assert "Possibly paid twice" not in start(other)
        assert asked(other, f"/start/looked/{older.token}", "POST").status_code == 404
        assert len(open_problems(one)) == 1
