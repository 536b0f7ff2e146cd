"""The database walks an index for everything that happens often, so a million rows cost no more than a thousand."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert, text

from saleor_kupikupi.domain.transfer import Environment, State, Transfer
from saleor_kupikupi.store import (
    cancels,
    claims,
    credentials,
    due,
    health,
    orders,
    pages,
    problems,
    refunds,
    reports,
    side_tables,
    tables,
    timeline,
    transfers,
    tries,
    verifications,
)
from saleor_kupikupi.store.database import Database, Tx, migrate
from saleor_kupikupi.store.pages import Wanted
from saleor_kupikupi.store.rows import values_of
from saleor_kupikupi.store.sealing import Vault
from tests.postgres import fresh_database
from tests.store.shop import NOW, PHONE, Shop, open_shop

ROWS = 4000
GROWING = "transfers|timeline|cancel_requests|reports|refund_tasks|code_tries|balance_questions|verifications"
SCANS = re.compile(rf"(SCAN|Seq Scan on) ({GROWING})")
SORTS = re.compile("TEMP B-TREE FOR ORDER BY|Sort ")


@dataclass(frozen=True)
class Crowd:
    shop: Shop
    transfer: Transfer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            folder: Path = tmp_path_factory.mktemp("crowd")
            url = f"sqlite:///{folder}/store.sqlite3"
        else:
            url = stack.enter_context(fresh_database(request.getfixturevalue("postgresql_server")))
        migrate(url)
        database = Database(url)
        stack.callback(database.dispose)
        shop = open_shop(database, Vault(["the first secret key, long enough"]))
        with database.write() as tx:
            _fill(tx, shop)
        if request.param == "postgresql":
            with database.read() as tx:  # a real server does it by itself; SQLite plans without statistics
                tx.execute(text("ANALYZE"))
        with database.read() as tx:
            transfer = transfers.by_id(tx, ROWS // 2)
        assert transfer is not None
        yield Crowd(shop, transfer)


def _fill(tx: Tx, shop: Shop) -> None:
    many = range(1, ROWS + 1)
    tx.execute(insert(tables.transfers), [_transfer(shop, number) for number in many])
    tx.execute(insert(tables.reports), [_report(shop, number) for number in many])
    looked_at = {"installation_id": shop.installation.id, "told_at": NOW, "tries": 0, "recalculations": 0}
    tx.execute(
        insert(side_tables.verifications),
        [
            {
                "transfer_id": number,
                "due_at": NOW if number % 1000 == 0 else None,
                "lost_at": NOW if number % 1500 == 0 else None,
                **looked_at,
            }
            for number in many
        ],
    )
    story = {"at": NOW, "who": "worker", "what": "asked", "detail": ""}
    tx.execute(insert(tables.timeline), [{"transfer_id": number, **story} for number in many])
    asked = {"request_event_id": "e", "psp_reference": "p", "asked_at": NOW}
    tx.execute(insert(tables.cancel_requests), [{"transfer_id": number, **asked} for number in many])
    tx.execute(insert(tables.refund_tasks), [_refund(shop, number) for number in many])
    at = {"connection_id": shop.connection.id}
    tx.execute(
        insert(side_tables.code_tries),
        [
            {"transfer_id": number, "phone_hmac": str(number), "tried_at": NOW - timedelta(minutes=number), **at}
            for number in many
        ],
    )
    tx.execute(
        insert(side_tables.balance_questions),
        [{"phone_hmac": str(number), "total": 1, "asked_at": NOW, **at} for number in many],
    )


def _transfer(shop: Shop, number: int) -> dict[str, Any]:
    undecided, stale = number % 50 == 0, number % 500 == 0
    draft = shop.draft(
        state=State.OPEN if undecided else State.CONFIRMED,
        source_key=f"key {number}",
        source_id=f"id {number}",
        payment_id=f"payment {number}",
        stale_at=NOW if stale else None,
    )
    return values_of(draft) | {
        "phone_last4": f"{number % 10_000:04d}",
        "phone_hmac": str(number),
        "claim_slot": f"key {number}" if undecided else None,
        "due_at": NOW + timedelta(seconds=number) if undecided and not stale else None,
        "claimed_at": NOW + timedelta(seconds=number),
        "confirmed_at": None if undecided else NOW + timedelta(seconds=number),
        "order_due_at": NOW + timedelta(seconds=number) if number % 20 == 1 else None,
        "order_id": None if number % 20 == 1 else f"order {number}",
    }


def _report(shop: Shop, number: int) -> dict[str, Any]:
    state = {0: "owed", 1: "dead"}.get(number % 100, "delivered")
    return {
        "transfer_id": number,
        "installation_id": shop.installation.id,
        "type": "CHARGE_SUCCESS",
        "psp_reference": "R",
        "amount": 1,
        "message": "",
        "state": state,
        "owed_since": NOW,
        "due_at": NOW + timedelta(seconds=number),
        "attempts": 0,
        "last_error": "",
    }


def _refund(shop: Shop, number: int) -> dict[str, Any]:
    return {
        "transfer_id": number,
        "installation_id": shop.installation.id,
        "psp_reference": "R:refund:1",
        "asked": 1,
        "state": "returned" if number % 100 else "open",
        "asked_at": NOW,
        "reason": "",
        "granted": False,
        "note": "",
        "answered_by": "",
    }


def _plan(tx: Tx, run: Callable[[], object]) -> str:
    seen: list[tuple[str, Any]] = []

    def remember(*arguments: Any) -> None:
        seen.append((arguments[2], arguments[3]))

    event.listen(tx, "before_cursor_execute", remember)
    run()
    event.remove(tx, "before_cursor_execute", remember)
    how = "EXPLAIN QUERY PLAN " if tx.dialect.name == "sqlite" else "EXPLAIN "
    lines: list[str] = []
    for statement, parameters in seen:
        if not statement.startswith(("SAVEPOINT", "RELEASE", "INSERT")):
            lines += [str(row[-1]) for row in tx.exec_driver_sql(how + statement, parameters)]
    assert lines
    return "\n".join(lines)


SOON = NOW + timedelta(seconds=100)
LOOK_UPS: dict[str, Callable[[Tx, Crowd], object]] = {
    "transfer by reference": lambda tx, at: transfers.find(tx, at.transfer.installation_id, at.transfer.reference),
    "transfer by id": lambda tx, at: transfers.by_id(tx, at.transfer.id),
    "transfer of a notification": lambda tx, at: transfers.of_connection(
        tx, at.shop.connection, Environment.PRODUCTION, at.transfer.reference
    ),
    "claim": lambda tx, at: claims.claim(tx, at.transfer, "CONFIRMED", NOW, NOW),
    "payment in progress": lambda tx, at: claims.is_paying(tx, at.transfer.installation_id, at.transfer.source_key),
    "older ones": lambda tx, at: transfers.supersede_older(tx, at.transfer, NOW),
    "move": lambda tx, at: transfers.save(tx, at.transfer, at.transfer, due_at=SOON),
    "open for a phone": lambda tx, at: transfers.open_for_phone(
        tx, at.shop.vault, at.shop.connection.id, Environment.PRODUCTION, PHONE
    ),
    "lease": lambda tx, at: due.take(tx, at.transfer.id, "webhook", NOW, 60),
    "anything due": lambda tx, _: due.something_due(tx, SOON),
    "due": lambda tx, _: due.take_due(tx, "worker", SOON, 60, 10),
    "anything claimed due": lambda tx, _: due.something_due(tx, SOON, due.Lane.CLAIMED, [7]),
    "claimed due": lambda tx, _: due.take_due(tx, "worker", SOON, 60, 10, due.Lane.CLAIMED, [7]),
    "unclaimed due": lambda tx, _: due.take_due(tx, "worker", SOON, 60, 10, due.Lane.UNCLAIMED, [7]),
    "any report due": lambda tx, _: reports.something_due(tx, SOON),
    "report delivered": lambda tx, _: reports.delivered(tx, 100, NOW),
    "story": lambda tx, at: timeline.of(tx, at.transfer.id),
    "code": lambda tx, at: tries.may_try_code(tx, at.shop.vault, at.transfer, PHONE, NOW, tries.CodeLimits()),
    "wrong codes": lambda tx, at: tries.wrong_codes(tx, at.shop.connection.id, NOW),
    "code accepted": lambda tx, _: tries.code_accepted(tx, 1),
    "balance": lambda tx, at: tries.may_ask_balance(tx, at.shop.vault, at.shop.connection.id, PHONE, 1, NOW),
    "page of an installation": lambda tx, _: pages.transfers_page(tx, Wanted(installation_id=1), before_id=ROWS // 2),
    "page of a state": lambda tx, _: pages.transfers_page(tx, Wanted(state=State.OPEN)),
    "page of a state of an installation": lambda tx, _: pages.transfers_page(
        tx, Wanted(installation_id=1, state=State.OPEN), after_id=ROWS // 2
    ),
    "page of reports of a state of an installation": lambda tx, _: pages.reports_page(
        tx, installation_id=1, state="dead", limit=5
    ),
    "page of reports of an installation": lambda tx, _: pages.reports_page(tx, installation_id=1, limit=5),
    "page of reports of a state": lambda tx, _: pages.reports_page(tx, state="dead", limit=5),
    "orders to look for": lambda tx, _: orders.due(tx, 1, SOON, 10),
    "last times": lambda tx, at: health.last_times(tx, at.shop.connection.id),
    "owed for long": lambda tx, _: health.owes_since(tx, 1, NOW),
    "problem said": lambda tx, _: problems.was_said(tx, 1, "stale_transfers"),
    "undelivered": lambda tx, _: reports.undelivered_count(tx),
    "refunds that wait": lambda tx, _: refunds.page(tx, 1, waiting=True),
    "refunds that were answered": lambda tx, _: refunds.page(tx, 1, before_id=ROWS // 2),
    "charge to verify": lambda tx, _: verifications.something_due(tx, NOW),
    "charges to verify": lambda tx, _: verifications.take_due(tx, NOW, 60, 1),
    "transfers of a page": lambda tx, at: transfers.several(tx, {at.transfer.id, 1}),
}


# These sort the few rows that an index found.
FEW: dict[str, Callable[[Tx, Crowd], object]] = {
    "cancel": lambda tx, at: cancels.ask(tx, at.transfer, "e", NOW),
    "cancels waiting": lambda tx, at: cancels.waiting(tx, at.transfer.id),
    "reports of a transfer": lambda tx, at: pages.reports_of(tx, at.transfer.id),
    "search": lambda tx, at: pages.transfers_page(tx, Wanted(installation_id=1, search=at.transfer.reference)),
    "in trouble": lambda tx, _: pages.transfers_page(tx, Wanted(installation_id=1, trouble_at=NOW), limit=5),
    "paid for the same": lambda tx, at: orders.confirmed_of(tx, 1, at.transfer.source_key),
    "without an order": lambda tx, _: orders.lacking(tx, 1, NOW + timedelta(hours=1, seconds=100)),
    "unfinished": lambda tx, at: health.counts(tx, 1, [at.shop.connection.id]),
    "refunds of a transfer": lambda tx, at: refunds.of(tx, at.transfer.id),
    "transfers of an order": lambda tx, _: orders.of_order(tx, 1, "id 7"),
    "payments without an order": lambda tx, _: orders.homeless(tx, 1, since=NOW - timedelta(days=1)),
    "charges of a checkout": lambda tx, at: verifications.hasten(tx, 1, at.transfer.source_key, NOW),
    "lost charges": lambda tx, _: verifications.lost(tx, 1),
    "secrets to forget": lambda tx, _: credentials.forget_retired(tx, NOW),
}


@pytest.mark.parametrize("look_up", LOOK_UPS.values(), ids=LOOK_UPS.keys())
def test_a_look_up_walks_an_index_in_its_order(crowd: Crowd, look_up: Callable[[Tx, Crowd], object]) -> None:
    with crowd.shop.database.write() as tx:
        plan = _plan(tx, lambda: look_up(tx, crowd))
    assert SCANS.search(plan) is None, plan
    assert SORTS.search(plan) is None, plan


@pytest.mark.parametrize("look_up", FEW.values(), ids=FEW.keys())
def test_what_sorts_a_few_rows_finds_them_by_an_index(crowd: Crowd, look_up: Callable[[Tx, Crowd], object]) -> None:
    with crowd.shop.database.write() as tx:
        plan = _plan(tx, lambda: look_up(tx, crowd))
    assert SCANS.search(plan) is None, plan


def test_double_payments_are_found_by_an_index_of_their_own(crowd: Crowd) -> None:
    with crowd.shop.database.write() as tx:
        plan = _plan(tx, lambda: pages.transfers_page(tx, Wanted(installation_id=1, trouble_at=NOW), before_id=ROWS))
    assert "ix_transfers_double" in plan, plan
