"""Kupi-Kupi's notifications: raw body in, `OK` or an error out.

The key in the path is all that keeps a stranger from claiming, so it is never logged.
"""

from flask import Blueprint, Response, request

from saleor_kupikupi.domain.connection import Ack
from saleor_kupikupi.flows.hear import hear
from saleor_kupikupi.flows.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    """Makes the route /api/notifications/<key>."""
    routes = Blueprint("kupikupi_notifications", __name__, url_prefix="/api/notifications")

    @routes.post("/<key>")
    def notified(key: str) -> Response:
        ack = hear(parts, key, request.get_data(cache=False), request.content_type or "")
        if ack is Ack.JSON:
            return Response('"OK"', mimetype="application/json")
        return Response("OK", mimetype="text/plain")

    return routes
