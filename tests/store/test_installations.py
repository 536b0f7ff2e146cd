from dataclasses import replace
from datetime import timedelta

import pytest

from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.store import installations, pages, reports
from tests.store.shop import NOW, Shop

LATER = NOW + timedelta(hours=1)
REPORT = OwedReport(ReportType.CHARGE_FAILURE, "R:rejected", 100, "It failed.")


def test_an_installation_is_found_by_its_address_and_its_token_is_stored_sealed(shop: Shop) -> None:
    known = shop.installation
    with shop.database.read() as tx:
        assert installations.find(tx, shop.vault, known.api_url, known.app_identifier) == known
        assert installations.by_id(tx, shop.vault, known.id) == known
        assert installations.find(tx, shop.vault, known.api_url, "another copy of the app") is None
        assert installations.by_id(tx, shop.vault, known.id + 1) is None
        stored = tx.exec_driver_sql("SELECT token_sealed FROM installations").scalar_one()
    assert known.token is not None
    assert known.token not in stored


def test_a_reinstall_keeps_the_row_and_replaces_what_changed(shop: Shop) -> None:
    again = replace(shop.installation, app_id="QXBwOjI=", token="new token", version="")
    with shop.database.write() as tx:
        renewed = installations.register(tx, shop.vault, again, '{"keys":[1]}', LATER)
        assert installations.jwks_of(tx, renewed.id) == ('{"keys":[1]}', LATER)
    here = shop.installation
    assert renewed == replace(again, id=here.id, version=here.version, keys_fetched_at=LATER)


def test_a_reinstall_ends_the_suspension_and_makes_undelivered_reports_due_again(shop: Shop) -> None:
    transfer = shop.new()
    owed, dead, told = (replace(REPORT, psp_reference=name) for name in ("owed", "dead", "told"))
    with shop.database.write() as tx:
        reports.owe(tx, transfer, (owed, dead, told), NOW)
        ids = {listed.report.psp_reference: listed.id for listed in pages.reports_of(tx, transfer.id)}
        reports.retry(tx, ids["owed"], LATER + timedelta(days=1), "no answer")
        reports.dead(tx, ids["dead"], "NOT_FOUND")
        reports.delivered(tx, ids["told"], NOW)
        installations.suspend_reports(tx, shop.installation.id, LATER + timedelta(days=1), "denied")
        installations.register(tx, shop.vault, shop.installation, "{}", LATER)
        listed = pages.reports_of(tx, transfer.id)
    assert [(one.report, one.state, one.attempts, one.owed_since) for one in reversed(listed)] == [
        (owed, "owed", 0, LATER),
        (dead, "owed", 0, LATER),
        (told, "delivered", 0, NOW),
    ]


def test_keys_may_be_asked_for_once_a_minute(shop: Shop) -> None:
    def may(seconds: float) -> bool:
        asking = shop.installation.id, NOW + timedelta(seconds=seconds)
        with shop.database.write() as tx:
            lately = installations.asked_for_keys_lately(tx, *asking)
            assert installations.may_ask_for_keys(tx, *asking) is not lately
        return not lately

    assert [may(0), may(1), may(59), may(60), may(61)] == [True, False, False, True, False]


def test_fetched_keys_replace_the_former_ones(shop: Shop) -> None:
    with shop.database.write() as tx:
        installations.store_jwks(tx, shop.installation.id, '{"keys":[2]}', LATER)
    with shop.database.read() as tx:
        assert installations.jwks_of(tx, shop.installation.id) == ('{"keys":[2]}', LATER)


def test_the_version_follows_what_saleor_says(shop: Shop) -> None:
    with shop.database.write() as tx:
        installations.follow_version(tx, shop.installation.id, "3.23.0")
        found = installations.by_id(tx, shop.vault, shop.installation.id)
    assert found == replace(shop.installation, version="3.23.0")


def test_an_uninstalled_app_loses_its_token_and_keeps_its_row(shop: Shop) -> None:
    with shop.database.write() as tx:
        assert installations.uninstalled(tx, shop.installation.id, shop.installation.app_id, LATER)
        assert installations.by_id(tx, shop.vault, shop.installation.id) == replace(shop.installation, token=None)
        (listed,) = installations.listed(tx)
    assert listed.uninstalled_at == LATER


def test_the_end_of_a_former_app_leaves_the_present_one_alone(shop: Shop) -> None:
    with shop.database.write() as tx:
        assert not installations.uninstalled(tx, shop.installation.id, "QXBwOjA=", LATER)
        assert installations.by_id(tx, shop.vault, shop.installation.id) == shop.installation


def test_the_list_shows_who_is_suspended_and_why_but_no_token(shop: Shop) -> None:
    with shop.database.write() as tx:
        installations.suspend_reports(tx, shop.installation.id, LATER, "permission denied")
        (suspended,) = installations.listed(tx)
        installations.resume_reports(tx, shop.installation.id)
        (resumed,) = installations.listed(tx)
    assert (suspended.reports_suspended_until, suspended.suspension_reason) == (LATER, "permission denied")
    assert (resumed.reports_suspended_until, resumed.suspension_reason) == (None, "")
    assert suspended.installation == replace(shop.installation, token=None)
    assert suspended.registered_at == NOW


def test_an_installation_without_a_token_is_not_registered(shop: Shop) -> None:
    with pytest.raises(ValueError, match="without a token"), shop.database.write() as tx:
        installations.register(tx, shop.vault, replace(shop.installation, token=None), "{}", NOW)
