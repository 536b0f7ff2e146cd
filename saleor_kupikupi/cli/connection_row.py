"""How a connection is shown to an operator."""

from typing import Any

from saleor_kupikupi.flows.connect import Setup
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.register import notification_urls

_CHOICES = ("ack", "guard", "balance_check", "show_balance", "accept_code", "place_orders")


def row_of(parts: Parts, setup: Setup) -> dict[str, Any]:
    """Lays out everything that may be shown of a connection; of a secret only its end."""
    connection, used = setup.connection, setup.key_in_use
    return {
        "name": connection.name,
        "environment": connection.environment.value,
        "channels": [slug or "(default)" for slug in setup.channels],
        "platform uid": used.platform_uid if used else None,
        "secret": f"…{used.end}" if used and used.end else ("set" if used else "missing"),
        "wire format": f"{used.wire_format}{'' if used.settled else ' (not settled)'}" if used else None,
        "base url": used.base_url if used else None,
        **{name: getattr(connection, name) for name in _CHOICES},
        "trust test notification": connection.trust_test_notification,
        "refunds": connection.refunds.value,
        "return urls": list(connection.return_urls),
        "cabinet url": connection.cabinet_url,
        **{f"{each} notification url": url for each, url in notification_urls(parts, connection).items()},
    }
