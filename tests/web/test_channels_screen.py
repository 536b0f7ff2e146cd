"""The channels screen: what it shows of Saleor and of the store, and what a form may change."""

import re
from dataclasses import replace

import pytest
import requests

from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store import connections, installations
from tests.world import World

XSS = "<img src=x onerror=alert(1)>"


def ask(world: World, method: str = "GET", **form: object) -> requests.Response:
    token = world.saleor.bridge_token(world.app)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    return requests.request(method, f"{world.url}/api/dashboard/channels", headers=headers, data=form, timeout=5)


def shown(world: World) -> str:
    answer = ask(world)
    assert answer.status_code == 200
    return answer.text


def save(world: World, *changes: tuple[str, object, object]) -> requests.Response:
    form = {name: value for slug, was, to in changes for name, value in ((f"was.{slug}", was), (f"to.{slug}", to))}
    return ask(world, "POST", **form)


def mapped(world: World, connection: Connection | None = None) -> list[str | None]:
    with world.parts.database.read() as tx:
        return connections.channels_of(tx, (connection or world.connection).id)


def another(world: World, name: str = "live", **changes: object) -> Connection:
    draft = replace(world.connection, name=name, environment=Environment.PRODUCTION, **changes)  # type: ignore[arg-type]
    with world.parts.database.write() as tx:
        return connections.add(tx, world.parts.vault, draft)


def stored(world: World, slug: str) -> None:
    with world.parts.database.write() as tx:
        connections.map_channel(tx, world.connection.installation_id, slug, world.connection.id)


def chosen_in(html: str, slug: str) -> str:
    select = re.search(rf'name="to\.{slug}".*?</select>', html, re.DOTALL)
    assert select
    option = re.search(r"<option[^>]* selected>([^<]*)", select[0]) or re.search(r"<option[^>]*>([^<]*)", select[0])
    assert option
    return option[1]


def test_rouble_channels_can_be_mapped_and_others_are_listed_with_the_reason(world: World) -> None:
    world.saleor.channel("moscow", name="Москва")
    world.saleor.channel("closed", is_active=False)
    world.saleor.channel("europe", "EUR", name="Europe")
    stored(world, "moscow")
    html = shown(world)
    assert chosen_in(html, "moscow") == "shop · TEST"
    assert chosen_in(html, "rub") == "Like all others: shop"
    assert chosen_in(html, "") == "shop · TEST"
    assert "to.europe" not in html
    impossible = html.partition("Channels in other currencies")[2]
    assert "Europe" in impossible
    assert "EUR" in impossible
    assert "One point is one rouble" in impossible
    closed = html.partition(">closed<")[2].partition("</li>")[0]
    assert ">inactive<" in closed


def test_a_channel_on_the_test_environment_carries_its_warning(world: World) -> None:
    live = another(world)
    world.saleor.channel("moscow")
    assert save(world, ("moscow", 0, live.id)).status_code == 200
    html = shown(world)
    warning = html.partition("Some buyers pay in the test environment")[2].partition("</section>")[0]
    assert "rub" in warning
    assert "all other channels" in warning
    assert "moscow" not in warning
    assert ">TEST<" not in html.partition(">moscow<")[2].partition("</li>")[0].partition("<select")[0]
    save(world, ("", world.connection.id, live.id))
    assert "Some buyers pay" not in shown(world)


def test_a_save_changes_what_was_changed_and_nothing_else(world: World) -> None:
    live, ours = another(world), world.connection.id
    world.saleor.channel("moscow")
    stored(world, "moscow")
    answer = save(world, ("moscow", ours, live.id), ("rub", 0, 0), ("", ours, 0))
    assert answer.status_code == 200
    assert "Saved" in answer.headers["X-Toast"]
    assert chosen_in(answer.text, "moscow") == "live · production"
    assert chosen_in(answer.text, "rub") == "Not offered"
    assert mapped(world, live) == ["moscow"]
    assert mapped(world) == []
    assert "Nothing%20was%20changed" in save(world, ("moscow", live.id, live.id)).headers["X-Toast"]


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_unseen(world: World) -> None:
    live, ours = another(world), world.connection.id
    save(world, ("", ours, live.id))
    answer = save(world, ("", ours, 0), ("rub", 0, ours))
    assert answer.status_code == 422
    assert "Somebody else has changed this meanwhile, to “live”" in answer.text
    assert chosen_in(answer.text, "") == "Not offered"
    assert chosen_in(answer.text, "rub") == "shop · TEST"
    assert (mapped(world), mapped(world, live)) == ([], [None])
    assert f'name="was." value="{live.id}"' in answer.text
    assert save(world, ("", live.id, 0), ("rub", 0, ours)).status_code == 200
    assert (mapped(world), mapped(world, live)) == (["rub"], [])


@pytest.mark.parametrize("connection_id", ["999", "-1", "²", "9" * 30, "x"])
def test_a_connection_that_is_not_there_is_refused(world: World, connection_id: str) -> None:
    answer = save(world, ("rub", 0, connection_id))
    assert answer.status_code == 422
    assert "This connection is not there any more" in answer.text
    assert mapped(world) == [None]


def test_another_shops_connection_is_none_of_ours(world: World) -> None:
    theirs = Installation(0, "https://other.example/graphql/", world.parts.app_identifier, "QXBwOjk=", "token", "3.22")
    with world.parts.database.write() as tx:
        other = installations.register(tx, world.parts.vault, theirs, '{"keys": []}', world.clock.now())
    foreign = another(world, "foreign", installation_id=other.id)
    assert save(world, ("rub", 0, foreign.id)).status_code == 422
    assert "foreign" not in shown(world)
    assert mapped(world, foreign) == []


@pytest.mark.parametrize("slug", ["europe", "nowhere"])
def test_only_a_channel_in_roubles_gets_a_connection(world: World, slug: str) -> None:
    world.saleor.channel("europe", "EUR")
    stored(world, "kept")
    answer = save(world, (slug, 0, world.connection.id), ("kept", world.connection.id, 0))
    assert answer.status_code == 422
    assert mapped(world) == [None, "kept"]


def test_mappings_without_effect_are_shown_and_can_be_removed(world: World) -> None:
    world.saleor.channel("europe", "EUR")
    for slug in ("europe", "gone"):
        stored(world, slug)
    html = shown(world).partition("Without effect")[2]
    assert "In EUR: points are roubles." in html
    assert "Saleor has no such channel any more." in html
    ours = world.connection.id
    assert save(world, ("europe", ours, 0), ("gone", ours, 0)).status_code == 200
    assert mapped(world) == [None]
    assert "Without effect" not in shown(world)


@pytest.mark.parametrize(
    ("trouble", "said"),
    [("down", "Saleor does not answer"), ("deny", "Saleor does not show the app its channels")],
)
def test_without_saleor_the_stored_mappings_are_there_and_can_be_changed(world: World, trouble: str, said: str) -> None:
    stored(world, "moscow")
    live = another(world)
    getattr(world.saleor, trouble)()
    html = shown(world)
    assert said in html
    assert chosen_in(html, "moscow") == "shop · TEST"
    assert "to.rub" not in html
    assert save(world, ("moscow", world.connection.id, live.id)).status_code == 200
    assert mapped(world, live) == ["moscow"]
    assert save(world, ("rub", 0, live.id)).status_code == 422


def test_a_shop_without_connections_or_channels_is_told_what_comes_first(world: World) -> None:
    with world.parts.database.write() as tx:
        connections.remove(tx, world.connection.id, world.clock.now())
    world.saleor.channel("rub", "EUR")
    html = shown(world)
    assert "There is no connection yet" in html
    assert "This shop has no channel in roubles" in html


def test_names_are_text_and_nothing_more(world: World) -> None:
    world.saleor.channel("odd", name=XSS)
    world.saleor.channel("odder", "EUR", name=XSS)
    another(world, XSS)
    html = shown(world)
    assert XSS not in html
    assert html.count("&lt;img src=x") >= 3


def test_who_may_not_change_cannot_save(world: World) -> None:
    token = world.saleor.bridge_token(world.app, user_permissions=["MANAGE_ORDERS"])
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{world.url}/api/dashboard/channels"
    answer = requests.post(url, headers=headers, data={"was.": world.connection.id, "to.": "0"}, timeout=5)
    assert answer.status_code == 403
    assert mapped(world) == [None]
