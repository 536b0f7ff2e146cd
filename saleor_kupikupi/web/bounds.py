"""How long what a request says may be: it is refused by its length before anything reads it.

It must not know what any of it means.
"""

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, request
from werkzeug.wrappers import Response

LONGEST_HEADERS = {
    "Accept-Language": 1024,
    "Authorization": 16 * 1024 + 16,
    "Content-Type": 256,
    "Saleor-Api-Url": 256,
    "Saleor-Event": 128,
    "Saleor-Schema-Version": 64,
    "Saleor-Signature": 8 * 1024,
    "X-Dashboard": 256,
}
"""Every header that the app reads, in characters; what else comes along is read by nobody."""
LONGEST_PATH = 512
LONGEST_QUERY = 4096
LARGEST_BODY = 64 * 1024
LARGEST_WEBHOOK = 1024 * 1024
WEBHOOKS = "/api/webhooks/"

_KEYS = {f"HTTP_{name.upper().replace('-', '_')}": name for name in LONGEST_HEADERS} | {"CONTENT_TYPE": "Content-Type"}


def install(app: Flask) -> None:
    """Makes the app refuse what is too long: headers and addresses before they are routed, bodies as they are read."""
    app.wsgi_app = _Gate(app.wsgi_app)  # type: ignore[method-assign]  # as Flask's documentation has it
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_WEBHOOK
    app.before_request(_bound_body)


class _Gate:
    def __init__(self, inside: WSGIApplication) -> None:
        self._inside = inside

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        refusal = _refusal(environ)
        return (refusal or self._inside)(environ, start_response)


def _refusal(environ: WSGIEnvironment) -> Response | None:
    if len(environ.get("PATH_INFO", "")) > LONGEST_PATH or len(environ.get("QUERY_STRING", "")) > LONGEST_QUERY:
        return _too_long(414, "the address is too long")
    for key, name in _KEYS.items():
        if len(environ.get(key, "")) > LONGEST_HEADERS[name]:
            return _too_long(431, f"the header {name} is longer than {LONGEST_HEADERS[name]} characters")
    return None


def _too_long(status: int, message: str) -> Response:
    body = json.dumps({"error": {"type": "TOO_LONG", "message": message}})
    return Response(body, status, mimetype="application/json")


def _bound_body() -> None:
    if not request.path.startswith(WEBHOOKS):
        request.max_content_length = LARGEST_BODY
