"""The file of transfers: what stands in it, in which spelling, and that no spreadsheet takes a text for a formula."""

import csv
import re
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.transfer import Refusal, State
from saleor_kupikupi.flows import look_up
from saleor_kupikupi.store import orders, transfers
from saleor_kupikupi.web.dashboard.transfers_csv import COLUMNS
from tests.journeys.payments import open_payment, paid_payment
from tests.web.staffing import get, other_shop
from tests.world import Session, World


def rows(world: World, query: str = "") -> list[dict[str, str]]:
    answer = get(world, f"/transfers.csv{query}", "ru")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def change(world: World, payment: Session, **changes: Any) -> None:
    with world.parts.database.write() as tx:
        found = world.transfer(payment)
        assert transfers.save(tx, found, replace(found, **changes))


def test_a_row_says_what_the_page_says(world: World) -> None:
    payment = paid_payment(world)
    transfer = world.transfer(payment)
    (row,) = rows(world)

    assert tuple(row) == COLUMNS
    assert row["created"] == transfer.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (row["transaction"], row["amount"], row["currency"]) == (payment.token, "1234.50", "RUB")
    assert (row["state"], row["environment"], row["phone_last4"]) == ("confirmed", "test", "4567")
    assert (row["payment_id"], row["provider_status"]) == (transfer.payment_id, "CONFIRMED")
    assert row["claimed"].endswith("Z")
    assert row["abandoned"] == ""


def test_an_empty_list_is_a_file_of_headings(world: World) -> None:
    assert get(world, "/transfers.csv").content.decode("utf-8-sig") == ",".join(COLUMNS) + "\r\n"


def test_the_filters_of_the_page_hold(world: World) -> None:
    paid, waiting = paid_payment(world), open_payment(world)

    assert [each["transaction"] for each in rows(world)] == [waiting.token, paid.token]
    assert [each["transaction"] for each in rows(world, "?state=confirmed")] == [paid.token]
    assert [each["transaction"] for each in rows(world, "?q=%2B79161234567&state=open")] == [waiting.token]
    assert rows(world, "?trouble=1") == []


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(world: World, sign: str) -> None:
    evil = f'{sign}HYPERLINK("http://evil.example","a, b")'
    payment = open_payment(world)
    change(world, payment, channel=evil, payment_id=evil, state=State.REJECTED, refusal=Refusal("", evil, "x"))
    with world.parts.database.write() as tx:
        orders.placed(tx, world.transfer(payment).id, evil, evil)
    (row,) = rows(world)

    for name in ("channel", "payment_id", "order_id", "order_number"):
        assert row[name] == f"'{evil}"
    assert not [cell for cell in row.values() if cell.startswith(sign)]


@pytest.mark.parametrize("parted", ["a;=1+1", "a; \t+1", 'a;"=1"', "a\t@SUM(A1)", "a\r\n-1", ";;=1", "a;\n=1"])
def test_no_part_of_a_cell_is_a_formula_where_semicolons_part_cells(world: World, parted: str) -> None:
    payment = open_payment(world)
    change(world, payment, state=State.REJECTED, refusal=Refusal("declined", "5", parted))
    written = get(world, "/transfers.csv").content.decode("utf-8-sig")

    cells = [cell.strip(" \"'") if "'" not in cell else "" for cell in re.split(r"[;\t\r\n]", written)]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_a_plain_text_stays_as_it_is(world: World) -> None:
    payment = open_payment(world)
    change(world, payment, state=State.REJECTED, refusal=Refusal("", "5", "a; b - c = d, +7"))

    assert rows(world)[0]["refusal"] == "5 a; b - c = d, +7"


def test_another_shops_transfers_are_not_in_it(world: World) -> None:
    mine = open_payment(world)
    with world.parts.database.write() as tx:
        theirs = replace(world.transfer(mine), installation_id=other_shop(world, tx))
        transfers.insert_new(tx, world.parts.vault, theirs, "79161234567", None)

    assert len(rows(world)) == 1


def test_a_long_list_is_whole(world: World) -> None:
    base = world.transfer(open_payment(world))
    number = look_up.EXPORTED_AT_A_TIME
    with world.parts.database.write() as tx:
        for count in range(number):
            draft = replace(base, reference=reference_of(f"00000000-0000-4000-8000-{count:012d}"))
            transfers.insert_new(tx, world.parts.vault, draft, None, None)
    found = [each["transaction"] for each in rows(world)]

    assert len(found) == len(set(found)) == number + 1
    assert found[-1] == base.reference


def test_the_file_is_for_staff_alone(world: World) -> None:
    assert get(world, "/transfers.csv", is_staff=False).status_code == 403
