"""The documents that the Dashboard opens in its iframe: no data are in them, and they are the same for everybody.

What they may be framed by depends on the query's `saleorApiUrl`. It is untrusted, and only selects which of the known
Saleors is meant.
"""

from functools import partial

from flask import Blueprint, Response, request
from markupsafe import Markup

from saleor_kupikupi.domain.dashboard import origins_for
from saleor_kupikupi.flows.keys import known_installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.web.dashboard.pages import Pages
from saleor_kupikupi.web.dashboard.texts import LANGUAGES

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; frame-ancestors "
)


def add(routes: Blueprint, parts: Parts, pages: Pages, origins: tuple[str, ...]) -> None:
    """Makes the routes /app, whatever follows it, and /widget/order."""
    panels = {language: Markup(pages.render(language, "panels.html")) for language in LANGUAGES}  # noqa: S704 - our own, no value in it

    def document(kind: str) -> Response:
        language = request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]
        theme = "dark" if request.args.get("theme") == "dark" else "light"
        ancestors = framed_by(parts, request.args.get("saleorApiUrl"), origins)
        text = pages.render(language, "shell.html", kind=kind, theme=theme, origins=" ".join(ancestors), panels=panels)
        response = Response(text, mimetype="text/html")
        response.headers["Content-Security-Policy"] = POLICY + (" ".join(ancestors) or "'none'")
        response.headers["Cache-Control"] = "no-store"
        return response

    def page(**_: str) -> Response:
        return document("app")

    # Coming back from a grant of permissions the Dashboard doubles the slash.
    for rule in ("/app", "/app/", "/app/<path:route>", "/app//", "/app//<path:route>"):
        routes.add_url_rule(rule, "app", page, merge_slashes=False)
    routes.add_url_rule("/widget/order", "widget", partial(document, "widget"))


def framed_by(parts: Parts, api_url: str | None, origins: tuple[str, ...]) -> tuple[str, ...]:
    """Lists the origins that may show the page: the configured ones, and that of a Saleor which installed us."""
    found = known_installation(parts, api_url) if api_url else None
    if found is None or found.token is None:
        return origins
    return origins_for(found.api_url, origins)
