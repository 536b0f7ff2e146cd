"""What the keys of this process do not open: it leaves that to the others for some minutes, and writes nothing down.

While SECRET_KEY is being changed, the processes that know the new key seal what the others cannot open yet.
"""

import structlog

from saleor_kupikupi.flows.parts import Parts

log = structlog.get_logger()


def leave_installation(parts: Parts, installation_id: int, error: Exception) -> None:
    """Takes nothing more up for an installation whose token this process cannot open."""
    parts.memory.sealed_installations.put(installation_id, True)
    log.error("app token cannot be opened", installation=installation_id, error=str(error))


def leave_connection(parts: Parts, connection_id: int, error: Exception) -> None:
    """Takes no transfer up for a connection whose secret this process cannot open."""
    parts.memory.sealed_connections.put(connection_id, True)
    log.error("secret cannot be opened", connection=connection_id, error=str(error))
