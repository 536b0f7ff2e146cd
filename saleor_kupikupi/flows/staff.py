"""Makes sure that a request of the Dashboard page comes from the staff of a Saleor that installed us.

Reading needs any member of staff; changing needs the person's own HANDLE_PAYMENTS, whatever the app itself may do.
"""

from dataclasses import dataclass

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import CallerNotTrusted, NotPermitted, StaffNotTrusted
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows.keys import installation_now, keys_with, known_installation
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.saleor import dashboard_token

CHANGES_NEED = "HANDLE_PAYMENTS"


@dataclass(frozen=True, slots=True)
class Staff:
    """A person who looks at one installation's page."""

    installation: Installation
    user_id: str
    email: str
    may_change: bool


def recognise(parts: Parts, authorization: str | None, deadline: Deadline) -> Staff:
    """Believes the bearer of a Dashboard token; raises StaffNotTrusted, or NotPermitted for those who are no staff."""
    token = _bearer(authorization)
    installation = _installation(parts, dashboard_token.issuer_of(token))
    try:
        keys = keys_with(parts, installation, dashboard_token.key_id_of(token), deadline)
    except CallerNotTrusted as error:
        raise StaffNotTrusted("TOKEN_NOT_TRUSTED", str(error)) from None
    claims = dashboard_token.read_claims(token, keys, parts.now())
    installation = _recipient(parts, installation, claims.app_id)
    if not claims.is_staff:
        raise NotPermitted("NOT_STAFF", "only the shop's staff may see this")
    return Staff(installation, claims.user_id, claims.email, CHANGES_NEED in claims.permissions)


def require_change(staff: Staff) -> None:
    """Raises NotPermitted for a person who may look and not change."""
    if not staff.may_change:
        raise NotPermitted("MAY_NOT_CHANGE", f"this needs the permission {CHANGES_NEED}")


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise StaffNotTrusted("NO_TOKEN", "the request carries no Dashboard token")
    return token.strip()


def _installation(parts: Parts, api_url: str) -> Installation:
    found = known_installation(parts, api_url)
    if found is None or found.token is None:
        raise _not_installed()
    return found


def _recipient(parts: Parts, installation: Installation, app_id: str) -> Installation:
    if app_id == installation.app_id:
        return installation
    # It may just have been installed again, in another process.
    fresh = installation_now(parts, installation.api_url)
    if fresh is None or fresh.token is None:
        raise _not_installed()
    if app_id != fresh.app_id:
        raise StaffNotTrusted("OTHER_APP", "the token is meant for another app, or for an earlier installation")
    return fresh


def _not_installed() -> StaffNotTrusted:
    return StaffNotTrusted("NOT_INSTALLED", "this Saleor has not installed the app")
