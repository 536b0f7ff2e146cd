"""Turns refusals into HTTP answers, in the form that Saleor's own app-sdk uses."""

import structlog
from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException

from saleor_kupikupi.domain.errors import InboundError, RegistrationRefused
from saleor_kupikupi.store.database import DatabaseUnavailable
from saleor_kupikupi.store.sealing import CannotUnseal

log = structlog.get_logger()


def install(app: Flask) -> None:
    """Makes the app answer every error with JSON and without details of its own."""
    app.register_error_handler(InboundError, _inbound)
    app.register_error_handler(RegistrationRefused, _registration)
    app.register_error_handler(DatabaseUnavailable, _unavailable)
    app.register_error_handler(CannotUnseal, _sealed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _defect)


def problem(status: int, kind: str, message: str) -> Response:
    """Writes an error as `{"error": {"type", "message"}}`."""
    response = jsonify({"error": {"type": kind, "message": message}})
    response.status_code = status
    return response


def _inbound(error: InboundError) -> Response:
    log.warning("refused", kind=error.kind, reason=str(error))
    return problem(error.status, error.kind, str(error))


def _registration(error: RegistrationRefused) -> Response:
    response = jsonify({"success": False, "error": {"code": error.code, "message": str(error)}})
    response.status_code = error.status
    return response


def _unavailable(error: DatabaseUnavailable) -> Response:
    log.error("database unavailable", error=str(error))
    return problem(503, "OTHER", "the database does not serve us now; it is in the log")


def _sealed(error: CannotUnseal) -> Response:
    log.error("secret cannot be opened", error=str(error))
    return problem(503, "OTHER", "this process cannot open a stored secret; it is in the log")


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    kind = "WRONG_METHOD" if status == 405 else error.name.upper().replace(" ", "_")
    response = problem(status, kind, error.description or error.name)
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(sorted(allowed))
    return response


def _defect(error: Exception) -> Response:
    log.error("defect", exc_info=error)
    return problem(500, "OTHER", "an error of ours; it is in the log")
