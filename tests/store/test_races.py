"""What two processes do at once, here two threads with connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

import pytest

from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import Transfer, opened
from saleor_kupikupi.store import cancels, claims, due, installations, reports, transfers, tries
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.transfers import AlreadyThere
from saleor_kupikupi.store.tries import CodeLimits
from tests.store.shop import NOW, PHONE, Shop

Result = TypeVar("Result")
AT_ONCE = 4
only_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


def _at_once(shop: Shop, work: Callable[[Tx, int], Result]) -> list[Result]:
    start = Barrier(AT_ONCE)

    def one(number: int) -> Result:
        start.wait(10)
        with shop.database.write() as tx:
            return work(tx, number)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(one, range(AT_ONCE)))


def test_of_twins_of_one_webhook_one_writes_the_row(shop: Shop) -> None:
    draft = shop.draft()

    def insert(tx: Tx, _: int) -> Transfer | None:
        try:
            return transfers.insert_new(tx, shop.vault, draft, PHONE, None)
        except AlreadyThere:
            found = transfers.find(tx, draft.installation_id, draft.reference)
            assert found is not None
            return None

    assert sum(one is not None for one in _at_once(shop, insert)) == 1


def test_of_transfers_of_one_checkout_one_is_claimed(shop: Shop) -> None:
    rivals = [shop.new() for _ in range(AT_ONCE)]
    claimed = _at_once(shop, lambda tx, number: claims.claim(tx, rivals[number], "CONFIRMED", NOW, NOW))
    assert sorted(claimed) == [False] * (AT_ONCE - 1) + [True]


def test_of_moves_from_one_state_one_succeeds(shop: Shop) -> None:
    transfer = shop.new()
    moved = _at_once(shop, lambda tx, number: transfers.save(tx, transfer, opened(transfer, str(number), "https://f")))
    assert sorted(moved) == [False] * (AT_ONCE - 1) + [True]


def test_a_transfer_is_claimed_or_superseded_but_never_both(shop: Shop) -> None:
    older, newer = shop.new(), shop.new()

    def race(tx: Tx, number: int) -> bool:
        if number % 2:
            return claims.claim(tx, older, "CONFIRMED", NOW, NOW)
        return bool(transfers.supersede_older(tx, newer, NOW))

    outcomes = _at_once(shop, race)
    found = shop.now(older)
    assert bool(found.claimed_at) != bool(found.superseded_at)
    assert any(outcomes)


def test_due_work_is_shared_out_without_being_done_twice(shop: Shop) -> None:
    expected = sorted(shop.new(due_at=NOW).id for _ in range(10))
    taken = _at_once(shop, lambda tx, number: due.take_due(tx, str(number), NOW, 60, 3))
    assert sorted(transfer.id for share in taken for transfer in share) == expected


def test_due_reports_are_shared_out_without_being_sent_twice(shop: Shop) -> None:
    report = OwedReport(ReportType.CHARGE_FAILURE, "R:rejected", 100, "It failed.")
    for _ in range(10):
        transfer = shop.new()
        with shop.database.write() as tx:
            reports.owe(tx, transfer, (report,), NOW)
    taken = _at_once(shop, lambda tx, number: reports.take_due(tx, shop.vault, str(number), NOW, 60, 3))
    ids = [one.id for share in taken for one in share]
    assert len(ids) == len(set(ids)) == 10


@only_postgresql
def test_a_worker_does_not_wait_for_what_another_is_just_taking(shop: Shop) -> None:
    first, second = shop.new(due_at=NOW), shop.new(due_at=NOW)
    with shop.database.write() as one, shop.database.write() as two:
        assert due.take_due(one, "one", NOW, 60, 1) == [first]
        assert due.take_due(two, "two", NOW, 60, 10) == [second]


def test_a_lease_goes_to_one(shop: Shop) -> None:
    transfer = shop.new()
    got = _at_once(shop, lambda tx, number: due.take(tx, transfer.id, str(number), NOW, 60))
    assert sorted(got) == [False] * (AT_ONCE - 1) + [True]


def test_the_last_free_try_of_a_code_goes_to_one(shop: Shop) -> None:
    transfer = shop.new()
    with shop.database.write() as tx:
        for _ in range(4):
            assert tries.may_try_code(tx, shop.vault, transfer, PHONE, NOW, CodeLimits())
    got = _at_once(
        shop, lambda tx, _: tries.may_try_code(tx, shop.vault, transfer, PHONE, NOW, CodeLimits()) is not None
    )
    assert sorted(got) == [False] * (AT_ONCE - 1) + [True]


def test_the_last_free_question_goes_to_one(shop: Shop) -> None:
    def ask(tx: Tx, total: int) -> bool:
        return tries.may_ask_balance(tx, shop.vault, shop.connection.id, PHONE, total, NOW)

    with shop.database.write() as tx:
        assert all(ask(tx, total) for total in range(100, 104))
    assert sorted(_at_once(shop, ask)) == [False] * (AT_ONCE - 1) + [True]


def test_cancel_requests_each_get_a_name_of_their_own(shop: Shop) -> None:
    transfer = shop.new()
    names = _at_once(shop, lambda tx, number: cancels.ask(tx, transfer, f"event-{number}", NOW))
    assert len(set(names)) == AT_ONCE
    assert f"{transfer.reference}:cancel" in names


def test_one_process_may_ask_for_the_keys(shop: Shop) -> None:
    got = _at_once(shop, lambda tx, _: installations.may_ask_for_keys(tx, shop.installation.id, NOW))
    assert sorted(got) == [False] * (AT_ONCE - 1) + [True]


def test_installations_that_register_at_once_share_one_row(shop: Shop) -> None:
    draft = replace(shop.installation, api_url="https://new.example/graphql/")
    made = _at_once(shop, lambda tx, _: installations.register(tx, shop.vault, draft, "{}", NOW))
    assert len({installation.id for installation in made}) == 1


def test_a_locked_transfer_is_not_moved_by_another(shop: Shop) -> None:
    transfer = shop.new()

    def count(tx: Tx, _: int) -> bool:
        read = transfers.lock(tx, transfer.id)
        return transfers.save(tx, read, replace(read, provider_status=read.provider_status + "x"))

    assert _at_once(shop, count) == [True] * AT_ONCE
    assert shop.now(transfer).provider_status == "x" * AT_ONCE
