"""Knows which manifests a Saleor of a version accepts, and makes the app's record from one.

Pure. Must not know how a manifest is fetched or a token handed over (`saleor_install`).
"""

import mimetypes
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLEnumType, GraphQLSchema

from saleor_kupikupi_sandbox.saleor_answers import is_url
from saleor_kupikupi_sandbox.saleor_apps import App, Extension, Webhook
from saleor_kupikupi_sandbox.saleor_schema import InvalidQuery, check_subscription, fragments_of

_LENGTHS = {"id": 256, "name": 60, "version": 60, "author": 60, "audience": 256}
_URLS = ("appUrl", "configurationUrl", "dataPrivacyUrl", "homepageUrl", "supportUrl", "tokenTargetUrl")
_MOUNTS_321 = re.compile(
    r"(CUSTOMER|PRODUCT|ORDER)_(OVERVIEW_(CREATE|MORE_ACTIONS)|DETAILS_MORE_ACTIONS)|NAVIGATION_\w+"
)
_TARGETS = {"3.21": ("POPUP", "APP_PAGE"), "3.22": ("POPUP", "APP_PAGE", "NEW_TAB", "WIDGET")}
_COMPARISON = re.compile(r"(>=|<=|>|<|=|\^|~)?(\d+)(?:\.(\d+))?(?:\.(\d+))?")


class InvalidManifest(Exception):
    """A Saleor of this version does not install from this manifest."""


def check_manifest(manifest: Any, version: str, full_version: str, schema: GraphQLSchema) -> None:
    """Refuses what this Saleor would refuse; raises InvalidManifest."""
    if not isinstance(manifest, dict):
        raise InvalidManifest("The manifest is not a JSON object.")
    _check_fields(manifest, version)
    _check_urls(manifest)
    if not satisfies(full_version, manifest.get("requiredSaleorVersion")):
        raise InvalidManifest(f"requiredSaleorVersion: UNSUPPORTED_SALEOR_VERSION, this is {full_version}.")
    permissions = _listed(manifest, "permissions")
    for permission in permissions:
        if permission not in _names(schema, "PermissionEnum"):
            raise InvalidManifest(f"permissions: INVALID_PERMISSION {permission}.")
    for hook in _listed(manifest, "webhooks"):
        _check_webhook(hook, schema)
    for extension in _listed(manifest, "extensions"):
        _check_extension(extension, version, set(permissions))
        _check_extension_url(extension, version, manifest)
    if version >= "3.23":
        _check_unique(_listed(manifest, "webhooks"), "DUPLICATED_WEBHOOK_IDENTIFIER")
        _check_unique(_listed(manifest, "extensions"), "DUPLICATED_EXTENSION_IDENTIFIER")


def app_from(manifest: Mapping[str, Any], manifest_url: str, version: str, created: datetime) -> App:
    """Makes the app's record; its number and its webhooks' numbers are given when it is stored."""
    return App(
        number=0,
        identifier=manifest["id"],
        name=manifest["name"],
        version=manifest["version"],
        manifest_url=manifest_url,
        app_url=manifest.get("appUrl") or "",
        permissions=tuple(manifest.get("permissions") or ()),
        created=created,
        webhooks=tuple(_webhook(hook, version) for hook in manifest.get("webhooks") or ()),
        extensions=tuple(_extension(each, version) for each in manifest.get("extensions") or ()),
        author=(manifest.get("author") or "").strip(),
        logo_url=_logo_url(manifest) or "",
        support_url=manifest.get("supportUrl") or "",
        homepage_url=manifest.get("homepageUrl") or "",
    )


def satisfies(full_version: str, wanted: str | None) -> bool:
    """Says whether a version lies in an npm-style range such as `>=3.21 <4`; raises InvalidManifest for other texts."""
    if wanted is None:
        return True
    have = tuple(map(int, full_version.split(".")))
    return any(all(_compares(have, term) for term in part.split()) for part in wanted.split("||"))


def _compares(have: tuple[int, ...], term: str) -> bool:
    match = _COMPARISON.fullmatch(term)
    if match is None:
        raise InvalidManifest(f"requiredSaleorVersion: INVALID {term}.")
    sign, *parts = match.groups()
    given = [int(part) for part in parts if part is not None]
    low = tuple(given + [0] * (3 - len(given)))
    # What `=`, `^`, `~` and a short version leave open ends where the last part they fix is one higher.
    fixed = {"^": 1, "~": min(2, len(given))}.get(sign or "=", len(given))
    high = (*given[: fixed - 1], given[fixed - 1] + 1)
    outcomes = {">=": have >= low, "<": have < low, ">": have >= high, "<=": have < high}
    return outcomes.get(sign or "=", low <= have < high)


def _check_fields(manifest: Mapping[str, Any], version: str) -> None:
    required = ["id", "name", "version"] + (["tokenTargetUrl"] if version < "3.23" else [])
    for name in required:
        if not manifest.get(name):
            raise InvalidManifest(f"{name}: REQUIRED.")
    for name, limit in _LENGTHS.items():
        value = manifest.get(name)
        if value is not None and (not isinstance(value, str) or not value.strip() or len(value) > limit):
            raise InvalidManifest(f"{name}: INVALID, a text of at most {limit} characters is expected.")


def _check_urls(manifest: Mapping[str, Any]) -> None:
    for name in _URLS:
        value = manifest.get(name)
        if value and (not is_url(value) or len(value) > 200):
            raise InvalidManifest(f"{name}: INVALID_URL_FORMAT, at most 200 characters.")
    logo = _logo_url(manifest)
    if logo is not None and (not is_url(logo) or mimetypes.guess_type(urlsplit(logo).path)[0] != "image/png"):
        raise InvalidManifest("brand.logo.default: INVALID_URL_FORMAT, the path ends in .png.")


def _logo_url(manifest: Mapping[str, Any]) -> Any:
    return ((manifest.get("brand") or {}).get("logo") or {}).get("default")


def _check_webhook(hook: Any, schema: GraphQLSchema) -> None:
    for name in ("name", "targetUrl", "query"):
        if not isinstance(hook, dict) or not hook.get(name):
            raise InvalidManifest(f"webhooks: {name}: REQUIRED.")
    if not is_url(hook["targetUrl"]):
        raise InvalidManifest("webhooks: targetUrl: INVALID_URL_FORMAT.")
    try:
        check_subscription(schema, hook["query"])
    except InvalidQuery as invalid:
        raise InvalidManifest(f"webhooks: {hook['name']}: the query does not fit: {invalid}") from invalid
    _check_events(hook, schema)
    if not headers_fit(hook.get("customHeaders") or {}):
        raise InvalidManifest(f"webhooks: {hook['name']}: INVALID_CUSTOM_HEADERS.")


def headers_fit(headers: Mapping[str, str]) -> bool:
    """Says whether a webhook may have these headers of its own."""
    return len(headers) <= 5 and all(re.match(r"(?i)(x-|authorization)", name) for name in headers)


def events_of(query: str) -> tuple[str, ...]:
    """Lists the events that a webhook without a list of its own gets: those its query selects on."""
    return tuple(map(_upper, fragments_of(query)))


def _check_events(hook: Mapping[str, Any], schema: GraphQLSchema) -> None:
    for kind in ("Sync", "Async"):
        for event in _listed(hook, f"{kind.lower()}Events"):
            if event not in _names(schema, f"WebhookEventType{kind}Enum"):
                raise InvalidManifest(f"webhooks: {hook['name']}: unknown event {event}.")


def _check_extension(extension: Any, version: str, granted: set[str]) -> None:
    for name in ("label", "url", "mount"):
        if not isinstance(extension, dict) or not extension.get(name):
            raise InvalidManifest(f"extensions: {name}: REQUIRED.")
    target = extension.get("target") or "POPUP"
    if version in _TARGETS and target not in _TARGETS[version]:
        raise InvalidManifest(f"extensions: unknown target {target}.")
    if version == "3.21" and not _MOUNTS_321.fullmatch(extension["mount"]):
        raise InvalidManifest(f"extensions: unknown mount {extension['mount']}.")
    if not set(extension.get("permissions") or ()) <= granted:
        raise InvalidManifest("extensions: OUT_OF_SCOPE_PERMISSION.")


def _check_extension_url(extension: Mapping[str, Any], version: str, manifest: Mapping[str, Any]) -> None:
    url, target = extension["url"], extension.get("target") or "POPUP"
    relative = url.startswith("/")
    if not relative and not is_url(url):
        raise InvalidManifest("extensions: url: INVALID_URL_FORMAT.")
    if relative and not manifest.get("appUrl"):
        raise InvalidManifest("extensions: url: INVALID_URL_FORMAT, a relative one needs appUrl.")
    if version < "3.23" and target == "APP_PAGE" and not relative:
        raise InvalidManifest("extensions: url: INVALID_URL_FORMAT, a page of the app has a relative one.")
    posted = target in ("NEW_TAB", "WIDGET") and _method(extension) == "POST"
    if version == "3.22" and posted and not relative and _host(url) != _host(manifest["tokenTargetUrl"]):
        raise InvalidManifest("extensions: url: INVALID_URL_FORMAT, a POST goes to the host of tokenTargetUrl.")


def _host(url: str) -> str | None:
    return urlsplit(url).hostname


def _method(extension: Mapping[str, Any]) -> str:
    """Reads how a widget or a new tab is asked for: the Dashboard posts where the manifest says nothing."""
    target = extension.get("target") or "POPUP"
    options = (extension.get("options") or {}).get({"WIDGET": "widgetTarget", "NEW_TAB": "newTabTarget"}.get(target))
    return str((options or {}).get("method") or ("POST" if target in ("WIDGET", "NEW_TAB") else "GET"))


def _extension(extension: Mapping[str, Any], version: str) -> Extension:
    return Extension(
        number=0,
        label=extension["label"],
        mount=extension["mount"],
        target=extension.get("target") or "POPUP",
        url=extension["url"],
        permissions=tuple(extension.get("permissions") or ()),
        method=_method(extension),
        identifier=extension.get("identifier") if version >= "3.23" else None,
    )


def _check_unique(entries: list[Any], code: str) -> None:
    given = [entry["identifier"].strip() for entry in entries if entry.get("identifier")]
    if len(given) != len(set(given)):
        raise InvalidManifest(f"identifier: {code}.")


def _webhook(hook: Mapping[str, Any], version: str) -> Webhook:
    events = [*(hook.get("syncEvents") or ()), *(hook.get("asyncEvents") or ())]
    return Webhook(
        number=0,
        name=hook["name"],
        target_url=hook["targetUrl"],
        query=hook["query"],
        events=tuple(events) or events_of(hook["query"]),
        is_active=hook.get("isActive", True),
        custom_headers=tuple((name.lower(), value) for name, value in (hook.get("customHeaders") or {}).items()),
        identifier=hook.get("identifier") if version >= "3.23" else None,
    )


def _upper(kind: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind).upper()


def _listed(entry: Mapping[str, Any], name: str) -> list[Any]:
    value = entry.get(name) or []
    if isinstance(value, list):
        return value
    raise InvalidManifest(f"{name}: a list is expected.")


def _names(schema: GraphQLSchema, enum: str) -> frozenset[str]:
    found = schema.type_map[enum]
    return frozenset(found.values) if isinstance(found, GraphQLEnumType) else frozenset()
