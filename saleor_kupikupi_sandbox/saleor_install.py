"""Knows how an app gets into Saleor and out: manifest, token, APP_DELETED.

Must not know what the app does afterwards.
"""

import threading
from collections.abc import Callable
from typing import Any

import requests

from saleor_kupikupi_sandbox.saleor_apps import App, AppRegistry, new_token
from saleor_kupikupi_sandbox.saleor_manifest import InvalidManifest, app_from, check_manifest
from saleor_kupikupi_sandbox.saleor_shop import STAFF
from saleor_kupikupi_sandbox.saleor_site import Site
from saleor_kupikupi_sandbox.saleor_views import app_view, user_view
from saleor_kupikupi_sandbox.saleor_webhooks import CONNECT_TIMEOUT, Courier, parsed, webhook_of


class InstallFailed(Exception):
    """The install did not happen; the text is what staff would read."""


class Installer:
    """Installs apps into one Saleor and removes them."""

    def __init__(self, site: Site, apps: AppRegistry, courier: Courier, timeout: float) -> None:
        self._site = site
        self._apps = apps
        self._courier = courier
        self._timeout = timeout

    def install(self, manifest_url: str) -> App:
        """Installs as the Dashboard does: a look at the manifest, the install itself, the token handed over.

        Raises InstallFailed; nothing stays of an app whose install failed.
        """
        manifest = self._manifest(manifest_url)  # the preview
        manifest = self._manifest(manifest_url)
        if self._apps.installed(manifest["id"]) is not None:
            raise InstallFailed("App with the same identifier is already installed.")
        target = manifest.get("tokenTargetUrl")
        app = self._apps.add(app_from(manifest, manifest_url, self._site.version, self._site.now()))
        if target:
            app = self._apps.change(app.number, token=new_token())
            self._hand_over(app, target)
        return app

    def uninstall(self, app: App) -> None:
        """Removes an app; from 3.23 on it is told so, with a token that is dead already."""
        hook = webhook_of(app, "APP_DELETED") if self._site.version >= "3.23" else None
        gone = self._apps.change(app.number, removed=True, token=None)
        if hook is None:
            return
        body = self._courier.body(
            gone,
            hook,
            {
                "__typename": "AppDeleted",
                "issuedAt": self._site.now(),
                "version": self._site.full_version,
                "issuingPrincipal": user_view(STAFF),
                "recipient": app_view(gone),
                "app": app_view(gone),
            },
        )
        _in_background(lambda: self._courier.tell(gone, hook, "APP_DELETED", body))

    def _manifest(self, url: str) -> dict[str, Any]:
        response = self._fetch(url)
        manifest = parsed(response.content) if 200 <= response.status_code < 300 else None
        if manifest is None:
            raise InstallFailed(f"The manifest is no JSON, or was answered with {response.status_code}.")
        try:
            check_manifest(manifest, self._site.version, self._site.full_version, self._site.schema)
        except InvalidManifest as invalid:
            raise InstallFailed(str(invalid)) from invalid
        return dict(manifest)

    def _fetch(self, url: str) -> requests.Response:
        tries = 3 if self._site.version >= "3.23" else 1
        for left in reversed(range(tries)):
            try:
                return self._call("GET", url, None, {})
            except requests.RequestException as error:
                if not left:
                    raise InstallFailed("Failed to connect to app: the manifest cannot be fetched.") from error
        raise AssertionError("the loop returns or raises")

    def _hand_over(self, app: App, target: str) -> None:
        domain = self._site.domain
        headers = {
            "Content-Type": "application/json",
            "X-Saleor-Domain": domain,
            "Saleor-Domain": domain,
            "Saleor-Api-Url": self._site.api_url,
        }
        failure: str | None
        try:
            failure = _refusal(self._call("POST", target, {"auth_token": app.token}, headers))
        except requests.RequestException:
            failure = "Failed to connect to app. Try later or contact with app support."
        if failure is not None:
            self._apps.change(app.number, removed=True, token=None)
            raise InstallFailed(failure)

    def _call(
        self, method: str, url: str, body: dict[str, str | None] | None, headers: dict[str, str]
    ) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False
            session.headers["User-Agent"] = f"Saleor/{self._site.version}"
            session.headers["Accept-Encoding"] = "gzip, deflate"
            return session.request(
                method,
                url,
                json=body,
                headers=headers | {"Saleor-Schema-Version": self._site.version},
                timeout=(CONNECT_TIMEOUT, self._timeout),
                allow_redirects=False,
            )


def _refusal(response: requests.Response) -> str | None:
    """Reads the answer to the token: None is consent, else the text for staff."""
    if 200 <= response.status_code < 300 or response.status_code == 302:
        return None
    answer = parsed(response.content)
    error = answer.get("error") if isinstance(answer, dict) else None
    if 400 <= response.status_code < 500 and isinstance(error, dict) and isinstance(error.get("message"), str):
        return str(error["message"])[:255]
    return f"App internal error ({response.status_code}). Try later or contact with app support."


def _in_background(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="saleor-app-deleted", daemon=True).start()
