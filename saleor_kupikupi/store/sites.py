"""The addresses of a shop's site that a registration with the provider names, kept with its notification address."""

from dataclasses import asdict

from sqlalchemy import bindparam, select, update

from saleor_kupikupi.domain.registration import Site
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store.database import Tx
from saleor_kupikupi.store.tables import notification_addresses

_its = notification_addresses.c
_OF = select(_its.site_url, _its.success_url, _its.fail_url).where(
    _its.connection_id == bindparam("id"), _its.environment == bindparam("where")
)
_KEEP = update(notification_addresses).where(
    _its.connection_id == bindparam("id"), _its.environment == bindparam("where")
)


def of(tx: Tx, connection_id: int, environment: Environment) -> Site:
    """Reads what is known of a connection's site; what nobody gave yet is empty."""
    row = tx.execute(_OF, {"id": connection_id, "where": environment}).one()
    return Site(row.site_url, row.success_url, row.fail_url)


def keep(tx: Tx, connection_id: int, environment: Environment, site: Site) -> None:
    """Writes the addresses of a connection's site as they now are."""
    tx.execute(_KEEP, {"id": connection_id, "where": environment, **asdict(site)})
