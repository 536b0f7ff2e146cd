"""The tables, their keys and their indexes, as the newest migration leaves them. It knows no query.

Every query on a table that grows walks an index, a partial one only where it repeats its condition, named here.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    and_,
    literal_column,
    or_,
    true,
)

from saleor_kupikupi.store import side_tables
from saleor_kupikupi.store.columns import Key, Moment, Words
from saleor_kupikupi.store.side_tables import only

metadata = side_tables.metadata


installations = Table(
    "installations",
    metadata,
    Column("id", Key, primary_key=True),
    Column("api_url", Words, nullable=False),
    Column("app_identifier", Words, nullable=False),
    Column("app_id", Words, nullable=False),
    Column("token_sealed", Text),
    Column("version", Words, nullable=False),
    Column("jwks", Words, nullable=False),
    Column("jwks_fetched_at", Moment, nullable=False),
    Column("keys_asked_at", Moment),
    Column("registered_at", Moment, nullable=False),
    Column("uninstalled_at", Moment),
    Column("reports_suspended_until", Moment),
    Column("suspension_reason", Words, nullable=False),
    Column("webhooks_due_at", Moment),
    Column("round_due_at", Moment),
    Column("dashboard_url", Words, nullable=False, server_default=""),
    UniqueConstraint("api_url", "app_identifier", name="uq_installations_api_url"),
)

connections = Table(
    "connections",
    metadata,
    Column("id", Key, primary_key=True),
    Column("installation_id", Key, ForeignKey("installations.id"), nullable=False),
    Column("name", Words, nullable=False),
    Column("environment", String(16), nullable=False),
    Column("wire_format_choice", String(16), nullable=False),
    Column("ack", String(16), nullable=False),
    Column("guard", Boolean, nullable=False),
    Column("balance_check", String(16), nullable=False),
    Column("show_balance", Boolean, nullable=False),
    Column("accept_code", Boolean, nullable=False),
    Column("trust_test_notification", Boolean, nullable=False),
    Column("place_orders", Boolean, nullable=False, server_default=true()),
    Column("refunds", String(16), nullable=False, server_default="refuse"),
    Column("return_urls", Words, nullable=False, server_default=""),
    Column("cabinet_url", Words, nullable=False, server_default=""),
    Column("removed_at", Moment),
)
Index(
    "uq_connections_name",
    connections.c.installation_id,
    connections.c.name,
    unique=True,
    **only(connections.c.removed_at.is_(None)),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", Key, primary_key=True),
    Column("connection_id", Key, ForeignKey("connections.id"), nullable=False),
    Column("environment", String(16), nullable=False),
    Column("platform_uid", Words, nullable=False),
    Column("secret_sealed", Text),
    Column("base_url", Words, nullable=False),
    Column("wire_format", String(16), nullable=False),
    Column("settled", Boolean, nullable=False),
    Column("saved_at", Moment, nullable=False),
    Column("retired_at", Moment),
)
Index(
    "uq_credentials_current",
    credentials.c.connection_id,
    credentials.c.environment,
    unique=True,
    **only(credentials.c.retired_at.is_(None)),
)

notification_addresses = Table(
    "notification_addresses",
    metadata,
    Column("connection_id", Key, ForeignKey("connections.id"), primary_key=True),
    Column("environment", String(16), primary_key=True),
    Column("key_sealed", Text, nullable=False),
    Column("key_hmac", String(64), nullable=False),
    *(Column(name, Words, nullable=False, server_default="") for name in ("site_url", "success_url", "fail_url")),
    UniqueConstraint("key_hmac", name="uq_notification_addresses_key_hmac"),
)

channels = Table(
    "channels",
    metadata,
    Column("installation_id", Key, ForeignKey("installations.id"), primary_key=True),
    Column("slug", Words, primary_key=True),  # empty for the default of all other channels
    Column("connection_id", Key, ForeignKey("connections.id"), nullable=False, index=True),
)

transfers = Table(
    "transfers",
    metadata,
    Column("id", Key, primary_key=True),
    Column("installation_id", Key, ForeignKey("installations.id"), nullable=False),
    Column("connection_id", Key, ForeignKey("connections.id")),
    Column("credentials_id", Key, ForeignKey("credentials.id")),
    Column("environment", String(16)),
    Column("reference", Words, nullable=False),
    Column("source_kind", String(16), nullable=False),
    Column("source_id", Words, nullable=False),
    Column("source_key", Words, nullable=False),
    Column("channel", Words, nullable=False),
    Column("amount", Key, nullable=False),
    Column("phone_last4", String(4), nullable=False),
    Column("language", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("provider_status", Words, nullable=False),
    Column("payment_id", Words),
    Column("transfer_url", Words),
    Column("refusal_code", Words),
    Column("refusal_provider_code", Words),
    Column("refusal_provider_message", Words),
    Column("sent_at", Moment),
    Column("resent_at", Moment),
    Column("first_claimed_at", Moment),
    Column("claimed_at", Moment),
    Column("claimed_status", Words, nullable=False),
    Column("superseded_at", Moment),
    Column("abandoned_at", Moment),
    Column("never_opened_at", Moment),
    Column("stale_at", Moment),
    Column("checked_at", Moment),
    Column("phone_sealed", Text),
    Column("phone_hmac", String(64)),
    Column("claim_slot", Words),
    Column("due_at", Moment),
    Column("leased_until", Moment),
    Column("lease_owner", String(128)),
    *(Column(name, Words) for name in ("order_id", "order_number", "return_url")),
    Column("confirmed_at", Moment),
    Column("order_due_at", Moment),
    Column("reports_held_until", Moment),
    UniqueConstraint("reference", "installation_id", name="uq_transfers_reference"),
)
# Constants, not parameters: a planner compares them with an index's condition.
UNDECIDED = and_(
    transfers.c.state.in_((literal_column("'REQUESTED'"), literal_column("'OPEN'"))),
    transfers.c.never_opened_at.is_(None),
)
STALE = and_(transfers.c.stale_at.is_not(None), UNDECIDED)
DOUBLE = and_(
    transfers.c.state == literal_column("'CONFIRMED'"),
    or_(
        transfers.c.superseded_at.is_not(None),
        transfers.c.abandoned_at.is_not(None),
        transfers.c.never_opened_at.is_not(None),
    ),
)
Index(
    "uq_transfers_claim_slot",
    transfers.c.claim_slot,
    transfers.c.installation_id,
    unique=True,
    **only(transfers.c.claim_slot.is_not(None)),
)
WITHOUT_ORDER = and_(
    transfers.c.state == literal_column("'CONFIRMED'"),
    transfers.c.source_kind == literal_column("'checkout'"),
    transfers.c.order_id.is_(None),
)
Index("ix_transfers_without_order", transfers.c.installation_id, transfers.c.confirmed_at, **only(WITHOUT_ORDER))
for _moment, _owner in (
    (transfers.c.order_due_at, transfers.c.installation_id),
    (transfers.c.confirmed_at, transfers.c.connection_id),
    (transfers.c.claimed_at, transfers.c.connection_id),
):
    Index(f"ix_transfers_{_moment.name}", _owner, _moment, **only(_moment.is_not(None)))
Index("ix_transfers_due", transfers.c.due_at, **only(transfers.c.due_at.is_not(None)))
Index(
    "ix_transfers_claimed_due",
    transfers.c.due_at,
    **only(and_(transfers.c.due_at.is_not(None), transfers.c.claimed_at.is_not(None))),
)
Index("ix_transfers_undecided", transfers.c.connection_id, transfers.c.phone_hmac, **only(UNDECIDED))
Index("ix_transfers_stale", transfers.c.id, **only(STALE))
Index("ix_transfers_double", transfers.c.state, transfers.c.id, **only(DOUBLE))
Index("ix_transfers_source_key", transfers.c.source_key, transfers.c.installation_id)
Index("ix_transfers_source_id", transfers.c.source_id)
for _sought in (transfers.c.payment_id, transfers.c.order_id, transfers.c.order_number):
    Index(f"ix_transfers_{_sought.name}", _sought, **only(_sought.is_not(None)))
Index("ix_transfers_phone_last4", transfers.c.phone_last4, transfers.c.id)
Index("ix_transfers_installation", transfers.c.installation_id, transfers.c.id)
Index("ix_transfers_state", transfers.c.state, transfers.c.id)
Index("ix_transfers_installation_state", transfers.c.installation_id, transfers.c.state, transfers.c.id)

timeline = Table(
    "timeline",
    metadata,
    Column("id", Key, primary_key=True),
    Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("who", Words, nullable=False),
    Column("what", Words, nullable=False),
    Column("detail", Words, nullable=False),
    Index("ix_timeline_transfer", "transfer_id", "id"),
)

cancel_requests = Table(
    "cancel_requests",
    metadata,
    Column("id", Key, primary_key=True),
    Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False),
    Column("request_event_id", Words),
    Column("psp_reference", Words, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("settled_at", Moment),
    UniqueConstraint("transfer_id", "psp_reference", name="uq_cancel_requests_psp_reference"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Key, primary_key=True),
    Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False),
    Column("installation_id", Key, ForeignKey("installations.id"), nullable=False),
    Column("type", String(32), nullable=False),
    Column("psp_reference", Words, nullable=False),
    Column("amount", Key, nullable=False),
    Column("message", Words, nullable=False),
    Column("state", String(16), nullable=False),
    Column("owed_since", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Words, nullable=False),
    Column("delivered_at", Moment),
    Column("leased_until", Moment),
    Column("lease_owner", String(128)),
    Column("actions", Words),
    UniqueConstraint("transfer_id", "type", "psp_reference", name="uq_reports_event"),
)
OWED = reports.c.state == literal_column("'owed'")
DEAD = reports.c.state == literal_column("'dead'")
Index("ix_reports_due", reports.c.installation_id, reports.c.due_at, **only(OWED))
Index("ix_reports_dead", reports.c.transfer_id, **only(DEAD))
Index("ix_reports_state", reports.c.state, reports.c.id)
Index("ix_reports_installation", reports.c.installation_id, reports.c.id)
Index("ix_reports_installation_state", reports.c.installation_id, reports.c.state, reports.c.id)

refund_tasks = Table(
    "refund_tasks",
    metadata,
    Column("id", Key, primary_key=True),
    Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False),
    Column("installation_id", Key, ForeignKey("installations.id"), nullable=False),
    Column("psp_reference", Words, nullable=False),
    Column("request_event_id", Words),
    Column("asked", Key, nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("reason", Words, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("returned", Key),
    Column("returned_on", Date),
    Column("note", Words, nullable=False),
    Column("answered_by", Words, nullable=False),
    Column("answered_at", Moment),
    UniqueConstraint("transfer_id", "psp_reference", name="uq_refund_tasks_psp_reference"),
    Index("ix_refund_tasks_installation", "installation_id", "id"),
)
WAITING = refund_tasks.c.state == literal_column("'open'")
Index("ix_refund_tasks_open", refund_tasks.c.installation_id, refund_tasks.c.id, **only(WAITING))
