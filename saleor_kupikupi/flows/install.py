"""Lets a Saleor in, and lets it go.

The request to register is not signed, so the order of the checks is the protection: the allow-list first, then the
token against the very Saleor that the request names, then the keys, and only then is anything overwritten.
"""

from enum import StrEnum

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import CallerNotTrusted, OutboundError, RegistrationRefused
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor.events import AppDeleted
from saleor_kupikupi.saleor.signature import read_jwks
from saleor_kupikupi.store import installations
from saleor_kupikupi.store.sealing import CannotUnseal

log = structlog.get_logger()

_CAUSES = {
    "dns": "its host name cannot be resolved (DNS)",
    "private": "its address is not public; to allow it, list its host without * in ALLOWED_SALEOR_URLS",
    "tls": "its certificate is not accepted (TLS)",
    "timeout": "it does not answer in time (timeout)",
    "refused": "it refuses the connection",
    "dropped": "it dropped the connection",
    "redirect": "it answers with a redirect",
    "too_large": "its answer is too large",
}


def register(parts: Parts, api_url: str, token: str, version: str) -> Installation:
    """Installs or reinstalls; repeatable. A reinstall keeps the history and makes what is owed due again.

    Raises RegistrationRefused with the reason that the shop's staff will read.
    """
    refusal = parts.allowed(api_url)
    if refusal is not None:
        log.warning("registration refused", api_url=api_url[:200], reason=refusal)
        raise RegistrationRefused(403, "SALEOR_URL_PROHIBITED", refusal)
    deadline = parts.deadline(parts.limits.registration)
    app_id = _app_id(parts, api_url, token, deadline)
    try:
        jwks = parts.saleor.jwks(api_url, deadline)
        read_jwks(jwks)
    except OutboundError as error:
        raise _unreachable("JWKS_NOT_AVAILABLE", "the keys of this Saleor could not be fetched", error) from error
    except ValueError as error:
        raise RegistrationRefused(
            401, "JWKS_NOT_AVAILABLE", f"the keys of this Saleor cannot be read: {error}"
        ) from error
    with parts.database.write() as tx:
        draft = Installation(0, api_url, parts.app_identifier, app_id, token, version)
        installation = installations.register(tx, parts.vault, draft, jwks, parts.now())
    parts.memory.installations.drop(api_url)
    parts.memory.keys.drop(installation.id)
    parts.memory.sealed_installations.drop(installation.id)
    log.info("installed", installation=installation.id, api_url=api_url, version=version)
    return installation


def uninstall(parts: Parts, installation: Installation, event: AppDeleted) -> None:
    """Drops the token of an uninstalled app; its rows stay and its transfers are followed on.

    Raises CallerNotTrusted where another app's end is announced.
    """
    if event.app_id not in (None, installation.app_id):
        raise CallerNotTrusted("WRONG_RECIPIENT", "the message is about another app")
    with parts.database.write() as tx:
        installations.uninstalled(tx, installation.id, installation.app_id, parts.now())
    parts.memory.installations.drop(installation.api_url)
    log.warning("uninstalled", installation=installation.id, api_url=installation.api_url)


class Standing(StrEnum):
    """Whether a Saleor has the app, as far as that can be told.

    The token of an app that is deleted there and of one that is not active read the same.
    """

    INSTALLED = "installed"
    UNINSTALLED = "uninstalled"
    REFUSED = "switched off or uninstalled"
    SILENT = "not answered"
    SEALED = "token cannot be opened"


def standing(parts: Parts, installation_id: int) -> Standing:
    """Asks a Saleor whether it has the app: before 3.23 none tells of an uninstall of its own accord."""
    try:
        with parts.database.read() as tx:
            installation = installations.by_id(tx, parts.vault, installation_id)
        if installation is None or installation.token is None:
            return Standing.UNINSTALLED
        deadline = parts.deadline(parts.limits.standing)
        app = parts.saleor.app_id(installation.api_url, installation.token, deadline)
    except CannotUnseal:
        return Standing.SEALED
    except OutboundError:
        return Standing.SILENT
    return Standing.REFUSED if app is None else Standing.INSTALLED


def _app_id(parts: Parts, api_url: str, token: str, deadline: Deadline) -> str:
    """Gives our App row's id; another app of the same Saleor has a good token too, and never speaks for us."""
    try:
        app = parts.saleor.app_id(api_url, token, deadline)
    except OutboundError as error:
        raise _unreachable("UNKNOWN_APP_ID", f"{api_url} could not be asked who we are", error) from error
    if app is None:
        reason = f"{api_url} does not know the token that was sent (wrong token)"
    elif app.identifier != parts.app_identifier:
        reason = f"the token that was sent belongs to another app than {parts.app_identifier}"
    else:
        return app.id
    log.warning("registration refused", api_url=api_url, reason=reason)
    raise RegistrationRefused(401, "UNKNOWN_APP_ID", reason)


def _unreachable(code: str, what: str, error: OutboundError) -> RegistrationRefused:
    cause = _CAUSES.get(getattr(error, "cause", ""), str(error))
    log.warning("registration failed", code=code, error=str(error))
    return RegistrationRefused(401, code, f"{what}: {cause}")
