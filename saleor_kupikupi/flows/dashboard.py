"""Learns where each installation's Dashboard is, and gives the links that lead into it."""

from collections.abc import Sequence

import structlog

from saleor_kupikupi.domain.cabinet import cabinet_link
from saleor_kupikupi.domain.dashboard import is_dashboard, origins_for, transfer_link
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.staff import Staff
from saleor_kupikupi.store import connections, installations
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()


def note_dashboard(parts: Parts, staff: Staff, url: str, origins: Sequence[str]) -> None:
    """Writes down where the Dashboard is, as the page says that a person looks at it in.

    Only who may change the installation is believed, and only an address at an origin that may show its page; `origins`
    are the configured ones.
    """
    installation = staff.installation
    if url == installation.dashboard_url or not staff.may_change:
        return
    if not is_dashboard(url, origins_for(installation.api_url, origins)):
        return
    with parts.database.write() as tx:
        news = installations.note_dashboard(tx, installation.id, url)
    parts.memory.installations.drop(installation.api_url)
    if news:
        log.info("dashboard known", installation=installation.id, url=url)


def event_link(tx: Tx, installation: Installation, transfer: Transfer) -> str:
    """Gives where an event of a transaction leads staff, in 200 characters at most.

    That is the payment's place in the provider's cabinet where the merchant has named one, else the transfer's page in
    the Dashboard; empty where neither is known.
    """
    connection = None if transfer.connection_id is None else connections.by_id(tx, transfer.connection_id)
    cabinet = cabinet_link(connection.cabinet_url, transfer) if connection else ""
    return cabinet or transfer_link(installation, transfer.reference)
