"""The only place that wires: settings in, a Flask app or a worker out."""

import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

from flask import Flask, Response

from saleor_kupikupi import logs
from saleor_kupikupi.domain.allowed import AllowList, ProviderList
from saleor_kupikupi.flows.memory import Memory
from saleor_kupikupi.flows.parts import Limits, Parts
from saleor_kupikupi.kupikupi.client import KupikupiClient
from saleor_kupikupi.outbound import Outbound
from saleor_kupikupi.saleor.client import SaleorClient
from saleor_kupikupi.saleor.manifest import Manifest, read_template
from saleor_kupikupi.settings import Settings, WrongSettings, read_settings
from saleor_kupikupi.store import canary
from saleor_kupikupi.store.database import Database
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.web import (
    bounds,
    dashboard,
    errors,
    health,
    installation,
    kupikupi_notifications,
    return_pages,
    saleor_webhooks,
)


def make_parts(settings: Settings, limits: Limits | None = None, *, calls_at_once: int | None = None) -> Parts:
    """Makes what the flows work with; nothing is connected yet.

    `calls_at_once` bounds the calls to one of the provider's hosts; half of the web threads when left out.
    """
    limits = limits or Limits(
        session_age=timedelta(seconds=settings.session_max_age),
        action_age=timedelta(seconds=settings.action_max_age),
        clock_ahead=timedelta(seconds=settings.session_max_ahead),
        provider_problem_after=timedelta(seconds=settings.provider_problem_after),
    )
    listed = AllowList(settings.allowed_saleor_urls, settings.allowed_domain_pattern)
    return Parts(
        database=open_database(settings),
        vault=Vault(settings.secret_keys),
        kupikupi=KupikupiClient(Outbound("kupikupi"), calls_at_once or max(1, settings.web_threads // 2)),
        saleor=SaleorClient(may_reach=listed.may_reach),
        manifest=Manifest(
            read_template(),
            app_identifier=settings.manifest_app_id,
            base_url=settings.base_url,
            iframe_url=settings.iframe_url,
        ),
        app_identifier=settings.manifest_app_id,
        base_url=settings.base_url,
        allowed=listed.refusal,
        may_be_provider=ProviderList(settings.allowed_provider_urls, settings.base_url).allows,
        staff_language=settings.staff_language,
        now=lambda: datetime.now(UTC),  # noqa: TID251 - the clock that everybody else takes as an argument
        monotonic=time.monotonic,
        sleep=time.sleep,
        owner=lambda: uuid4().hex,
        limits=limits,
        memory=Memory(
            settings_live=limits.settings_live,
            keys_live=limits.keys_live,
            balance_live=limits.balance_reuse,
            sealed_live=limits.sealed_live,
            monotonic=time.monotonic,
        ),
    )


def open_database(settings: Settings) -> Database:
    """Prepares the database without connecting; raises WrongSettings where its address cannot work."""
    try:
        return Database(settings.database_url.get_secret_value(), pool_size=settings.web_threads)
    except ValueError as error:
        raise WrongSettings(f"DATABASE_URL: {error}") from None


def check_keys(settings: Settings, database: Database) -> None:
    """Makes sure that SECRET_KEY opens the database, which gets its canary; raises WrongSettings where it does not."""
    try:
        canary.ensure(database, Vault(settings.secret_keys))
    except canary.WrongKeys as error:
        raise WrongSettings(f"SECRET_KEY: {error}") from None


def create_app(settings: Settings, parts: Parts | None = None) -> Flask:
    """Makes the web app."""
    parts = parts or make_parts(settings)
    app = Flask(__name__, static_folder=None, template_folder=None)
    bounds.install(app)
    errors.install(app)
    app.register_blueprint(saleor_webhooks.blueprint(parts))
    app.register_blueprint(kupikupi_notifications.blueprint(parts))
    app.register_blueprint(return_pages.blueprint(parts))
    app.register_blueprint(installation.blueprint(parts))
    app.register_blueprint(
        dashboard.blueprint(parts, prefix=urlsplit(settings.iframe_url).path, origins=settings.dashboard_origins)
    )
    app.register_blueprint(health.blueprint(parts))
    app.after_request(_plain)
    return app


def serve() -> Flask:
    """Makes the web app of one server process, from the environment."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    return create_app(settings)


def _plain(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
