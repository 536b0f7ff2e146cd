from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from saleor_kupikupi.domain.reports import OwedReport, ReportType, owed_after
from saleor_kupikupi.domain.transfer import State, observe, opened
from saleor_kupikupi.store import claims, due, pages, reports, transfers
from tests.store.shop import NOW, Shop, open_shop

LATER = NOW + timedelta(seconds=30)


def _confirm(shop: Shop, claimed: bool = True) -> int:
    transfer = shop.new()
    with shop.database.write() as tx:
        if claimed:
            claims.claim(tx, transfer, "CONFIRMED", NOW, NOW)
            transfer = replace(transfer, claimed_at=NOW, claimed_status="CONFIRMED")
        confirmed = observe(transfer, State.CONFIRMED, "CONFIRMED", NOW)
        assert transfers.save(tx, transfer, confirmed)
        reports.owe(tx, confirmed, owed_after(confirmed, (), "ru"), NOW)
        ids = {one.report.type: one.id for one in pages.reports_of(tx, confirmed.id)}
    return ids[ReportType.CHARGE_SUCCESS]


def test_a_claim_is_due_when_it_says_and_ends_staleness(shop: Shop) -> None:
    transfer = shop.new(due_at=LATER, stale_at=NOW)
    with shop.database.write() as tx:
        assert claims.claim(tx, transfer, "CONFIRMED", NOW, NOW)
        (taken,) = due.take_due(tx, "worker", NOW, 60, 10)
    assert taken == replace(transfer, claimed_at=NOW, claimed_status="CONFIRMED", first_claimed_at=NOW, stale_at=None)


def test_a_further_claim_of_the_same_transfer_counts_anew(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        assert claims.claim(tx, transfer, "NEW", NOW, NOW)
        assert claims.claim(tx, transfer, "CONFIRMED", LATER, LATER)
    found = shop.now(transfer)
    assert (found.claimed_at, found.claimed_status) == (LATER, "CONFIRMED")


def test_a_claim_holds_though_the_answer_to_init_was_stored_meanwhile(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        transfers.save(tx, transfer, opened(transfer, "p", "https://f"))
        assert claims.claim(tx, transfer, "CONFIRMED", NOW, NOW)


def test_one_transfer_of_a_checkout_is_claimed_at_a_time(shop: Shop) -> None:
    first, second = shop.new(), shop.new()
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    with shop.database.write() as tx:
        assert claims.claim(tx, first, "CONFIRMED", NOW, NOW)
        assert not claims.claim(tx, second, "CONFIRMED", NOW, NOW)
        assert transfers.find(tx, second.installation_id, second.reference) == second
        claims.free_slot(tx, first.id)
        assert claims.claim(tx, second, "CONFIRMED", NOW, NOW)
    with other.database.write() as tx:
        assert claims.claim(tx, other.add(tx), "CONFIRMED", NOW, NOW)


@pytest.mark.parametrize(
    "past",
    [
        {"state": State.CONFIRMED},
        {"state": State.REJECTED},
        {"state": State.CANCELED},
        {"superseded_at": NOW},
        {"abandoned_at": NOW},
        {"never_opened_at": NOW},
    ],
    ids=str,
)
def test_a_transfer_that_is_decided_or_withdrawn_is_not_claimed(shop: Shop, past: dict[str, Any]) -> None:
    transfer = shop.new(**past)
    with shop.database.write() as tx:
        assert not claims.claim(tx, transfer, "CONFIRMED", NOW, NOW)
    assert shop.now(transfer) == transfer


def test_a_claimed_transfer_is_paying_for_its_checkout(shop: Shop) -> None:
    transfer = shop.new()
    here, key = transfer.installation_id, transfer.source_key
    with shop.database.write() as tx:
        assert not claims.is_paying(tx, here, key)
        claims.claim(tx, transfer, "CONFIRMED", NOW, NOW)
        assert claims.is_paying(tx, here, key)
        assert not claims.is_paying(tx, here, key, except_id=transfer.id)
        assert not claims.is_paying(tx, here, "another")
        assert not claims.is_paying(tx, here + 1, key)


@pytest.mark.parametrize("claimed", [True, False])
def test_a_confirmed_transfer_is_paying_until_saleor_knows(shop: Shop, claimed: bool) -> None:
    report_id = _confirm(shop, claimed)
    here, key = shop.installation.id, shop.draft().source_key
    with shop.database.write() as tx:
        assert claims.is_paying(tx, here, key)
        reports.dead(tx, report_id, "INVALID")
        assert claims.is_paying(tx, here, key)
        reports.resend(tx, report_id, NOW)
        reports.delivered(tx, report_id, NOW)
        assert not claims.is_paying(tx, here, key)
        assert claims.is_paying(tx, here, key, since=NOW)
        assert not claims.is_paying(tx, here, key, since=LATER)
        assert not claims.claim(tx, shop.add(tx), "CONFIRMED", NOW, NOW, NOW)


def test_the_delivery_of_another_report_frees_no_claim(shop: Shop) -> None:
    report_id = _confirm(shop)
    with shop.database.write() as tx:
        (charge,) = pages.reports_page(tx)
        transfer = transfers.lock(tx, charge.transfer_id)
        reports.owe(tx, transfer, [OwedReport(ReportType.INFO, "R:note", 0, "a note")], NOW)
        (other,) = (one.id for one in pages.reports_page(tx) if one.id != report_id)
        reports.delivered(tx, other, NOW)
        assert claims.is_paying(tx, shop.installation.id, shop.draft().source_key)
