"""What a supervisor asks: is the process alive, and can it do its work."""

from flask import Blueprint, Response, jsonify

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.store import canary


def blueprint(parts: Parts) -> Blueprint:
    """Makes the routes /health/live and /health/ready."""
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live() -> Response:
        return jsonify({"status": "ok"})

    @routes.get("/ready")
    def ready() -> Response:
        trouble = _trouble(parts)
        response = jsonify({"status": trouble or "ok"})
        response.status_code = 503 if trouble else 200
        return response

    return routes


def _trouble(parts: Parts) -> str | None:
    """Says in words what keeps the process from its work."""
    if not parts.database.schema_is_current():
        return "the database needs `saleor-kupikupi migrate`"
    parts.database.await_turn(parts.limits.ready_turn)
    with parts.database.read() as tx:
        return None if canary.opens(tx, parts.vault) else "no key in SECRET_KEY opens the database"
