"""Knows what becomes of an app's answer to a webhook: it is read and booked, or it is a failure of Saleor's own.

Must not know how the app was asked, or for whom.
"""

from typing import Any

from saleor_kupikupi_sandbox.saleor_answers import InvalidAnswer, read_action_answer, read_session_answer
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.saleor_books import (
    Booked,
    Stamp,
    book_action_answer,
    book_failure,
    book_session_answer,
    stored_event,
)
from saleor_kupikupi_sandbox.saleor_records import Event, Transaction
from saleor_kupikupi_sandbox.saleor_shop import Shop
from saleor_kupikupi_sandbox.saleor_site import Site
from saleor_kupikupi_sandbox.saleor_writer import Writer


class Verdicts:
    """Judges the answers to one Saleor's webhooks; None is one that was not delivered."""

    def __init__(self, site: Site, shop: Shop, writer: Writer) -> None:
        self._site = site
        self._shop = shop
        self._writer = writer

    def session(self, app: App, transaction: Transaction, request: Event, answer: Any) -> Booked:
        """Judges the answer to initialize or process; raises InternalServerError."""
        try:
            read = read_session_answer(answer, self._site.version)
        except InvalidAnswer as invalid:
            return self.failure(transaction, request, str(invalid))

        def judge(now: Transaction, stamp: Stamp) -> Booked:
            return book_session_answer(now, request, read, stamp)

        return self._writer.book(transaction.token, "session answer", judge, by=app.id)

    def action(self, app: App, transaction: Transaction, request: Event, answer: Any) -> Booked:
        """Judges the answer to a charge, cancel or refund request; raises InternalServerError."""
        try:
            read = read_action_answer(answer, request.type.removesuffix("_REQUEST"), self._site.version)
        except InvalidAnswer as invalid:
            return self.failure(transaction, request, str(invalid))

        def judge(now: Transaction, stamp: Stamp) -> Booked:
            return book_action_answer(now, request, read, stamp)

        return self._writer.book(transaction.token, "action answer", judge, by=app.id)

    def failure(self, transaction: Transaction, request: Event, cause: str) -> Booked:
        """Stores Saleor's own failure of a request."""

        def judge(now: Transaction, stamp: Stamp) -> Booked:
            return book_failure(now, stored_event(now, request), cause, stamp)

        return self._shop.store_event(transaction.token, judge)
