"""What Saleor asks for when a shop installs the app: the manifest, the logo, and the handshake."""

import json

from flask import Blueprint, Response, jsonify, request

from saleor_kupikupi.domain.errors import RegistrationRefused
from saleor_kupikupi.flows.install import register
from saleor_kupikupi.flows.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    """Makes the routes /api/manifest and /api/register."""
    routes = Blueprint("installation", __name__, url_prefix="/api")

    @routes.get("/manifest")
    def show_manifest() -> Response:
        return jsonify(parts.manifest.for_version(request.headers.get("Saleor-Schema-Version")))

    @routes.post("/register")
    def take_registration() -> Response:
        api_url = request.headers.get("Saleor-Api-Url")
        if not api_url:
            raise RegistrationRefused(400, "MISSING_API_URL_HEADER", "the header Saleor-Api-Url is missing")
        token = _token(request.get_data(cache=False))
        register(parts, api_url, token, request.headers.get("Saleor-Schema-Version", ""))
        return jsonify({"success": True})

    return routes


def _token(raw: bytes) -> str:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise RegistrationRefused(400, "CANT_BE_PARSED", "the body of the request is not JSON") from None
    token = body.get("auth_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token:
        raise RegistrationRefused(400, "MISSING_AUTH_TOKEN", "auth_token is missing in the body of the request")
    return token
