"""Credentials are saved and tried, and `auto` settles the wire format once."""

from dataclasses import replace

import pytest

from saleor_kupikupi.domain.connection import Connection, Credentials, WireFormat, WireFormatChoice
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import WrongChoice, checked_base_url, save_credentials, try_connection
from saleor_kupikupi.kupikupi.client import Balance, Declined, KupikupiClient
from saleor_kupikupi.outbound import Outbound
from saleor_kupikupi.store import connections, credentials
from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from tests.world import RICH_DIGITS, SECRET, UID, World


def current(world: World, connection: Connection) -> Credentials:
    with world.parts.database.read() as tx:
        found = credentials.current(tx, world.parts.vault, connection.id, Environment.TEST)
    assert found is not None
    return found


def on_auto(world: World, base_url: str, secret: str = SECRET) -> Connection:
    with world.parts.database.write() as tx:
        draft = replace(world.connection, name="auto", wire_format_choice=WireFormatChoice.AUTO)
        connection = connections.add(tx, world.parts.vault, draft)
    save_credentials(world.parts, connection, Environment.TEST, UID, secret, base_url)
    return connection


@pytest.mark.parametrize("spoken", list(WireFormat))
def test_auto_keeps_the_wire_format_that_the_provider_accepts(world: World, spoken: WireFormat) -> None:
    picky = Kupikupi([Platform(UID, SECRET, "test")], wire_formats=[spoken.value])
    picky.start()
    try:
        connection = on_auto(world, picky.base_url)
        assert not current(world, connection).settled
        tested = try_connection(world.parts, connection, Environment.TEST)
        assert tested.accepted is spoken
        assert tested.balance == 100_000_000
        kept = current(world, connection)
        assert (kept.wire_format, kept.settled) == (spoken, True)
        asked = len(picky.calls("balance"))
        assert try_connection(world.parts, connection, Environment.TEST).accepted is spoken
        assert len(picky.calls("balance")) == asked + 1
        assert current(world, connection).id == kept.id
    finally:
        picky.stop()


def test_when_neither_is_accepted_both_refusals_are_told_and_the_choice_stays(world: World) -> None:
    connection = on_auto(world, world.provider.base_url, secret="a wrong one")
    before = current(world, connection)
    tested = try_connection(world.parts, connection, Environment.TEST)
    assert tested.accepted is None
    assert set(tested.words) == set(WireFormat)
    assert all(tested.words.values())
    assert current(world, connection) == before


def test_a_provider_that_is_away_is_told_apart_from_a_refusal(world: World) -> None:
    world.provider.stop()
    tested = try_connection(world.parts, world.connection, Environment.TEST)
    assert tested.accepted is None
    assert "refused" in tested.words[WireFormat.DOCUMENTED]


def test_a_chosen_wire_format_is_tried_alone(world: World) -> None:
    connection = world.choose(wire_format_choice=WireFormatChoice.PHP_CLIENT)
    save_credentials(world.parts, connection, Environment.TEST, UID, SECRET, world.provider.base_url)
    asked = len(world.provider.calls("balance"))
    assert try_connection(world.parts, connection, Environment.TEST, RICH_DIGITS).accepted is WireFormat.PHP_CLIENT
    assert len(world.provider.calls("balance")) == asked + 1


def test_a_new_secret_on_auto_starts_from_the_format_that_was_settled(world: World) -> None:
    connection = on_auto(world, world.provider.base_url)
    with world.parts.database.write() as tx:
        settled = replace(current(world, connection), wire_format=WireFormat.PHP_CLIENT, settled=True)
        credentials.replace_current(tx, world.parts.vault, settled, world.clock.now())
    save_credentials(world.parts, connection, Environment.TEST, UID, "another", world.provider.base_url)
    assert current(world, connection).wire_format is WireFormat.PHP_CLIENT


def test_the_usual_address_is_taken_where_none_is_given(world: World) -> None:
    saved = save_credentials(world.parts, world.connection, Environment.PRODUCTION, UID, SECRET)
    assert saved.base_url == "https://payapi.kupi-kupi.shop/api/v1/transfer/"


@pytest.mark.parametrize(
    ("uid", "secret", "url"),
    [
        ("", SECRET, None),
        ("x" * 21, SECRET, None),
        (UID, "  ", None),
        (UID, SECRET, "ftp://example.com/"),
        (UID, SECRET, "http://example.com/api/"),
        (UID, SECRET, "https://user@example.com/"),
        (UID, SECRET, "https://example.com/?a=1"),
        (UID, SECRET, "nonsense"),
    ],
)
def test_what_cannot_work_is_refused_and_changes_nothing(world: World, uid: str, secret: str, url: str | None) -> None:
    before = current(world, world.connection)
    with pytest.raises(WrongChoice):
        save_credentials(world.parts, world.connection, Environment.TEST, uid, secret, url)
    assert current(world, world.connection) == before


def test_an_address_ends_with_a_slash() -> None:
    assert checked_base_url("https://example.com/api/v1/transfer") == "https://example.com/api/v1/transfer/"


def test_a_test_never_brings_back_a_key_that_was_replaced_meanwhile(world: World) -> None:
    connection = on_auto(world, world.provider.base_url)

    class Meanwhile(KupikupiClient):
        def balance(self, used: Credentials, phone: str, deadline: Deadline) -> Balance | Declined:
            save_credentials(world.parts, connection, Environment.TEST, UID, "another", used.base_url)
            return super().balance(used, phone, deadline)

    parts = replace(world.parts, kupikupi=Meanwhile(Outbound("kupikupi"), 8))
    assert try_connection(parts, connection, Environment.TEST).accepted is WireFormat.DOCUMENTED

    kept = current(world, connection)
    assert (kept.secret, kept.settled) == ("another", False)


def test_a_test_needs_credentials_and_a_phone(world: World) -> None:
    with pytest.raises(WrongChoice, match="production"):
        try_connection(world.parts, world.connection, Environment.PRODUCTION)
    with pytest.raises(WrongChoice, match="phone"):
        try_connection(world.parts, world.connection, Environment.TEST, "+1 202 555 0123")
