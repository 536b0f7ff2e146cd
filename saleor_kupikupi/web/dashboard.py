"""The app's page inside Saleor's Dashboard: for now it says what the app is and how to configure it."""

from flask import Blueprint, render_template, request

from saleor_kupikupi.flows.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    """Makes the route /app and the pages' style and logo under /static."""
    routes = Blueprint(
        "dashboard", __name__, static_folder="static", static_url_path="/static", template_folder="templates"
    )

    @routes.get("/app")
    def page() -> str:
        languages = ["en", "ru"]
        language = request.accept_languages.best_match(languages) or "en"
        return render_template(f"app.{language}.html", app_id=parts.app_identifier)

    return routes
