"""The Saleors that installed this app: tokens, keys to verify webhooks with, and whether reports may go there."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT is the same on SQLite

from saleor_kupikupi.domain.errors import AppError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.sealing import CannotUnseal, Vault
from saleor_kupikupi.store.tables import installations, reports

ASK_FOR_KEYS_EVERY = timedelta(minutes=1)
WEBHOOKS_SETTLE = timedelta(minutes=10)  # they come from the manifest with the install, which is not over yet

_its = installations.c
INSTALLATION = (
    _its.id,
    _its.api_url,
    _its.app_identifier,
    _its.app_id,
    _its.token_sealed,
    _its.version,
    _its.dashboard_url,
    _its.jwks_fetched_at,
)
"""The columns that `installation_of` needs."""

_BY_ADDRESS = select(*INSTALLATION).where(
    _its.api_url == bindparam("api_url"), _its.app_identifier == bindparam("app_identifier")
)
_BY_ID = select(*INSTALLATION).where(_its.id == bindparam("id"))
_LISTED = select(
    *INSTALLATION, _its.registered_at, _its.uninstalled_at, _its.reports_suspended_until, _its.suspension_reason
).order_by(_its.id)
_REGISTERED = select(_its.registered_at).where(_its.id == bindparam("id"))
_JWKS = select(_its.jwks, _its.jwks_fetched_at).where(_its.id == bindparam("id"))
_SUSPENSION = select(_its.reports_suspended_until, _its.suspension_reason).where(_its.id == bindparam("id"))
_THIS = update(installations).where(_its.id == bindparam("this"))
_ASKED = select(_its.keys_asked_at).where(_its.id == bindparam("id"))
_MAY_ASK = _THIS.where(or_(_its.keys_asked_at.is_(None), _its.keys_asked_at <= bindparam("asked_before")))
_OTHER_DASHBOARD = _THIS.where(_its.dashboard_url != bindparam("url")).values(dashboard_url=bindparam("url"))
_OTHER_VERSION = _THIS.where(_its.version != bindparam("now_of")).values(version=bindparam("now_of"))
_MAY_LOOK_AFTER = _THIS.where(
    _its.token_sealed.is_not(None), or_(_its.round_due_at.is_(None), _its.round_due_at <= bindparam("at"))
)
_UNINSTALLED = _THIS.where(_its.app_id == bindparam("gone"))
_NEW = insert(installations)
_REGISTER = _NEW.on_conflict_do_update(
    index_elements=[_its.api_url, _its.app_identifier],
    set_={
        column: _NEW.excluded[column]
        for column in (
            "app_id",
            "token_sealed",
            "jwks",
            "jwks_fetched_at",
            "registered_at",
            "uninstalled_at",
            "reports_suspended_until",
            "suspension_reason",
            "webhooks_due_at",
        )
    }
    | {"version": func.coalesce(func.nullif(_NEW.excluded.version, ""), _its.version)},
).returning(_its.id, _its.version, _its.dashboard_url)
_REPORTS_DUE_AGAIN = (
    update(reports)
    .where(reports.c.installation_id == bindparam("this"), reports.c.state.in_(("owed", "dead")))
    .values(state="owed", attempts=0, due_at=bindparam("at"), owed_since=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class ListedInstallation:
    """An installation as people see it in a list; its token stays sealed, so `installation.token` is None."""

    installation: Installation
    registered_at: datetime
    uninstalled_at: datetime | None
    reports_suspended_until: datetime | None
    suspension_reason: str


def find(tx: Tx, vault: Vault, api_url: str, app_identifier: str) -> Installation | None:
    """Finds the installation that a webhook speaks for."""
    row = tx.execute(_BY_ADDRESS, {"api_url": api_url, "app_identifier": app_identifier}).first()
    return None if row is None else installation_of(row, vault)


def by_id(tx: Tx, vault: Vault, installation_id: int) -> Installation | None:
    """Finds an installation by our own id."""
    row = tx.execute(_BY_ID, {"id": installation_id}).first()
    return None if row is None else installation_of(row, vault)


class TokenSealed(AppError):
    """An installation has work due and a token that cannot be opened."""

    def __init__(self, installation_id: int, why: CannotUnseal) -> None:
        super().__init__(str(why))
        self.installation_id = installation_id


def installation_of(row: Row[*tuple[Any, ...]], vault: Vault) -> Installation:
    """Makes the installation of a row that holds at least the columns of INSTALLATION."""
    token = None if row.token_sealed is None else vault.unseal(row.token_sealed, "app token")
    return Installation(
        row.id,
        row.api_url,
        row.app_identifier,
        row.app_id,
        token,
        row.version,
        row.dashboard_url,
        row.jwks_fetched_at,
    )


def register(tx: Tx, vault: Vault, draft: Installation, jwks: str, at: datetime) -> Installation:
    """Writes down an installation or its renewal, upon which the row and its history stay; the draft's id is ignored.

    Its suspension ends, and every report that is owed or dead is owed afresh and due now. An empty version keeps the
    one that was known.
    """
    if draft.token is None:
        raise ValueError("an installation without a token cannot be registered")
    written = {
        "api_url": draft.api_url,
        "app_identifier": draft.app_identifier,
        "app_id": draft.app_id,
        "token_sealed": vault.seal(draft.token, "app token"),
        "version": draft.version,
        "jwks": jwks,
        "jwks_fetched_at": at,
        "registered_at": at,
        "uninstalled_at": None,
        "reports_suspended_until": None,
        "suspension_reason": "",
        "webhooks_due_at": at + WEBHOOKS_SETTLE,
    }
    row = tx.execute(_REGISTER, written).one()
    tx.execute(_REPORTS_DUE_AGAIN, {"this": row.id, "at": at})
    return replace(draft, id=row.id, version=row.version, dashboard_url=row.dashboard_url, keys_fetched_at=at)


def jwks_of(tx: Tx, installation_id: int) -> tuple[str, datetime]:
    """Reads the keys' text and when it was fetched."""
    row = tx.execute(_JWKS, {"id": installation_id}).one()
    return row.jwks, row.jwks_fetched_at


def asked_for_keys_lately(tx: Tx, installation_id: int, at: datetime) -> bool:
    """Tells whether `may_ask_for_keys` would say no: a read, which waits for nobody."""
    asked_at: datetime | None = tx.execute(_ASKED, {"id": installation_id}).scalar_one()
    return asked_at is not None and asked_at > at - ASK_FOR_KEYS_EVERY


def may_ask_for_keys(tx: Tx, installation_id: int, at: datetime) -> bool:
    """Takes the right to fetch the keys anew: at most once a minute, whichever process asks."""
    asked = {"this": installation_id, "asked_before": at - ASK_FOR_KEYS_EVERY, "keys_asked_at": at}
    return tx.execute(_MAY_ASK, asked).rowcount == 1


def store_jwks(tx: Tx, installation_id: int, jwks: str, at: datetime) -> None:
    """Replaces the keys' text."""
    tx.execute(_THIS, {"this": installation_id, "jwks": jwks, "jwks_fetched_at": at})


def may_look_after(tx: Tx, installation_id: int, at: datetime, next_at: datetime) -> bool:
    """Takes the turn to look after an installation, which nobody else gets before `next_at`; False where it is gone."""
    asked = {"this": installation_id, "at": at, "round_due_at": next_at}
    return tx.execute(_MAY_LOOK_AFTER, asked).rowcount == 1


def follow_version(tx: Tx, installation_id: int, version: str) -> None:
    """Notes the version that this Saleor now says it is."""
    tx.execute(_OTHER_VERSION, {"this": installation_id, "now_of": version})


def note_dashboard(tx: Tx, installation_id: int, url: str) -> bool:
    """Notes where this Saleor's Dashboard is; False where that is no news."""
    return tx.execute(_OTHER_DASHBOARD, {"this": installation_id, "url": url}).rowcount == 1


def uninstalled(tx: Tx, installation_id: int, app_id: str, at: datetime) -> bool:
    """Drops the token, unless the app that is gone has been followed by a new one."""
    gone = {"this": installation_id, "gone": app_id, "token_sealed": None, "uninstalled_at": at}
    return tx.execute(_UNINSTALLED, gone).rowcount == 1


def suspend_reports(tx: Tx, installation_id: int, until: datetime, reason: str) -> None:
    """Lets this installation's reports wait."""
    tx.execute(_THIS, {"this": installation_id, "reports_suspended_until": until, "suspension_reason": reason})


def suspension_of(tx: Tx, installation_id: int, now: datetime) -> tuple[datetime, str] | None:
    """Tells until when this installation's reports wait, and why; None while they do not."""
    row = tx.execute(_SUSPENSION, {"id": installation_id}).one()
    until: datetime | None = row.reports_suspended_until
    return None if until is None or until <= now else (until, str(row.suspension_reason))


def resume_reports(tx: Tx, installation_id: int) -> None:
    """Ends the wait."""
    tx.execute(_THIS, {"this": installation_id, "reports_suspended_until": None, "suspension_reason": ""})


def registered_at(tx: Tx, installation_id: int) -> datetime:
    """Reads when the app was last installed there."""
    at: datetime = tx.execute(_REGISTERED, {"id": installation_id}).scalar_one()
    return at


def listed(tx: Tx) -> list[ListedInstallation]:
    """Lists all installations, the first one first."""
    return [
        ListedInstallation(
            Installation(
                row.id,
                row.api_url,
                row.app_identifier,
                row.app_id,
                None,
                row.version,
                row.dashboard_url,
                row.jwks_fetched_at,
            ),
            row.registered_at,
            row.uninstalled_at,
            row.reports_suspended_until,
            row.suspension_reason,
        )
        for row in tx.execute(_LISTED)
    ]
