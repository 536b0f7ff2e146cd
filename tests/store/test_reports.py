from dataclasses import replace
from datetime import timedelta
from typing import Any

from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store import installations, pages, reports
from saleor_kupikupi.store.reports import DueReport
from tests.store.shop import NOW, Shop, open_shop

SUCCESS = OwedReport(ReportType.CHARGE_SUCCESS, "R", 123_450, "Баллы переведены.")
SUCCESS_OF_REFUND = OwedReport(ReportType.REFUND_SUCCESS, "R:refund:1", 1_000, "Баллы возвращены.")
FAILURE = OwedReport(ReportType.CHARGE_FAILURE, "R:rejected", 123_450, "Отклонено.")
LEASE = 60


def _after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def _taken(shop: Shop, seconds: float = 0, limit: int = 10) -> list[DueReport]:
    with shop.database.write() as tx:
        return reports.take_due(tx, shop.vault, "worker", NOW + _after(seconds), LEASE, limit)


def _owe(shop: Shop, *owed: OwedReport, seconds: float = 0, **changes: Any) -> int:
    transfer = shop.new(**changes)
    with shop.database.write() as tx:
        reports.owe(tx, transfer, owed, NOW + _after(seconds))
    return transfer.id


def test_a_report_owed_is_due_with_all_that_its_delivery_needs(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS, environment=Environment.TEST)
    (due,) = _taken(shop)
    assert due == DueReport(
        due.id, transfer_id, shop.installation, due.reference, SUCCESS, NOW, attempts=0, is_test=True, lease="worker"
    )
    with shop.database.read() as tx:
        (listed,) = pages.reports_of(tx, transfer_id)
    assert due.reference == listed.reference


def test_what_is_owed_already_is_not_owed_twice(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        reports.owe(tx, transfer, (SUCCESS, FAILURE), NOW)
        reports.owe(tx, transfer, (replace(SUCCESS, message="said otherwise"),), NOW)
        reports.owe(tx, transfer, (), NOW)
        assert [each.report for each in pages.reports_of(tx, transfer.id)] == [FAILURE, SUCCESS]


def test_reports_of_one_transfer_are_taken_one_after_the_other_as_they_became_owed(shop: Shop) -> None:
    _owe(shop, SUCCESS, FAILURE, SUCCESS_OF_REFUND)
    _owe(shop, SUCCESS, seconds=1)
    first, of_another = _taken(shop, 1)
    assert (first.report, of_another.report) == (SUCCESS, SUCCESS)
    assert _taken(shop, 1) == []
    with shop.database.write() as tx:
        reports.delivered(tx, of_another.id, NOW, lease="worker")
        reports.retry(tx, first.id, NOW + _after(3600), "no answer", lease="worker")
    assert _taken(shop, 3599) == []
    (first,) = _taken(shop, 3600)
    with shop.database.write() as tx:
        reports.delivered(tx, first.id, NOW, lease="worker")
    (second,) = _taken(shop, 3600)
    assert second.report == FAILURE
    with shop.database.write() as tx:
        reports.dead(tx, second.id, "INVALID", lease="worker")
    assert [due.report for due in _taken(shop, 3600)] == [SUCCESS_OF_REFUND]


def test_a_report_waits_for_an_answer_of_ours_that_is_on_its_way(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS)
    with shop.database.write() as tx:
        reports.hold(tx, transfer_id, NOW + _after(1))
        assert not reports.something_due(tx, NOW + _after(0.9))
        assert reports.something_due(tx, NOW + _after(1))
    assert _taken(shop, 0.9) == []
    assert [due.report for due in _taken(shop, 1)] == [SUCCESS]


def test_a_report_waits_two_seconds_for_an_answer_and_no_longer(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS)
    with shop.database.write() as tx:
        reports.hold(tx, transfer_id, NOW + _after(12))
    assert _taken(shop, 1.9) == []
    assert [due.report for due in _taken(shop, 2)] == [SUCCESS]


def test_a_report_is_one_workers_until_its_lease_is_over(shop: Shop) -> None:
    _owe(shop, SUCCESS)
    with shop.database.read() as tx:
        assert reports.something_due(tx, NOW)
    assert len(_taken(shop)) == 1
    with shop.database.read() as tx:
        assert not reports.something_due(tx, NOW)
    assert _taken(shop, LEASE - 1) == []
    assert len(_taken(shop, LEASE)) == 1


def test_the_longest_due_are_taken_first_and_no_more_than_asked_for(shop: Shop) -> None:
    for seconds in (2, 1, 3):
        _owe(shop, replace(FAILURE, psp_reference=str(seconds)), seconds=seconds)
    assert [due.report.psp_reference for due in _taken(shop, 3, limit=2)] == ["1", "2"]
    assert [due.report.psp_reference for due in _taken(shop, 3, limit=2)] == ["3"]


def test_a_failure_is_tried_again_later_and_is_counted(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS)
    (due,) = _taken(shop)
    with shop.database.write() as tx:
        reports.retry(tx, due.id, NOW + _after(5), "no answer", lease="worker")
        (listed,) = pages.reports_of(tx, transfer_id)
    assert (listed.state, listed.attempts, listed.last_error) == ("owed", 1, "no answer")
    assert _taken(shop, 4) == []
    assert [again.attempts for again in _taken(shop, 5)] == [1]


def test_who_has_lost_the_lease_changes_nothing_of_the_one_who_has_it(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS)
    (late,) = _taken(shop)
    with shop.database.write() as tx:
        (now,) = reports.take_due(tx, shop.vault, "another", NOW + _after(LEASE), LEASE, 10)
        before = pages.reports_of(tx, transfer_id)
        assert not reports.retry(tx, late.id, NOW, "too late", lease=late.lease)
        assert not reports.dead(tx, late.id, "too late", lease=late.lease)
        assert not reports.delivered(tx, late.id, NOW, lease=late.lease)
        assert pages.reports_of(tx, transfer_id) == before
    assert _taken(shop, LEASE + 1) == []  # it is still the other's
    with shop.database.write() as tx:
        assert reports.delivered(tx, now.id, NOW, lease=now.lease)


def test_a_delivered_report_is_done(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS)
    (due,) = _taken(shop)
    with shop.database.write() as tx:
        reports.delivered(tx, due.id, NOW + _after(1), lease="worker")
        reports.retry(tx, due.id, NOW, "a late failure of another worker", lease="worker")
        assert reports.resend(tx, due.id, NOW) == 0
        (listed,) = pages.reports_of(tx, transfer_id)
        assert reports.undelivered_count(tx) == 0
    assert (listed.state, listed.delivered_at, listed.last_error) == ("delivered", NOW + _after(1), "")
    assert _taken(shop, 1e6) == []


def test_a_dead_report_is_shown_and_sent_again_only_when_asked(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS, FAILURE)
    (first,) = _taken(shop)
    with shop.database.write() as tx:
        reports.dead(tx, first.id, "INCORRECT_DETAILS", lease="worker")
        assert [listed.state for listed in pages.reports_of(tx, transfer_id)] == ["owed", "dead"]
        assert reports.undelivered_count(tx) == 2
    (second,) = _taken(shop, 1e6)
    assert second.report == FAILURE
    with shop.database.write() as tx:
        assert reports.resend(tx, first.id, NOW + _after(1e6)) == 1
    (again,) = _taken(shop, 1e6)
    assert (again.id, again.attempts, again.owed_since) == (first.id, 0, NOW + _after(1e6))


def test_all_undelivered_reports_of_a_transfer_are_sent_again_at_once(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS, FAILURE)
    with shop.database.write() as tx:
        second, first = pages.reports_of(tx, transfer_id)
        reports.retry(tx, first.id, NOW + _after(3600), "no answer")
        reports.dead(tx, second.id, "INVALID")
        assert reports.resend_of(tx, transfer_id, NOW) == 2
    (due,) = _taken(shop)
    assert due.id == first.id
    with shop.database.write() as tx:
        reports.delivered(tx, first.id, NOW, lease="worker")
    assert [due.id for due in _taken(shop)] == [second.id]


def test_a_person_who_resends_does_not_take_a_report_from_the_worker_that_has_it(shop: Shop) -> None:
    transfer_id = _owe(shop, SUCCESS)
    _taken(shop)
    with shop.database.write() as tx:
        reports.resend_of(tx, transfer_id, NOW)
    assert _taken(shop, LEASE - 1) == []


def test_a_suspended_or_uninstalled_saleor_does_not_hold_up_another(shop: Shop) -> None:
    suspended = open_shop(shop.database, shop.vault, "https://suspended.example/graphql/")
    gone = open_shop(shop.database, shop.vault, "https://gone.example/graphql/")
    for one in (suspended, gone, shop):
        _owe(one, SUCCESS)
    with shop.database.write() as tx:
        installations.suspend_reports(tx, suspended.installation.id, NOW + _after(100), "denied")
        installations.uninstalled(tx, gone.installation.id, gone.installation.app_id, NOW)
    assert [due.installation for due in _taken(shop)] == [shop.installation]
    with shop.database.read() as tx:
        assert not reports.something_due(tx, NOW + _after(LEASE - 1))
        assert reports.something_due(tx, NOW + _after(100))
    assert suspended.installation in [due.installation for due in _taken(shop, 100)]
