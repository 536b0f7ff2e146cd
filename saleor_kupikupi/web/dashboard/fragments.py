"""How a screen answers: who asks is made sure of, a flow is called by the screen's view, a fragment of HTML comes out.

A refusal is a fragment too, that says what is missing. It must not know what the screens show.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Literal
from urllib.parse import quote

import structlog
from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import InboundError, NotPermitted, StaffNotTrusted
from saleor_kupikupi.domain.posted import PostedForm
from saleor_kupikupi.flows.dashboard import note_dashboard
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.staff import Staff, recognise, require_change
from saleor_kupikupi.store.forms import FormPostedBefore
from saleor_kupikupi.web.dashboard.pages import Pages
from saleor_kupikupi.web.dashboard.texts import LANGUAGES, Texts

API = "/api/dashboard"
FORM_KEY = "form-key"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Toast:
    """A short word from the Dashboard's corner, in the person's language."""

    status: Literal["success", "info", "warning", "error"]
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a view answers: a template of fragments/ and its model, and what happens beside it.

    `route` is the sub-path, such as /transfers, that the page is at from now on.
    """

    template: str
    model: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    toast: Toast | None = None
    route: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who may see the page."""

    parts: Parts
    staff: Staff
    language: str
    texts: Texts
    deadline: Deadline
    posted: PostedForm | None = None

    @property
    def form(self) -> PostedForm:
        """Is the form of a view that was put by `post_once`."""
        if self.posted is None:
            raise LookupError("this view was not put by post_once")
        return self.posted

    def gettext(self, message: str, **values: object) -> str:
        """Says a sentence of the catalogue in the person's language; for templates it is there as `_`.

        It is markup where a value in it is, such as a moment.
        """
        text = self.texts.gettext(message)
        is_markup = any(isinstance(value, Markup) for value in values.values())
        return (Markup(text) if is_markup else text) % values  # noqa: S704  # a text of ours; values are escaped

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The same where a number decides the words; it is `%(num)d` in them."""
        return self.texts.ngettext(one, many, count) % ({"num": count} | values)


View = Callable[..., Shown | Response]


class Screens:
    """Where the screens' views are put; each is called with the visit and the names of its rule.

    `origins` are those of Dashboards that are not served from their API's own.
    """

    def __init__(self, routes: Blueprint, parts: Parts, pages: Pages, origins: Sequence[str] = ()) -> None:
        self._routes = routes
        self._parts = parts
        self._pages = pages
        self._origins = origins

    def get(self, rule: str, view: View) -> None:
        """Answers GET for staff."""
        self._add(rule, view, "GET", changes=False)

    def post(self, rule: str, view: View) -> None:
        """Answers POST for staff who may change."""
        self._add(rule, view, "POST", changes=True)

    def post_once(self, rule: str, view: View) -> None:
        """Answers POST the same; a form that was drawn by `confirm` changes something once, however often it comes.

        The view gives `visit.form` to its flow, which writes it down with the change.
        """

        def once(visit: Visit, **names: object) -> Shown | Response:
            posted = _posted()
            if posted is None:
                return Shown("form_too_old.html", status=409)
            try:
                return view(replace(visit, posted=posted), **names)
            except FormPostedBefore:
                return Shown("form_too_old.html", status=409)

        self._add(rule, once, "POST", changes=True)

    def ask(self, rule: str, view: View) -> None:
        """Answers POST for staff who only look: what is asked for must not stand in an address."""
        self._add(rule, view, "POST", changes=False)

    def _add(self, rule: str, view: View, method: str, *, changes: bool) -> None:
        section = rule.split("/")[1]

        def answer(**names: object) -> ResponseReturnValue:
            try:
                visit = self._admit(changes=changes)
            except (StaffNotTrusted, NotPermitted) as error:
                return self._refused(error)
            shown = view(visit, **names)
            return shown if isinstance(shown, Response) else self._response(visit, section, shown)

        name = f"{method} {rule}".replace(".", "-")
        self._routes.add_url_rule(f"{API}{rule}", name, answer, methods=[method])

    def _admit(self, *, changes: bool) -> Visit:
        deadline = self._parts.deadline(self._parts.limits.webhook)
        staff = recognise(self._parts, request.headers.get("Authorization"), deadline)
        if changes:
            require_change(staff)
        note_dashboard(self._parts, staff, request.headers.get("X-Dashboard", ""), self._origins)
        language = _language()
        return Visit(self._parts, staff, language, self._pages.texts(language), deadline)

    def _response(self, visit: Visit, section: str, shown: Shown) -> Response:
        model = {"staff": visit.staff, "section": section} | dict(shown.model)
        text = self._pages.render(visit.language, f"fragments/{shown.template}", **model)
        response = _fragment(text, shown.status)
        if shown.toast is not None:
            said = {"status": shown.toast.status, "title": shown.toast.title, "text": shown.toast.text}
            response.headers["X-Toast"] = quote(json.dumps(said, ensure_ascii=False))
        if shown.route is not None:
            response.headers["X-Route"] = quote(shown.route, safe="/?=&%")
        return response

    def _refused(self, error: InboundError) -> Response:
        log.warning("page refused", kind=error.kind, reason=str(error))
        text = self._pages.render(_language(), "fragments/refused.html", kind=error.kind)
        return _fragment(text, error.status)


def _posted() -> PostedForm | None:
    """Reads the form, or None where it carries no key, as one that an older release drew."""
    key = request.form.get(FORM_KEY, "")
    if not re.fullmatch("[0-9a-f]{32}", key):
        return None
    said = json.dumps([request.path, sorted(request.form.items())])
    return PostedForm(key, sha256(said.encode()).hexdigest())


def _language() -> str:
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def _fragment(text: str, status: int) -> Response:
    response = Response(text, status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    return response
