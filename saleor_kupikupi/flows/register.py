"""Prepares what a merchant sends to the provider's support, who give out keys for it."""

from collections.abc import Mapping

import structlog

from saleor_kupikupi.domain.addresses import Flaw
from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.registration import Site, flaws_of
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.return_pages import offered
from saleor_kupikupi.store import connections, sites
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()

Flaws = dict[tuple[Environment, str], Flaw]


def notification_url(parts: Parts, tx: Tx, connection: Connection, environment: Environment) -> str:
    """Gives the address that Kupi-Kupi is to notify; whoever knows it can send notifications."""
    key = connections.notification_key(tx, parts.vault, connection.id, environment)
    return f"{parts.base_url}/api/notifications/{key}"


def notification_urls(parts: Parts, connection: Connection) -> dict[Environment, str]:
    """Gives the addresses of both environments."""
    with parts.database.read() as tx:
        return {each: notification_url(parts, tx, connection, each) for each in Environment}


def sites_of(parts: Parts, connection: Connection) -> dict[Environment, Site]:
    """Reads the addresses of the shop's sites, with the app's own pages where the shop gave none to come back to."""
    with parts.database.read() as tx:
        given = {each: sites.of(tx, connection.id, each) for each in Environment}
    return {each: offered(parts, connection, each, site) for each, site in given.items()}


def keep_sites(parts: Parts, connection: Connection, given: Mapping[Environment, Site]) -> Flaws:
    """Keeps the addresses of the shop's sites, or gives what is wrong with them and keeps nothing."""
    flaws = {(each, name): flaw for each, site in given.items() for name, flaw in flaws_of(site).items()}
    if flaws:
        return flaws
    with parts.database.write() as tx:
        for each, site in given.items():
            sites.keep(tx, connection.id, each, site)
    log.info("addresses of the sites kept", connection=connection.id)
    return {}
