"""Knows where the Dashboard shows an app's pages: the address and query of each iframe, and who its token speaks for.

Pure. Must not know how the iframe is spoken to (`static/dashboard/frame.js`).
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit

from saleor_kupikupi_sandbox.saleor_apps import App, Extension
from saleor_kupikupi_sandbox.saleor_site import Site

MOUNT: Final = "/dashboard"
VERSIONS: Final = {"3.21": "v3.21.17", "3.22": "v3.22.44", "3.23": "v3.23.27"}
STAFF: Final = ("admin", "orders-only")
SESSION: Final = ("staff", "theme", "locale", "stale", "refresh", "silent")  # what the stand-in is told in its address
# A flag that the Dashboard of the recordings had switched off.
_FLAGS: Final = {"featureFlags[new_order_ui][enabled]": "false", "featureFlags[new_order_ui][payload]": "default"}
_STALE: Final = 400  # seconds: longer than a token lives


@dataclass(frozen=True)
class Place:
    """One iframe; `home` is the Dashboard's path of the app, `query` lacks only the theme, `plain` is the app's own.

    `fields` are what a widget that is asked for by POST gets; its iframe is spoken to nevertheless.
    """

    app_id: str
    title: str
    origin: str
    home: str
    app_url: str
    url: str
    query: str
    plain: str
    saleor_version: str
    dashboard_version: str
    extension_id: str | None = None
    method: str = "GET"
    fields: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> str:
        """Spells it for the browser."""
        return json.dumps(asdict(self))


def home_of(app: App) -> str:
    """Gives the Dashboard's path of an app's page."""
    return f"{MOUNT}/extensions/app/{quote(app.id, safe='')}"


def page_of(app: App, sub_path: str, own_query: str, site: Site) -> Place:
    """Places an app's page; the Dashboard's own query goes before the usual one, and its `appPath` is a path too."""
    own = _own(own_query)
    sub_path = dict(own).get("appPath", sub_path)
    base = _base(app, site)
    return Place(
        app_id=app.id,
        title=app.name,
        origin=origin_of(app.app_url),
        home=home_of(app),
        app_url=app.app_url,
        url=f"{app.app_url}/{sub_path}" if sub_path else app.app_url,
        query=_encoded([*own, *base]),
        plain=_encoded(base),
        saleor_version=site.full_version,
        dashboard_version=VERSIONS[site.version],
    )


def widget_of(app: App, extension: Extension, order_id: str, own_query: str, site: Site) -> Place:
    """Places a widget beside an order.

    All that the Dashboard's own address asks for comes twice, and an `id` among it may be a transaction's.
    """
    twice = [*_own(own_query), *_base(app, site)[:3]] * 2
    url = urljoin(app.app_url, extension.url)
    return Place(
        app_id=app.id,
        title=extension.label,
        origin=origin_of(url),
        home=home_of(app),
        app_url=app.app_url,
        url=url,
        query=_encoded([*twice, ("orderId", order_id), *_FLAGS.items()]),
        plain="",
        saleor_version="",  # the real one forgets it beside an order
        dashboard_version=VERSIONS[site.version],
        extension_id=extension.id,
        method=extension.method,
        fields={"saleorApiUrl": site.api_url, "accessToken": "", "appId": app.id, "orderId": order_id},
    )


def claims_of(app: App, staff: str, extension_id: str | None, issued: int, *, stale: bool = False) -> dict[str, Any]:
    """Lists what a token says that is not usual: of its staff, of a widget, of one that is too old."""
    claims: dict[str, Any] = {}
    if staff == "orders-only":
        claims |= {"email": "orders-only@example.com", "user_id": "VXNlcjoz", "token": "wYiCPO8CKBcZ"}
        allowed = ["MANAGE_ORDERS"]
        claims |= {"user_permissions": allowed, "permissions": [each for each in app.permissions if each in allowed]}
    if extension_id is not None:
        extension = next(each for each in app.extensions if each.id == extension_id)
        claims |= {"app_extension": extension.id, "permissions": list(extension.permissions)}
    if stale:
        claims |= {"iat": issued - _STALE, "exp": issued - _STALE + 300}
    return claims


def origin_of(url: str) -> str:
    """Cuts an address down to scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _base(app: App, site: Site) -> list[tuple[str, str]]:
    return [("domain", site.domain), ("saleorApiUrl", site.api_url), ("id", app.id), *_FLAGS.items()]


def _own(query: str) -> list[tuple[str, str]]:
    return [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0] not in SESSION]


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return "&".join(urlencode([pair], safe="/" if pair[0] == "appPath" else "") for pair in pairs)
