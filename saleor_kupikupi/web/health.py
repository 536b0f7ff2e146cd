"""What a supervisor asks: is the process alive, and can it do its work."""

from flask import Blueprint, Response, jsonify

from saleor_kupikupi.flows.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    """Makes the routes /health/live and /health/ready."""
    routes = Blueprint("health", __name__, url_prefix="/health")

    @routes.get("/live")
    def live() -> Response:
        return jsonify({"status": "ok"})

    @routes.get("/ready")
    def ready() -> Response:
        current = parts.database.schema_is_current()
        response = jsonify({"status": "ok" if current else "the database needs `saleor-kupikupi migrate`"})
        response.status_code = 200 if current else 503
        return response

    return routes
