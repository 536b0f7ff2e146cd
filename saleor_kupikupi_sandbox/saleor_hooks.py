"""Knows how an app changes its own webhooks: what webhookCreate, webhookUpdate and webhookDelete take and refuse.

Must not know GraphQL's syntax or HTTP, or what a webhook is sent.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from saleor_kupikupi_sandbox.saleor_answers import is_url
from saleor_kupikupi_sandbox.saleor_apps import App, AppRegistry, Webhook
from saleor_kupikupi_sandbox.saleor_manifest import events_of, headers_fit
from saleor_kupikupi_sandbox.saleor_records import from_global_id
from saleor_kupikupi_sandbox.saleor_schema import InvalidQuery, check_subscription
from saleor_kupikupi_sandbox.saleor_sessions import Refused
from saleor_kupikupi_sandbox.saleor_site import Site

Given = Mapping[str, Any]
_FIELDS = {
    "name": "name",
    "targetUrl": "target_url",
    "isActive": "is_active",
    "query": "query",
    "identifier": "identifier",
}


def create(apps: AppRegistry, site: Site, app: App, given: Given) -> Webhook:
    """Gives an app one more webhook; raises Refused."""
    if not given.get("targetUrl"):
        raise Refused("targetUrl", "REQUIRED", "This field is required.")
    blank = Webhook(0, "", "", "", ())
    return apps.add_webhook(app.number, _changed(site, app, blank, given))


def update(apps: AppRegistry, site: Site, app: App, id_: str, given: Given) -> Webhook:
    """Changes what is given of an app's own webhook; a new query brings its events along. Raises Refused."""
    hook = _changed(site, app, _own(app, id_), given)
    apps.put_webhook(app.number, hook)
    return hook


def delete(apps: AppRegistry, app: App, id_: str) -> Webhook:
    """Takes an app's own webhook away; raises Refused."""
    hook = _own(app, id_)
    apps.drop_webhook(app.number, hook)
    return hook


def _own(app: App, id_: str) -> Webhook:
    wanted = from_global_id(id_)
    for hook in app.webhooks:
        if wanted == ("Webhook", str(hook.number)):
            return hook
    raise Refused("id", "NOT_FOUND", f"Couldn't resolve to a node: {id_}")


def _changed(site: Site, app: App, hook: Webhook, given: Given) -> Webhook:
    _check(site, app, hook, given)
    changes: dict[str, Any] = {field: given[name] for name, field in _FIELDS.items() if given.get(name) is not None}
    events = [*(given.get("syncEvents") or ()), *(given.get("asyncEvents") or ())]
    if events or given.get("query"):
        changes["events"] = tuple(events) or events_of(given["query"])
    if given.get("customHeaders") is not None:
        changes["custom_headers"] = tuple((name.lower(), value) for name, value in given["customHeaders"].items())
    return replace(hook, **changes)


def _check(site: Site, app: App, hook: Webhook, given: Given) -> None:
    if given.get("targetUrl") and not is_url(given["targetUrl"]):
        raise Refused("targetUrl", "INVALID", "Enter a valid URL.")
    if given.get("query"):
        try:
            check_subscription(site.schema, given["query"])
        except InvalidQuery as invalid:
            raise Refused("query", "SYNTAX", str(invalid)) from invalid
    if not headers_fit(given.get("customHeaders") or {}):
        raise Refused("customHeaders", "INVALID_CUSTOM_HEADERS", "Only X-* and Authorization* are allowed.")
    same = (other.identifier for other in app.webhooks if other.number != hook.number)
    if given.get("identifier") and given["identifier"] in same:
        raise Refused("identifier", "UNIQUE", "The app has a webhook with this identifier already.")
