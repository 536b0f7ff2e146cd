"""What somebody's stale write undoes: Saleor reads a transaction, and writes it back without having locked it."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from time import monotonic
from typing import Any

import pytest

from saleor_kupikupi_sandbox.saleor import Saleor, SigningKey
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_records import Event, Sums
from saleor_kupikupi_sandbox.saleor_writer import Kind
from tests.sandbox.saleor.asking import ask, start, token_of
from tests.sandbox.saleor.recording_app import REDIRECT, RecordingApp

FULL = Decimal("1234.50")
PAID = (FULL, "FULL")
UNPAID = (Decimal(0), "NONE")
NAME = """mutation($token: UUID!) { transactionUpdate(token: $token, transaction: {
  name: "Points", metadata: [{key: "a", value: "named"}]}) { errors { code } } }"""
SUCCESS = """mutation($token: UUID!) { transactionEventReport(token: $token, pspReference: "R", type: CHARGE_SUCCESS,
  amount: 1234.5, availableActions: [REFUND], transactionMetadata: [{key: "b", value: "reported"}]) {
  alreadyProcessed errors { code } } }"""
INFO = """mutation($token: UUID!, $psp: String!) { transactionEventReport(token: $token, pspReference: $psp, type: INFO,
  amount: 0) { alreadyProcessed errors { code } transaction { chargedAmount { amount } } } }"""


@pytest.fixture
def token(saleor: Saleor, recorder: RecordingApp, app: App) -> str:
    return token_of(start(saleor, recorder, pspReference=None))


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as made:
        yield made


@contextmanager
def held(saleor: Saleor, pool: ThreadPoolExecutor, kind: Kind, write: Callable[[], Any]) -> Iterator[list[Future[Any]]]:
    """Begins a write that has read its row when the block begins, and ends it with the block."""
    under_way: list[Future[Any]] = []
    with saleor.writer.hold(kind) as reached:
        under_way.append(pool.submit(write))
        assert reached.wait(5)
        yield under_way
    under_way[0].result()


def books(saleor: Saleor, token: str) -> tuple[Decimal, str]:
    """Reads what a transaction has charged, and how far its checkout or order counts as paid."""
    transaction = saleor.transaction(token)
    if transaction.order_id is not None:
        return transaction.charged, saleor.order(transaction.order_id).charge_status
    return transaction.charged, saleor.checkout(transaction.checkout_id or "").charge_status


def successes(saleor: Saleor, token: str) -> list[Event]:
    return [each for each in saleor.transaction(token).events if each.type == "CHARGE_SUCCESS"]


def test_an_update_undoes_whatever_was_written_since_it_read(
    saleor: Saleor, app: App, token: str, pool: ThreadPoolExecutor
) -> None:
    with held(saleor, pool, "transactionUpdate", lambda: ask(saleor, NAME, app, token=token)):
        ask(saleor, SUCCESS, app, token=token)
        assert books(saleor, token) == PAID

    stale = saleor.transaction(token)
    assert (stale.name, stale.sums, stale.actions, stale.psp_reference) == ("Points", Sums(), (), None)
    assert stale.metadata == (("a", "named"),)
    assert [each.included for each in successes(saleor, token)] == [True]
    assert books(saleor, token) == UNPAID


def test_a_lost_charge_is_healed_by_a_report_of_nothing_and_not_by_the_same_again(
    any_saleor: Saleor, recorder: RecordingApp
) -> None:
    app = any_saleor.install(recorder.manifest_url)
    token = token_of(start(any_saleor, recorder, result="CHARGE_SUCCESS"))
    any_saleor.lose_charge(token)
    assert books(any_saleor, token) == UNPAID
    assert len(successes(any_saleor, token)) == 1

    again = ask(any_saleor, SUCCESS, app, token=token)["data"]["transactionEventReport"]
    assert again == {"alreadyProcessed": True, "errors": []}
    assert books(any_saleor, token) == UNPAID

    healed = ask(any_saleor, INFO, app, token=token, psp="R:again")["data"]["transactionEventReport"]
    assert healed["transaction"] == {"chargedAmount": {"amount": 1234.5}}
    assert books(any_saleor, token) == PAID


def test_an_order_whose_charge_was_lost_is_healed_in_the_same_way(
    saleor: Saleor, recorder: RecordingApp, app: App
) -> None:
    token = token_of(start(saleor, recorder, result="CHARGE_SUCCESS"))
    saleor.checkout_complete(saleor.transaction(token).checkout_id or "")
    saleor.lose_charge(token)
    assert books(saleor, token) == UNPAID
    ask(saleor, INFO, app, token=token, psp="R:again")
    assert books(saleor, token) == PAID


def test_an_update_that_read_a_checkout_is_refused_once_it_is_an_order(
    saleor: Saleor, app: App, token: str, pool: ThreadPoolExecutor
) -> None:
    with held(saleor, pool, "transactionUpdate", lambda: ask(saleor, NAME, app, token=token)) as updating:
        ask(saleor, SUCCESS, app, token=token)
        order = saleor.checkout_complete(saleor.transaction(token).checkout_id or "")
    answer = updating[0].result()

    assert answer["data"] == {"transactionUpdate": None}
    assert answer["errors"][0]["message"] == "Internal Server Error"
    assert answer["errors"][0]["extensions"] == {"exception": {"code": "IntegrityError"}}
    transaction = saleor.transaction(token)
    assert (transaction.name, transaction.charged, transaction.order_id) == ("", FULL, order.id)
    assert books(saleor, token) == PAID


def test_an_older_sum_may_be_written_last(
    saleor: Saleor, recorder: RecordingApp, app: App, token: str, pool: ThreadPoolExecutor
) -> None:
    with held(saleor, pool, "transactionEventReport", lambda: ask(saleor, INFO, app, token=token, psp="R:0")):
        recorder.answer("transaction_process_session", body={"result": "CHARGE_SUCCESS", "pspReference": "R"})
        saleor.transaction_process(token)
        assert books(saleor, token) == PAID

    assert books(saleor, token) == UNPAID
    assert len(successes(saleor, token)) == 1


def test_a_report_writes_the_sums_and_leaves_the_name(
    saleor: Saleor, app: App, token: str, pool: ThreadPoolExecutor
) -> None:
    with held(saleor, pool, "transactionEventReport", lambda: ask(saleor, SUCCESS, app, token=token)):
        ask(saleor, NAME, app, token=token)
        assert saleor.transaction(token).charged == 0

    written = saleor.transaction(token)
    assert (written.name, written.charged, written.actions) == ("Points", FULL, ("REFUND",))
    assert written.metadata == (("b", "reported"),)  # a report writes metadata, as it read them


def test_an_answer_that_sends_the_buyer_on_writes_no_sums(
    saleor: Saleor, recorder: RecordingApp, app: App, token: str, pool: ThreadPoolExecutor
) -> None:
    recorder.answer("transaction_process_session", body=REDIRECT | {"pspReference": "S"})
    with held(saleor, pool, "session answer", lambda: saleor.transaction_process(token)):
        ask(saleor, SUCCESS, app, token=token)

    transaction = saleor.transaction(token)
    assert (transaction.charged, transaction.psp_reference) == (FULL, "S")


def test_an_action_answered_without_actions_writes_back_those_that_it_read(
    saleor: Saleor, recorder: RecordingApp, app: App, token: str, pool: ThreadPoolExecutor
) -> None:
    ask(saleor, SUCCESS, app, token=token)
    recorder.answer("transaction_refund_requested", body={"pspReference": "F1"})
    nothing = """mutation($token: UUID!) { transactionEventReport(token: $token, pspReference: "R:none", type: INFO,
      availableActions: []) { errors { code } transaction { actions } } }"""
    with held(saleor, pool, "action answer", lambda: saleor.request_action(token, "REFUND", amount=100)):
        reported = ask(saleor, nothing, app, token=token)["data"]["transactionEventReport"]
        assert reported == {"errors": [], "transaction": {"actions": []}}

    transaction = saleor.transaction(token)
    assert transaction.actions == ("REFUND",)
    assert transaction.sums == Sums(charged=FULL - 100, refund_pending=Decimal(100))


def test_a_report_that_began_at_a_checkout_goes_on_with_its_order(
    saleor: Saleor, recorder: RecordingApp, app: App, pool: ThreadPoolExecutor
) -> None:
    token = token_of(start(saleor, recorder, result="CHARGE_SUCCESS"))
    with held(saleor, pool, "transactionEventReport", lambda: ask(saleor, INFO, app, token=token, psp="R:0")):
        order = saleor.checkout_complete(saleor.transaction(token).checkout_id or "")
        saleor.lose_charge(token)
        assert books(saleor, token) == UNPAID

    assert saleor.transaction(token).order_id == order.id
    assert books(saleor, token) == PAID


def test_an_update_takes_a_while_in_which_others_write(recorder: RecordingApp, signing_key: SigningKey) -> None:
    slow = Saleor(key=signing_key, write_pause=0.2)
    slow.start()
    slow.channel()
    try:
        app = slow.install(recorder.manifest_url)
        token = token_of(start(slow, recorder))
        began = monotonic()
        ask(slow, NAME, app, token=token)
        assert monotonic() - began >= 0.2
    finally:
        slow.stop()


def test_a_saleor_that_stops_waits_for_no_write(recorder: RecordingApp, signing_key: SigningKey) -> None:
    slow = Saleor(key=signing_key, write_pause=60)
    slow.start()
    slow.channel()
    app = slow.install(recorder.manifest_url)
    slow.writer.close()
    ask(slow, NAME, app, token=token_of(start(slow, recorder)))
    slow.stop()
