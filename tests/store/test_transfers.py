from dataclasses import replace
from datetime import timedelta

import pytest

from saleor_kupikupi.domain.transfer import Environment, Refusal, SourceKind, State, observe, opened, refused
from saleor_kupikupi.store import claims, connections, due, transfers
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.transfers import AlreadyThere
from tests.store.shop import NOW, PHONE, Shop, open_shop

LATER = NOW + timedelta(seconds=30)


def test_every_field_of_a_transfer_comes_back_as_it_was_written(shop: Shop) -> None:
    draft = shop.draft(
        source_kind=SourceKind.ORDER,
        amount=9_999_999_999,
        state=State.REJECTED,
        provider_status="REJECTED",
        payment_id="p-1",
        transfer_url="https://form.example/1",
        refusal=Refusal("declined", "17", "Нет такого абонента"),
        resent_at=NOW + timedelta(seconds=1),
        claimed_at=NOW + timedelta(seconds=2),
        claimed_status="CONFIRMED",
        superseded_at=NOW + timedelta(seconds=3),
        abandoned_at=NOW + timedelta(seconds=4),
        never_opened_at=NOW + timedelta(seconds=5),
        stale_at=NOW + timedelta(seconds=6),
        checked_at=NOW + timedelta(seconds=7),
    )
    with shop.database.write() as tx:
        written = transfers.insert_new(tx, shop.vault, draft, PHONE, None)
    assert written == replace(draft, id=written.id)
    assert shop.now(written) == written


def test_a_transfer_refused_before_the_provider_was_chosen_has_no_connection_and_no_phone(shop: Shop) -> None:
    draft = shop.draft(connection_id=None, credentials_id=None, environment=None, amount=0)
    with shop.database.write() as tx:
        written = transfers.insert_new(tx, shop.vault, refused(draft, Refusal("currency")), None, None)
        assert transfers.phone_of(tx, shop.vault, written.id) is None
    assert written.phone_last4 == ""
    assert shop.now(written) == written


def test_a_reference_is_found_in_its_own_installation_only(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    mine = shop.new()
    theirs = other.new(reference=mine.reference)
    with shop.database.read() as tx:
        assert transfers.find(tx, shop.installation.id, mine.reference) == mine
        assert transfers.find(tx, other.installation.id, mine.reference) == theirs
        assert transfers.known(tx, shop.installation.id, mine.reference) == mine
        assert transfers.find(tx, shop.installation.id, "another\0") is None
        assert transfers.by_id(tx, theirs.id + 1) is None


def test_the_twin_of_a_webhook_does_not_write_a_second_row_and_may_go_on(shop: Shop) -> None:
    first = shop.new()
    with shop.database.write() as tx:
        with pytest.raises(AlreadyThere):
            shop.add(tx, reference=first.reference)
        assert transfers.find(tx, shop.installation.id, first.reference) == first


def test_a_notification_finds_a_transfer_of_its_own_address_only(shop: Shop) -> None:
    transfer = shop.new()
    here, where = shop.connection, Environment.PRODUCTION
    with shop.database.write() as tx:
        second = connections.add(tx, shop.vault, replace(here, name="second"))
        assert transfers.of_connection(tx, here, where, transfer.reference) == transfer
        assert transfers.of_connection(tx, second, where, transfer.reference) is None
        assert transfers.of_connection(tx, here, Environment.TEST, transfer.reference) is None


def test_a_phone_is_stored_sealed_but_for_its_last_four_digits(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.read() as tx:
        assert transfers.phone_of(tx, shop.vault, transfer.id) == PHONE
        stored = tx.exec_driver_sql("SELECT * FROM transfers").all()
    assert PHONE not in repr(stored)
    assert transfer.phone_last4 == "4567"


def test_undecided_transfers_of_a_phone_are_counted_across_a_rotation(shop: Shop) -> None:
    first, second, third = shop.new(), shop.new(), shop.new()
    rotated = Vault(["a new first key that is long enough", "the first secret key, long enough"])
    here, where = shop.connection.id, Environment.PRODUCTION
    with shop.database.write() as tx:
        transfers.save(tx, first, replace(first, state=State.REJECTED))
        transfers.save(tx, second, replace(second, never_opened_at=LATER))
        transfers.insert_new(tx, rotated, shop.draft(), PHONE, None)
        assert transfers.open_for_phone(tx, rotated, here, where, PHONE) == 2
        assert transfers.open_for_phone(tx, shop.vault, here, where, PHONE) == 1
        assert transfers.open_for_phone(tx, rotated, here, where, "79990000000") == 0
        assert transfers.open_for_phone(tx, rotated, here, Environment.TEST, PHONE) == 0
    assert not third.decided


def test_a_move_writes_everything_that_changed(shop: Shop) -> None:
    old = shop.new()
    new = replace(opened(old, "p-1", "https://form.example/1"), refusal=Refusal("x"), resent_at=LATER)
    with shop.database.write() as tx:
        assert transfers.save(tx, old, new, due_at=LATER)
    assert shop.now(old) == new


def test_of_two_moves_from_one_state_the_second_loses(shop: Shop) -> None:
    old = shop.new()
    with shop.database.write() as tx:
        assert transfers.save(tx, old, replace(old, state=State.CANCELED))
        assert not transfers.save(tx, old, replace(old, state=State.REJECTED))
    assert shop.now(old).state is State.CANCELED


@pytest.mark.parametrize("fact", ["superseded_at", "abandoned_at", "never_opened_at", "claimed_at"])
def test_a_move_loses_to_a_fact_that_came_meanwhile(shop: Shop, fact: str) -> None:
    old = shop.new()
    with shop.database.write() as tx:
        assert transfers.save(tx, old, replace(old, **{fact: LATER}))  # type: ignore[arg-type]
        assert not transfers.save(tx, old, opened(old, "p", "https://f"))
    assert shop.now(old).state is State.REQUESTED


def test_a_move_that_changes_nothing_succeeds(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        assert transfers.save(tx, transfer, transfer)


def test_a_decided_transfer_is_due_no_more_unless_that_is_asked_for(shop: Shop) -> None:
    first, second, third = (shop.new(due_at=NOW) for _ in range(3))
    with shop.database.write() as tx:
        transfers.save(tx, first, observe(first, State.REJECTED, "REJECTED", NOW))
        transfers.save(tx, second, observe(second, State.REJECTED, "REJECTED", NOW), due_at=NOW)
        transfers.save(tx, third, replace(third, checked_at=NOW))
        taken = due.take_due(tx, "worker", LATER, 60, 10)
    assert [transfer.id for transfer in taken] == [second.id, third.id]


@pytest.mark.parametrize(
    "failed", [{"state": State.REJECTED}, {"state": State.CANCELED}, {"never_opened_at": LATER}], ids=str
)
def test_a_transfer_that_failed_gives_its_claim_away(shop: Shop, failed: dict[str, object]) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        claims.claim(tx, transfer, "CONFIRMED", NOW, NOW)
        assert claims.is_paying(tx, transfer.installation_id, transfer.source_key)
    claimed = shop.now(transfer)
    with shop.database.write() as tx:
        assert transfers.save(tx, claimed, replace(claimed, **failed))  # type: ignore[arg-type]
        assert not claims.is_paying(tx, transfer.installation_id, transfer.source_key)


def test_only_older_unclaimed_open_transfers_of_the_same_thing_are_superseded(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    older, claimed, abandoned, final = (shop.new() for _ in range(4))
    elsewhere, foreign = shop.new(source_key="another"), other.new()
    with shop.database.write() as tx:
        claims.claim(tx, claimed, "CONFIRMED", NOW, NOW)
        transfers.save(tx, abandoned, replace(abandoned, abandoned_at=NOW))
        transfers.save(tx, final, replace(final, state=State.REJECTED))
    newer, newest = shop.new(), shop.new()
    with shop.database.write() as tx:
        assert transfers.supersede_older(tx, newer, LATER) == [replace(older, superseded_at=LATER)]
        assert transfers.supersede_older(tx, newer, LATER) == []
    assert shop.now(older).withdrawn
    assert not any(shop.now(one).superseded_at for one in (claimed, final, elsewhere, foreign, newer, newest))
