"""The list of transfers as a file for spreadsheets and scripts: the same columns and words whoever exports it."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import StringIO

from flask import Response, request

from saleor_kupikupi.domain.money import CURRENCY, roubles_text
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.look_up import every_one
from saleor_kupikupi.flows.seek import sought
from saleor_kupikupi.web.dashboard.fragments import Screens, Visit
from saleor_kupikupi.web.dashboard.transfers import asked_in, wanted_by

COLUMNS = (
    "created",
    "transaction",
    "order_number",
    "order_id",
    "source",
    "source_id",
    "channel",
    "amount",
    "currency",
    "state",
    "environment",
    "provider_status",
    "payment_id",
    "phone_last4",
    "refusal",
    "claimed",
    "superseded",
    "abandoned",
    "never_opened",
    "stale",
    "checked",
)
_MARK = "\ufeff"  # by which spreadsheets know UTF-8
# A cell's beginning is where a spreadsheet takes it to be: a Russian one parts cells by semicolons, and then heeds no
# quotation marks in their middle.
_FORMULA = re.compile(r"(\A|[;\t\r\n])(?=[\s\"']{0,20}[=+\-@]|[\t\r\n])")


def add(screens: Screens) -> None:
    """Makes the route /transfers.csv."""
    screens.get("/transfers.csv", export)


def export(visit: Visit) -> Response:
    """Streams what the filters keep, some rows at a time, so that its size matters to nobody."""
    asked = asked_in(request.args, "q", "state", "trouble")
    asked["q"] = sought(visit.parts, visit.staff.installation.id, asked["q"])
    response = Response(_lines(every_one(visit.parts, wanted_by(visit, asked))), mimetype="text/csv")
    response.headers["Content-Disposition"] = 'attachment; filename="kupi-kupi-transfers.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _lines(some: Iterable[list[Transfer]]) -> Iterator[str]:
    yield _MARK + _written([COLUMNS])
    for transfers in some:
        yield _written(_row(each) for each in transfers)


def _written(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _row(transfer: Transfer) -> list[str]:
    refusal = transfer.refusal
    cells = (
        _moment(transfer.created_at),
        transfer.reference,
        transfer.order_number,
        transfer.order_id,
        transfer.source_kind,
        transfer.source_id,
        transfer.channel,
        roubles_text(transfer.amount),
        CURRENCY,
        transfer.state.lower(),
        transfer.environment,
        transfer.provider_status,
        transfer.payment_id,
        transfer.phone_last4,
        " ".join(filter(None, (refusal.code, refusal.provider_code, refusal.provider_message))) if refusal else "",
        *map(_moment, (transfer.claimed_at, transfer.superseded_at, transfer.abandoned_at)),
        *map(_moment, (transfer.never_opened_at, transfer.stale_at, transfer.checked_at)),
    )
    return [_harmless(cell or "") for cell in cells]


def _moment(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _harmless(cell: str) -> str:
    """Keeps a spreadsheet from taking a text for a formula."""
    return _FORMULA.sub(r"\1'", cell)
