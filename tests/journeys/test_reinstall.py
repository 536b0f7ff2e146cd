"""An installation changes: the app is removed and comes back, its token dies, its Saleor becomes another version."""

from dataclasses import replace

import pytest

from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.store import installations
from saleor_kupikupi.store.installations import ListedInstallation
from tests.clock import eventually
from tests.journeys.letters import Letter, send
from tests.journeys.payments import charge_of, confirmed_payment, error_of, open_payment, paid_payment, told
from tests.world import APP_ID, World
from tests.world import world as made_world


def listed(world: World) -> ListedInstallation:
    with world.parts.database.read() as tx:
        (only,) = installations.listed(tx)
    return only


def installation(world: World) -> Installation:
    with world.parts.database.read() as tx:
        found = installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID)
    assert found is not None
    return found


def reinstall(world: World) -> None:
    world.app = world.saleor.install(f"{world.url}/api/manifest")


def replace_app(world: World) -> None:
    """Removes the app and installs it anew, and waits until the app has heard of the first where it is told."""
    remove(world)
    reinstall(world)


def heard(world: World) -> list[tuple[str, str, int | None]]:
    return [(each.event, each.app_id, each.status) for each in world.saleor.deliveries]


def remove(world: World) -> None:
    world.saleor.uninstall(world.app)
    if world.saleor.version >= "3.23":
        assert eventually(lambda: ("app_deleted", world.app.id, 200) in heard(world))
        assert installation(world).token is None


# reinstall


def test_a_reinstall_keeps_rows_connections_and_the_buyers_session(each_world: World) -> None:
    payment, old = open_payment(each_world), installation(each_world)
    replace_app(each_world)
    new = installation(each_world)
    assert new.id == old.id
    assert (new.app_id, new.token) == (each_world.app.id, each_world.app.token)
    assert (new.app_id == old.app_id, new.token == old.token) == (False, False)
    assert each_world.process(payment).data["transferURL"] == payment.data["transferURL"]
    each_world.paid(payment)
    assert each_world.charged(payment) == "1234.50"


def test_a_reinstall_makes_suspended_reports_due_at_once(each_world: World) -> None:
    payment = confirmed_payment(each_world)
    each_world.saleor.deny()
    each_world.work()
    assert listed(each_world).reports_suspended_until is not None
    each_world.saleor.deny(denied=False)
    replace_app(each_world)
    assert listed(each_world).reports_suspended_until is None
    each_world.work()
    assert each_world.charged(payment) == "1234.50"


def test_a_reinstall_makes_dead_reports_due_at_once(world: World) -> None:
    payment = confirmed_payment(world)
    world.saleor.down(how="500")
    world.work()
    world.clock.forward(days=31)
    world.work()
    assert charge_of(world, payment).state == "dead"
    world.saleor.clear()
    replace_app(world)
    assert charge_of(world, payment).attempts == 0
    world.work()
    assert world.charged(payment) == "1234.50"


def test_a_reinstall_reports_nothing_that_was_delivered_already(world: World) -> None:
    payment = paid_payment(world)
    replace_app(world)
    assert world.work() == 0
    assert told(world, payment) == [("CHARGE_SUCCESS", payment.token)]


def test_a_message_to_the_app_that_was_replaced_is_refused(world: World) -> None:
    payment = open_payment(world)
    world.process(payment)
    headers, body, _, _ = world.saleor.last_webhook("transaction_process_session")
    replace_app(world)
    response = send(world, Letter("transaction_process_session", headers, body))
    assert error_of(response) == (401, "WRONG_RECIPIENT")


def test_another_process_learns_of_a_reinstall_by_the_first_webhook(world: World) -> None:
    payment = open_payment(world)
    remembered = world.parts.memory.installations.get(world.saleor.api_url)
    assert remembered is not None
    replace_app(world)
    world.parts.memory.installations.put(world.saleor.api_url, remembered)
    assert world.process(payment).data["transferURL"] == payment.data["transferURL"]


# uninstall


@pytest.fixture
def removable(each_world: World) -> World:
    """A world of each version; only the newest tells the app that it is gone."""
    return each_world


def test_an_uninstalled_app_follows_its_transfers_and_reports_once_it_is_back(removable: World) -> None:
    payment = confirmed_payment(removable)
    remove(removable)
    removable.work()
    assert removable.transfer(payment).state == "CONFIRMED"
    assert charge_of(removable, payment).state == "owed"
    assert removable.charged(payment) == "0.00"
    removable.clock.forward(days=3)
    removable.work()
    reinstall(removable)
    removable.work()
    assert removable.charged(payment) == "1234.50"


def test_an_uninstall_that_is_told_drops_the_token_and_keeps_the_rows(database_url: str) -> None:
    with made_world(database_url, version="3.23") as world:
        payment = confirmed_payment(world)
        remove(world)
        assert listed(world).uninstalled_at is not None
        calls = len(world.saleor.graphql_calls)
        world.work()
        world.clock.forward(days=2)
        world.work()
        assert len(world.saleor.graphql_calls) == calls
        assert world.transfer(payment).state == "CONFIRMED"
        assert charge_of(world, payment).state == "owed"


def test_a_late_word_of_an_uninstall_does_not_undo_the_reinstall(database_url: str) -> None:
    with made_world(database_url, version="3.23") as world:
        remove(world)
        headers, body, _, _ = world.saleor.last_webhook("app_deleted")
        reinstall(world)
        assert error_of(send(world, Letter("app_deleted", headers, body))) == (401, "WRONG_RECIPIENT")
        assert installation(world).token == world.app.token


def test_the_end_of_another_app_is_no_end_of_this_one(database_url: str) -> None:
    with made_world(database_url, version="3.23") as world:
        remove(world)
        headers, body, _, _ = world.saleor.last_webhook("app_deleted")
        gone = world.app.id
        reinstall(world)
        letter = Letter("app_deleted", headers, body).saying(
            world.key, recipient={"id": world.app.id}, app={"id": gone}
        )
        assert error_of(send(world, letter)) == (401, "WRONG_RECIPIENT")
        assert installation(world).token == world.app.token


# a token that is revoked


def test_a_revoked_token_stops_reports_and_a_new_one_sends_them(each_world: World) -> None:
    payment = confirmed_payment(each_world)
    each_world.saleor.deactivate(each_world.app)
    each_world.work()
    assert charge_of(each_world, payment).state == "owed"
    assert "permission" in charge_of(each_world, payment).last_error.lower()
    assert "HANDLE_PAYMENTS" in listed(each_world).suspension_reason
    each_world.saleor.activate(each_world.app)
    replace_app(each_world)
    each_world.work()
    assert each_world.charged(payment) == "1234.50"


# an upgrade


@pytest.mark.parametrize(("before", "after"), [("3.21", "3.22"), ("3.21", "3.23"), ("3.22", "3.23")])
def test_the_version_follows_saleors_own_word(database_url: str, before: str, after: str) -> None:
    with made_world(database_url, version=before) as world:
        payment = open_payment(world)
        assert installation(world).version.startswith(before)
        world.saleor.upgrade(after)
        world.process(payment)
        assert installation(world).version.startswith(after)
        world.paid(payment)
        assert world.charged(payment) == "1234.50"
        (said,) = [call.query for call in world.saleor.graphql_calls if "transactionEventReport" in call.query]
        assert "paymentMethodDetails" in said


def test_a_saleor_that_was_upgraded_and_has_not_spoken_yet_is_reported_to_as_before(database_url: str) -> None:
    with made_world(database_url, version="3.21") as world:
        payment = confirmed_payment(world)
        world.saleor.upgrade("3.23")
        world.work()
        assert world.charged(payment) == "1234.50"


def test_a_saleor_that_went_back_a_version_is_reported_to_in_its_own_words(world: World) -> None:
    payment = open_payment(world)
    world.saleor.upgrade("3.21")
    world.process(payment)
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_the_unsigned_word_of_a_header_changes_no_version(world: World) -> None:
    payment = open_payment(world)
    world.process(payment)
    headers, body, _, _ = world.saleor.last_webhook("transaction_process_session")
    letter = replace(Letter("transaction_process_session", headers, body).having(Saleor_Schema_Version="3.99"))
    assert send(world, letter).status_code == 200
    assert installation(world).version.startswith("3.22")
