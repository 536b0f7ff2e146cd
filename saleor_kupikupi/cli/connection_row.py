"""How a connection is shown to an operator."""

from typing import Any

from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.settings import Settings
from saleor_kupikupi.store import connections as stored
from saleor_kupikupi.store import credentials as stored_credentials


def row_of(settings: Settings, parts: Parts, tx: Any, connection: Connection) -> dict[str, Any]:
    """Lays out everything that may be shown of a connection; of a secret only its end."""
    credentials = {each: stored_credentials.current(tx, parts.vault, connection.id, each) for each in Environment}
    used = credentials[connection.environment]
    return {
        "name": connection.name,
        "environment": connection.environment.value,
        "channels": [slug or "(default)" for slug in stored.channels_of(tx, connection.id)],
        "platform uid": used.platform_uid if used else None,
        "secret": f"…{used.secret[-4:]}" if used and len(used.secret) >= 12 else ("set" if used else "missing"),
        "wire format": f"{used.wire_format}{'' if used.settled else ' (not settled)'}" if used else None,
        "base url": used.base_url if used else None,
        **{
            name: getattr(connection, name) for name in ("ack", "guard", "balance_check", "show_balance", "accept_code")
        },
        "trust test notification": connection.trust_test_notification,
        **{f"{each} notification url": address_of(settings, parts, tx, connection, each) for each in Environment},
    }


def address_of(settings: Settings, parts: Parts, tx: Any, connection: Connection, environment: Environment) -> str:
    """Gives the address that Kupi-Kupi is to notify."""
    return f"{settings.base_url}/api/notifications/" + stored.notification_key(
        tx, parts.vault, connection.id, environment
    )
