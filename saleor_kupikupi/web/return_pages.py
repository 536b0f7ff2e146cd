"""Where a buyer comes back to until the shop has pages of its own: kind words in two languages, no state at all."""

from flask import Blueprint, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.return_pages import shop_behind

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def blueprint(parts: Parts) -> Blueprint:
    """Makes the routes /return/<public id>/success and /return/<public id>/fail."""
    routes = Blueprint("return_pages", __name__, url_prefix="/return")
    templates = Environment(loader=PackageLoader("saleor_kupikupi.web"), autoescape=True, undefined=StrictUndefined)
    page = templates.get_template("return.html")

    def show(public_id: str, outcome: str) -> Response:
        text = page.render(outcome=outcome, shop=shop_behind(parts, public_id))
        response = Response(text, mimetype="text/html")
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    for outcome in ("success", "fail"):
        routes.add_url_rule(f"/<public_id>/{outcome}", outcome, show, defaults={"outcome": outcome})
    return routes
