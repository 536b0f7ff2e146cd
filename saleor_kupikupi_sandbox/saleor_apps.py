"""Knows which apps a Saleor has: their tokens, webhooks and problems, and which of them may do what.

Must not know how an app gets installed (`saleor_install`) or what it is told (`saleor_webhooks`).
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from saleor_kupikupi_sandbox.saleor_records import User, global_id


@dataclass(frozen=True)
class Webhook:
    """One webhook as it was when its app was installed; `events` are upper-case names."""

    number: int
    name: str
    target_url: str
    query: str
    events: tuple[str, ...]
    is_active: bool = True
    custom_headers: tuple[tuple[str, str], ...] = ()
    identifier: str | None = None


@dataclass(frozen=True)
class Problem:
    """What an app asks staff to look at; the same key within its period counts up."""

    number: int
    key: str
    message: str
    created_at: datetime
    updated_at: datetime
    count: int = 1
    threshold: int | None = None


@dataclass(frozen=True)
class Extension:
    """One place in the Dashboard where an app shows a page; `method` is what its document is asked for with."""

    number: int
    label: str
    mount: str
    target: str
    url: str
    permissions: tuple[str, ...] = ()
    method: str = "GET"
    identifier: str | None = None

    @property
    def id(self) -> str:
        """Is the global id."""
        return global_id("AppExtension", self.number)


@dataclass(frozen=True)
class App:
    """One installation of an app; a reinstall is another one with the same identifier.

    `breaker` is the state of Saleor's circuit breaker for its webhooks: CLOSED, HALF_OPEN or OPEN.
    """

    number: int
    identifier: str
    name: str
    version: str
    manifest_url: str
    app_url: str
    permissions: tuple[str, ...]
    created: datetime
    token: str | None = None
    webhooks: tuple[Webhook, ...] = ()
    problems: tuple[Problem, ...] = ()
    extensions: tuple[Extension, ...] = ()
    is_active: bool = True
    removed: bool = False
    author: str = ""
    logo_url: str = ""
    support_url: str = ""
    homepage_url: str = ""
    breaker: str = "CLOSED"
    breaker_changed: datetime | None = None

    @property
    def id(self) -> str:
        """Is the global id."""
        return global_id("App", self.number)

    def allows(self, permission: str) -> bool:
        """Says whether the app was granted a permission."""
        return permission in self.permissions


@dataclass(frozen=True)
class Requestor:
    """Who sends a GraphQL request: an app, a member of staff, a logged-in buyer, or nobody known."""

    app: App | None = None
    user: User | None = None

    def allows(self, permission: str) -> bool:
        """Says whether the requestor holds a permission; staff of the sandbox holds all."""
        if self.app is not None:
            return self.app.allows(permission)
        return self.user is not None and self.user.is_staff


class AppRegistry:
    """All apps of one Saleor, by number; safe for threads."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._lock = threading.RLock()
        self._apps: dict[int, App] = {}
        self._webhooks = 0
        self._extensions = 0
        self._problems = 0

    def add(self, app: App) -> App:
        """Stores an app under the next number, its webhooks and extensions numbered too."""
        with self._lock:
            webhooks = tuple(replace(hook, number=self._webhooks + at) for at, hook in enumerate(app.webhooks, 1))
            shown = tuple(replace(each, number=self._extensions + at) for at, each in enumerate(app.extensions, 1))
            self._webhooks += len(webhooks)
            self._extensions += len(shown)
            stored = replace(app, number=len(self._apps) + 1, webhooks=webhooks, extensions=shown)
            self._apps[stored.number] = stored
            return stored

    def change(self, number: int, **changes: Any) -> App:
        """Replaces fields of an app and returns it."""
        with self._lock:
            self._apps[number] = replace(self._apps[number], **changes)
            return self._apps[number]

    def add_webhook(self, number: int, hook: Webhook) -> Webhook:
        """Gives an app one more webhook, under the next number."""
        with self._lock:
            self._webhooks += 1
            hook = replace(hook, number=self._webhooks)
            self.change(number, webhooks=(*self._apps[number].webhooks, hook))
            return hook

    def put_webhook(self, number: int, hook: Webhook) -> None:
        """Exchanges an app's webhook for one with the same number."""
        with self._lock:
            kept = (hook if old.number == hook.number else old for old in self._apps[number].webhooks)
            self.change(number, webhooks=tuple(kept))

    def drop_webhook(self, number: int, hook: Webhook) -> None:
        """Takes a webhook from an app."""
        with self._lock:
            kept = (old for old in self._apps[number].webhooks if old.number != hook.number)
            self.change(number, webhooks=tuple(kept))

    def by_number(self, number: int) -> App | None:
        """Finds an app, removed ones included."""
        with self._lock:
            return self._apps.get(number)

    def by_token(self, token: str) -> App | None:
        """Finds the live app that a token speaks for."""
        with self._lock:
            return next((app for app in self._apps.values() if app.token == token and _live(app)), None)

    def by_identifier(self, identifier: str) -> App | None:
        """Finds the live app with an identifier: what a storefront names as its gateway."""
        with self._lock:
            return next((app for app in self._apps.values() if app.identifier == identifier and _live(app)), None)

    def installed(self, identifier: str) -> App | None:
        """Finds the app with an identifier that is not removed, active or not."""
        with self._lock:
            apps = self._apps.values()
            return next((app for app in apps if app.identifier == identifier and not app.removed), None)

    def all_installed(self) -> list[App]:
        """Lists the apps that are not removed, active or not, oldest first."""
        with self._lock:
            return [app for app in self._apps.values() if not app.removed]

    def live(self) -> list[App]:
        """Lists active apps, oldest first."""
        with self._lock:
            return [app for app in self._apps.values() if _live(app)]

    def raise_problem(self, number: int, key: str, message: str, period: int, threshold: int | None) -> Problem:
        """Records a problem, or counts one of the same key up that is younger than `period` minutes."""
        with self._lock:
            now = self._now()
            app = self._apps[number]
            same = next((p for p in app.problems if p.key == key), None)
            if same is not None and now - same.updated_at < timedelta(minutes=period):
                problem = replace(same, message=message, updated_at=now, count=same.count + 1, threshold=threshold)
                kept = tuple(problem if p.number == same.number else p for p in app.problems)
            else:
                self._problems += 1
                problem = Problem(self._problems, key, message, now, now, threshold=threshold)
                kept = (*app.problems, problem)[-100:]
            self._apps[number] = replace(app, problems=kept)
            return problem

    def dismiss_problems(self, number: int, keys: set[str], ids: set[str]) -> None:
        """Forgets problems by key or id; unknown ones are ignored."""
        with self._lock:
            app = self._apps[number]
            kept = tuple(p for p in app.problems if p.key not in keys and global_id("AppProblem", p.number) not in ids)
            self._apps[number] = replace(app, problems=kept)


def _live(app: App) -> bool:
    return app.is_active and not app.removed


def new_token() -> str:
    """Makes an app token: 30 letters and digits, as Saleor's."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    return "".join(secrets.choice(alphabet) for _ in range(30))


def dashboard_claims(app: App, staff: User, api_url: str, issued: int) -> dict[str, Any]:
    """Lists the claims of the token that the Dashboard hands an app's page; it lives five minutes."""
    return {
        "iat": issued,
        "owner": "saleor",
        "iss": api_url,
        "exp": issued + 300,
        "token": "awbbybY95vU1",
        "email": staff.email,
        "type": "thirdparty",
        "user_id": staff.id,
        "is_staff": True,
        "app": app.id,
        "permissions": list(app.permissions),
        "user_permissions": ["HANDLE_PAYMENTS", "MANAGE_APPS", "MANAGE_ORDERS"],
    }
