"""Knows what a buyer meets in a browser: the transfer form, and the account where the code arrives.

Must not know the five methods. The instruction's second step describes both; the account here needs no password.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import flask
from werkzeug.wrappers import Response

from saleor_kupikupi_sandbox.kupikupi_ledger import CONFIRMED, FINAL, Ledger, Transfer
from saleor_kupikupi_sandbox.kupikupi_notifications import Notifier
from saleor_kupikupi_sandbox.kupikupi_texts import LANGUAGES, TEXTS
from saleor_kupikupi_sandbox.kupikupi_wire import Refused

Page = tuple[str, int]
PATIENCE: Final = 30.0  # seconds a buyer's browser waits for the shop's first answer


class Pages:
    """The buyer's pages; `form_url` makes a form's address from its key."""

    def __init__(self, ledger: Ledger, notifier: Notifier, language: str, form_url: Callable[[str], str]) -> None:
        self._ledger = ledger
        self._notifier = notifier
        self._language = language
        self._form_url = form_url

    def blueprint(self) -> flask.Blueprint:
        """Makes the routes."""
        blueprint = flask.Blueprint("pages", __name__)
        blueprint.context_processor(self._context)
        blueprint.add_url_rule("/", view_func=self.index)
        blueprint.add_url_rule("/form/<form_key>", view_func=self.show)
        blueprint.add_url_rule("/form/<form_key>", view_func=self.type_code, methods=["POST"])
        blueprint.add_url_rule("/cabinet", view_func=self.cabinet)
        return blueprint

    def _context(self) -> dict[str, object]:
        asked = flask.request.args.get("lang", "")
        best = flask.request.accept_languages.best_match(LANGUAGES, default=self._language)
        lang = asked if asked in LANGUAGES else best
        return {"lang": lang, "t": TEXTS[lang], "points": points, "masked": masked, "form_url": self._form_url}

    def index(self) -> Response:
        """Leads to the account."""
        return flask.redirect("cabinet")

    def show(self, form_key: str) -> Page:
        """Shows the form, which makes the transfer FORM_SHOWED, or what became of it."""
        transfer = self._of_form(form_key)
        if not transfer.is_open:
            return _closed(transfer)
        if flask.request.method == "GET":
            self._ledger.show(transfer)
            self._notifier.form_opened(transfer)
        return _waiting(transfer) if transfer.notifying else _form(transfer)

    def type_code(self, form_key: str) -> Response | Page:
        """Takes the code, waits for the shop's first answer and sends the buyer back to the shop."""
        transfer = self._of_form(form_key)
        try:
            self._notifier.take_code(transfer, flask.request.form.get("code", "").strip()).wait(PATIENCE)
        except Refused:
            return _form(transfer, error="wrong_code") if transfer.is_open else _closed(transfer)
        return _sent_back(transfer)

    def cabinet(self) -> str:
        """Shows a phone's balance and transfers, each with its code, or everybody's."""
        phone = flask.request.args.get("phone", "")
        found = [each for each in reversed(self._ledger.transfers()) if phone in {"", each.phone}]
        balance = self._ledger.registered_kopecks(phone) if self._ledger.is_registered(phone) else None
        return flask.render_template("kupikupi/cabinet.html", phone=phone, transfers=found[:100], balance=balance)

    def _of_form(self, form_key: str) -> Transfer:
        transfer = self._ledger.of_form(form_key)
        if transfer is None:
            flask.abort(flask.make_response(flask.render_template("kupikupi/closed.html", sentence="not_found"), 404))
        return transfer


def _form(transfer: Transfer, error: str | None = None) -> Page:
    minutes = max(1, int(transfer.seconds_left // 60))
    page = flask.render_template("kupikupi/form.html", transfer=transfer, error=error, minutes=minutes)
    return page, 422 if error else 200


def _waiting(transfer: Transfer) -> Page:
    back = transfer.platform.success_url
    return flask.render_template("kupikupi/closed.html", transfer=transfer, sentence="waiting", back=back), 200


def _closed(transfer: Transfer) -> Page:
    status = transfer.status
    back = transfer.platform.success_url if status == CONFIRMED else transfer.platform.fail_url
    page = flask.render_template("kupikupi/closed.html", transfer=transfer, sentence=status, back=back)
    return page, 200 if status == CONFIRMED else 410


def _sent_back(transfer: Transfer) -> Response | Page:
    """Sends the buyer to SuccessURL, or to FailURL where the transfer failed or the shop answered without OK."""
    status, platform = transfer.status, transfer.platform
    refused = bool(transfer.notifications) and transfer.notifications[-1].refused
    failed = status != CONFIRMED and (status in FINAL or refused)
    address = platform.fail_url if failed else platform.success_url
    if address is not None:
        return flask.redirect(address, 303)
    return _closed(transfer) if status in FINAL else _waiting(transfer)


def points(kopecks: int) -> str:
    """Writes kopecks as points: 1 point is 1 rouble."""
    whole, rest = divmod(kopecks, 100)
    return f"{whole:,}".replace(",", "\N{NO-BREAK SPACE}") + (f",{rest:02d}" if rest else "")


def masked(phone: str) -> str:
    """Writes a phone so that only its owner recognises it."""
    return f"+7 ••• •••-{phone[-4:-2]}-{phone[-2:]}"
