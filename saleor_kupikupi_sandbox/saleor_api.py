"""Knows Saleor's HTTP side: `/graphql/`, `/.well-known/jwks.json`, who a token speaks for, and faults on demand.

Must not know what a field answers (`saleor_operations`).
"""

import json
import math
import secrets
import threading
from dataclasses import dataclass
from typing import Any

from flask import Flask, Request, Response, jsonify, request
from graphql import ExecutionResult, GraphQLError, execute

from saleor_kupikupi_sandbox.saleor_apps import AppRegistry, Requestor
from saleor_kupikupi_sandbox.saleor_operations import Operations
from saleor_kupikupi_sandbox.saleor_records import User
from saleor_kupikupi_sandbox.saleor_schema import document_of, errors_in
from saleor_kupikupi_sandbox.saleor_site import Site
from saleor_kupikupi_sandbox.saleor_webhooks import error_view, parsed
from saleor_kupikupi_sandbox.serving import HangUp

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Authorization-Bearer, Content-Type",
    "Access-Control-Allow-Methods": "OPTIONS, POST",
}


@dataclass(frozen=True)
class Call:
    """One GraphQL request as it came; `status` is what was answered, 0 where the connection was dropped."""

    query: str
    variables: Any
    app_id: str | None
    status: int


class Faults:
    """What goes wrong with GraphQL requests, until it is told to stop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waking = threading.Event()
        self.denied = False
        self.delay = 0.0
        self._left = 0.0
        self._how = ""

    def fail(self, how: str, times: float) -> None:
        """Lets the next requests fail: `drop`, `500`, `html`, `garbled`, or `lost` (done, but not answered)."""
        if how not in ("drop", "500", "html", "garbled", "lost"):
            raise ValueError(f"There is no such fault: {how}")
        with self._lock:
            self._how, self._left = how, times

    def clear(self) -> None:
        """Ends all faults, and wakes requests that are being slow."""
        with self._lock:
            self._left, self.delay, self.denied = 0.0, 0.0, False
            self._waking.set()
            self._waking = threading.Event()

    @property
    def away(self) -> bool:
        """Says whether Saleor is gone altogether: every connection drops until it is cleared."""
        with self._lock:
            return self._how == "drop" and self._left == math.inf

    def next(self) -> str:
        """Waits as long as it is slow, then says how this request fails; an empty text is no fault."""
        self._waking.wait(self.delay)
        with self._lock:
            if self._left <= 0:
                return ""
            self._left -= 1
            return self._how


class Api:
    """The WSGI side of one Saleor."""

    def __init__(self, site: Site, apps: AppRegistry, operations: Operations) -> None:
        self._site = site
        self._apps = apps
        self._operations = operations
        self._users: dict[str, User] = {}
        self.faults = Faults()
        self.calls: list[Call] = []
        self.app = Flask("saleor")
        self.app.config["PROPAGATE_EXCEPTIONS"] = True
        self.app.add_url_rule("/graphql/", view_func=self._graphql, methods=["POST", "OPTIONS"])
        self.app.add_url_rule("/.well-known/jwks.json", view_func=self._jwks)

    def token_for(self, user: User) -> str:
        """Logs a buyer or member of staff in; gives the token for `Authorization: Bearer`."""
        token = secrets.token_urlsafe(32)
        self._users[token] = user
        return token

    def _jwks(self) -> Response:
        if self.faults.away:
            raise HangUp
        return jsonify(self._site.key.jwks())

    def _graphql(self) -> Response:
        if request.method == "OPTIONS":
            return Response(status=200, headers=_CORS)
        asked = parsed(request.get_data())
        requestor = self._requestor(request)
        fault = self.faults.next()
        status, answer = self._answer(asked, requestor) if fault in ("", "lost") else _faulty(fault)
        status = 0 if fault == "lost" else status
        known = asked if isinstance(asked, dict) else {}
        app_id = requestor.app.id if requestor.app else None
        self.calls.append(Call(str(known.get("query")), known.get("variables"), app_id, status))
        if status == 0:
            raise HangUp
        content_type = "text/html" if fault == "html" else "application/json"
        return Response(answer, status=status, headers=_CORS, content_type=content_type)

    def _requestor(self, incoming: Request) -> Requestor:
        header = incoming.headers.get("Authorization-Bearer") or incoming.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ").strip()
        app = None if self.faults.denied else self._apps.by_token(token)
        return Requestor(app=app, user=self._users.get(token))

    def _answer(self, asked: Any, requestor: Requestor) -> tuple[int, str]:
        if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
            return _refused(GraphQLError("Must provide a query string."))
        if errors := errors_in(self._site.schema, asked["query"]):
            return _refused(*errors)
        result = execute(
            self._site.schema,
            document_of(asked["query"]),
            root_value=self._operations.root(),
            context_value=requestor,
            variable_values=asked.get("variables") or {},
            operation_name=asked.get("operationName"),
        )
        if not isinstance(result, ExecutionResult):
            raise TypeError("The API's fields are answered at once")
        shown: dict[str, Any] = {"errors": [_shown(error) for error in result.errors]} if result.errors else {}
        if result.data is None and result.errors and not any(error.path for error in result.errors):
            return 400, json.dumps(shown)  # a variable that does not fit, an operation that is not there
        return 200, json.dumps(shown | {"data": result.data})


def _shown(error: GraphQLError) -> dict[str, Any]:
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        return error_view(error)
    shown = dict(error.formatted)
    return shown | {"message": "Internal Server Error", "extensions": {"exception": {"code": type(original).__name__}}}


def _refused(*errors: GraphQLError) -> tuple[int, str]:
    return 400, json.dumps({"errors": [error_view(error) for error in errors]})


def _faulty(how: str) -> tuple[int, str]:
    if how == "drop":
        return 0, ""
    if how == "html":
        return 200, "<!doctype html><title>Welcome</title>"
    if how == "garbled":
        return 200, json.dumps({"errors": [{"message": "Internal Server Error"}], "data": None})
    return 500, "Server Error (500)"
