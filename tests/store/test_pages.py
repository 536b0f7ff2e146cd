from datetime import timedelta

import pytest

from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.store import pages, reports, transfers
from saleor_kupikupi.store.pages import Wanted
from tests.store.shop import NOW, PHONE, Shop, open_shop

EVERYTHING = Wanted()
REPORT = OwedReport(ReportType.CHARGE_FAILURE, "R:rejected", 100, "It failed.")


def test_transfers_are_listed_newest_first_a_page_at_a_time(shop: Shop) -> None:
    ids = [shop.new().id for _ in range(5)]
    with shop.database.read() as tx:
        first = [one.id for one in pages.transfers_page(tx, EVERYTHING, limit=2)]
        second = [one.id for one in pages.transfers_page(tx, EVERYTHING, limit=2, before_id=first[-1])]
        third = [one.id for one in pages.transfers_page(tx, EVERYTHING, limit=2, before_id=second[-1])]
    assert first + second + third == ids[::-1]


def test_transfers_are_filtered_by_installation_and_state(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    mine, rejected, theirs = shop.new(), shop.new(state=State.REJECTED), other.new()
    with shop.database.read() as tx:
        assert pages.transfers_page(tx, Wanted(installation_id=shop.installation.id)) == [rejected, mine]
        assert pages.transfers_page(tx, Wanted(state=State.REQUESTED)) == [theirs, mine]
        assert pages.transfers_page(tx, Wanted(installation_id=shop.installation.id, state=State.REJECTED)) == [
            rejected
        ]


@pytest.mark.parametrize("by", ["reference", "source_id", "source_key", "payment_id", "phone"])
def test_a_transfer_is_searched_by_whatever_a_person_has_at_hand(shop: Shop, by: str) -> None:
    wanted = shop.draft(source_id="T3JkZXI6MQ==", source_key="Q2hlY2tvdXQ6OQ==", payment_id="p-77")
    with shop.database.write() as tx:
        wanted = transfers.insert_new(tx, shop.vault, wanted, "79990001122", None)
        shop.add(tx)
        text = "1122" if by == "phone" else getattr(wanted, by)
        assert pages.transfers_page(tx, Wanted(search=text)) == [wanted]
        assert pages.transfers_page(tx, Wanted(search=text, state=State.CANCELED)) == []
        assert pages.transfers_page(tx, Wanted(search=PHONE)) == []


def test_stale_transfers_and_those_with_a_dead_report_are_in_trouble(shop: Shop) -> None:
    stale, settled = shop.new(stale_at=NOW), shop.new(stale_at=NOW, state=State.CANCELED)
    dead, owed, fine = shop.new(state=State.REJECTED), shop.new(state=State.REJECTED), shop.new()
    with shop.database.write() as tx:
        for transfer in (dead, owed):
            reports.owe(tx, transfer, (REPORT,), NOW)
        (report,) = pages.reports_of(tx, dead.id)
        reports.dead(tx, report.id, "NOT_FOUND")
        assert pages.transfers_page(tx, Wanted(trouble_at=NOW)) == [dead, stale]
    assert not {settled.id, owed.id, fine.id} & {dead.id, stale.id}


def test_reports_are_listed_newest_first_and_filtered(shop: Shop) -> None:
    other = open_shop(shop.database, shop.vault, "https://other.example/graphql/")
    mine, theirs = shop.new(), other.new()
    with shop.database.write() as tx:
        for transfer in (mine, theirs):
            reports.owe(tx, transfer, (REPORT,), NOW)
        newest, oldest = pages.reports_page(tx)
        reports.delivered(tx, oldest.id, NOW + timedelta(seconds=1))
        assert (newest.reference, oldest.reference) == (theirs.reference, mine.reference)
        assert (newest.report, newest.state, newest.installation_id) == (REPORT, "owed", other.installation.id)
        assert [one.id for one in pages.reports_page(tx, state="delivered")] == [oldest.id]
        assert [one.id for one in pages.reports_page(tx, installation_id=other.installation.id)] == [newest.id]
        assert [one.id for one in pages.reports_page(tx, before_id=newest.id)] == [oldest.id]
        assert len(pages.reports_page(tx, limit=1)) == 1
