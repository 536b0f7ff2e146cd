"""The list of transfers: what is found by which words, which filters keep what, and how one goes on."""

import re
from base64 import b64encode
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.store import orders, pages, reports, transfers
from saleor_kupikupi.web.dashboard.transfers import AT_A_TIME
from tests.journeys.payments import open_payment, paid_payment, unanswered_payment
from tests.web.staffing import get, other_shop, post
from tests.world import Session, World

FULL = "+7 916 123-45-67"
SPELLINGS = [FULL, "8 (916) 123 45 67", "89161234567", "7916\u20111234567", "тел. +79161234567", "+44 20 7946 4567"]


def listed(text: str) -> list[str]:
    """Lists the references of the rows, from above."""
    return re.findall(r'<a href="/app/transfers/([0-9a-f-]{36})"', text)


def shown(world: World, language: str = "en", **query: Any) -> str:
    answer = get(world, "/transfers?" + urlencode(query), language)
    assert answer.status_code == 200
    return answer.text


def change(world: World, payment: Session, **changes: Any) -> None:
    with world.parts.database.write() as tx:
        found = world.transfer(payment)
        assert transfers.save(tx, found, replace(found, **changes))


def test_the_newest_stands_first_and_says_what_matters(world: World) -> None:
    first, second = paid_payment(world), open_payment(world)
    text = shown(world)

    assert listed(text) == [second.token, first.token]
    for words in ("1,234.50", "Paid", "Waiting for the buyer", "TEST", "••4567", "rub"):
        assert words in text
    assert "9161234567" not in text


def test_before_the_first_payment_the_way_to_the_set_up_is_shown(world: World) -> None:
    text = shown(world, "ru")

    assert "Переводов ещё нет" in text
    assert 'href="/app/"' in text
    assert "CSV" not in text


def test_where_nothing_is_found_the_words_stay_and_all_are_a_click_away(world: World) -> None:
    open_payment(world)
    text = shown(world, q="nothing-like-this", state="open")

    assert "Nothing found" in text
    assert 'value="nothing-like-this"' in text
    assert 'value="open" selected' in text
    assert 'href="/app/transfers"' in text


def test_a_transfer_is_found_by_whatever_staff_would_copy(world: World) -> None:
    payment = paid_payment(world)
    other = open_payment(world)
    with world.parts.database.write() as tx:
        orders.placed(tx, world.transfer(payment).id, "T3JkZXI6OQ==", "3021")
    transfer = world.transfer(payment)
    global_id = b64encode(f"TransactionItem:{payment.token}".encode()).decode()
    for typed in (
        payment.token,
        payment.token.upper(),
        f"{payment.token}:rejected",
        f" {global_id}\n",
        transfer.payment_id,
        transfer.source_id,
        "3021",
        "#3021",
        "T3JkZXI6OQ==",
        "https://shop.example/dashboard/orders/T3JkZXI6OQ%3D%3D/",
    ):
        assert listed(shown(world, q=typed)) == [payment.token], typed
    assert listed(shown(world, q="4567")) == [other.token, payment.token]


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_whole_phone_becomes_its_last_four_digits_and_is_never_said_again(world: World, typed: str) -> None:
    payment = open_payment(world)
    posted = post(world, "/transfers/search", {"q": typed, "state": "open"})
    got = get(world, "/transfers?" + urlencode({"q": typed}))

    for answer, route in ((posted, "/transfers?q=4567&state=open"), (got, "/transfers?q=4567")):
        assert listed(answer.text) == [payment.token]
        assert answer.headers["X-Route"] == route
        digits = re.sub(r"\D", "", answer.text + str(answer.headers))
        assert 'value="4567"' in answer.text
        assert "9161234567" not in digits
        assert typed not in answer.text


def test_digits_that_a_transfer_is_known_by_are_no_phone(world: World) -> None:
    payment = open_payment(world)
    change(world, payment, payment_id="9161230000")

    answer = post(world, "/transfers/search", {"q": "9161230000"})

    assert listed(answer.text) == [payment.token]
    assert answer.headers["X-Route"] == "/transfers?q=9161230000"


def test_staff_who_only_look_may_search(world: World) -> None:
    open_payment(world)

    assert post(world, "/transfers/search", {"q": "4567"}, user_permissions=["MANAGE_ORDERS"]).status_code == 200


def test_filters_keep_each_other_and_go_into_the_file(world: World) -> None:
    paid, waiting = paid_payment(world), open_payment(world)

    assert listed(shown(world, state="confirmed")) == [paid.token]
    assert listed(shown(world, state="nonsense")) == [waiting.token, paid.token]
    text = shown(world, q="4567", state="open")
    assert listed(text) == [waiting.token]
    assert "/transfers.csv?q=4567&amp;state=open" in text


def test_every_kind_of_trouble_is_found_and_named(world: World) -> None:
    fine, double, late, dead, stale = (paid_payment(world), *(open_payment(world) for _ in range(4)))
    unknown = unanswered_payment(world)
    change(world, double, state=State.CONFIRMED, superseded_at=world.clock.now())
    change(world, stale, stale_at=world.clock.now())
    with world.parts.database.write() as tx:
        for payment in (late, dead):
            report = OwedReport(ReportType.CHARGE_FAILURE, "R:rejected", 100, "It failed.")
            reports.owe(tx, world.transfer(payment), (report,), world.clock.now())
        reports.dead(tx, pages.reports_of(tx, world.transfer(dead).id)[0].id, "NOT_FOUND")
    world.clock.forward(minutes=61)
    text = shown(world, trouble="1")

    assert listed(text) == [each.token for each in (unknown, stale, dead, late, double)]
    assert fine.token not in text
    for words in ("Outcome unknown", "No longer followed", "refused a report", "was not told", "Double payment?"):
        assert words in text
    assert listed(shown(world, trouble="1", state="confirmed")) == [double.token]
    assert listed(shown(world, trouble="1", q="4567")) == listed(text)
    assert listed(shown(world, trouble="1", q=fine.token)) == []


def test_pages_lead_on_and_back(world: World) -> None:
    payment = open_payment(world)
    base = world.transfer(payment)
    with world.parts.database.write() as tx:
        for number in range(2 * AT_A_TIME):
            draft = replace(base, reference=reference_of(f"00000000-0000-4000-8000-{number:012d}"))
            transfers.insert_new(tx, world.parts.vault, draft, "79161234567", None)
    everything = []
    text = shown(world, state="open")
    assert "Newer" not in text
    for _ in range(2):
        everything += listed(text)
        (before,) = re.findall(r'href="/app/transfers\?state=open&amp;before=(\d+)"', text)
        text = shown(world, state="open", before=before)
    assert [*everything, *listed(text)] == [f"00000000-0000-4000-8000-{n:012d}" for n in range(49, -1, -1)] + [
        payment.token
    ]
    assert "Older" not in text
    (after,) = re.findall(r'href="/app/transfers\?state=open&amp;after=(\d+)"', text)
    text = shown(world, state="open", after=after)
    assert listed(text) == everything[AT_A_TIME:]
    (after,) = re.findall(r'after=(\d+)"', text)
    assert listed(shown(world, state="open", after=after)) == everything[:AT_A_TIME]
    assert listed(shown(world, state="open", after=world.transfer(everything[3]).id)) == everything[:AT_A_TIME]
    assert "There is nothing older" in shown(world, before="1")


def test_another_shops_transfers_are_not_there(world: World) -> None:
    payment = open_payment(world)
    theirs = world.transfer(payment)
    with world.parts.database.write() as tx:
        other = replace(theirs, installation_id=other_shop(world, tx))
        transfers.insert_new(tx, world.parts.vault, other, "79161234567", None)

    assert listed(shown(world)) == [payment.token]
    assert listed(shown(world, q="4567")) == [payment.token]
