"""The first tables."""

from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)

from saleor_kupikupi.store.columns import Moment, Words

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer(), "sqlite")
OF_TRANSFERS = ["timeline", "cancel_requests", "reports", "code_tries", "balance_questions"]
TABLES = ["installations", "connections", "credentials", "notification_addresses", "channels", "transfers"]


def upgrade() -> None:
    _installations()
    _connections()
    _credentials()
    _notification_addresses()
    _channels()
    _transfers()
    _indexes_of_transfers()
    _timeline()
    _cancel_requests()
    _reports()
    _code_tries()
    _balance_questions()


def downgrade() -> None:
    for table in reversed(TABLES + OF_TRANSFERS):
        op.drop_table(table)


def _installations() -> None:
    op.create_table(
        "installations",
        Column("id", KEY, primary_key=True),
        Column("api_url", Words(), nullable=False),
        Column("app_identifier", Words(), nullable=False),
        Column("app_id", Words(), nullable=False),
        Column("token_sealed", Text()),
        Column("version", Words(), nullable=False),
        Column("jwks", Words(), nullable=False),
        Column("jwks_fetched_at", Moment(), nullable=False),
        Column("keys_asked_at", Moment()),
        Column("registered_at", Moment(), nullable=False),
        Column("uninstalled_at", Moment()),
        Column("reports_suspended_until", Moment()),
        Column("suspension_reason", Words(), nullable=False),
        UniqueConstraint("api_url", "app_identifier", name="uq_installations_api_url"),
    )


def _connections() -> None:
    op.create_table(
        "connections",
        Column("id", KEY, primary_key=True),
        Column("installation_id", KEY, ForeignKey("installations.id"), nullable=False),
        Column("name", Words(), nullable=False),
        Column("environment", String(16), nullable=False),
        Column("wire_format_choice", String(16), nullable=False),
        Column("ack", String(16), nullable=False),
        Column("guard", Boolean(), nullable=False),
        Column("balance_check", String(16), nullable=False),
        Column("show_balance", Boolean(), nullable=False),
        Column("accept_code", Boolean(), nullable=False),
        Column("trust_test_notification", Boolean(), nullable=False),
        Column("removed_at", Moment()),
    )
    op.create_index(
        "uq_connections_name", "connections", ["installation_id", "name"], unique=True, **_only("removed_at IS NULL")
    )


def _credentials() -> None:
    op.create_table(
        "credentials",
        Column("id", KEY, primary_key=True),
        Column("connection_id", KEY, ForeignKey("connections.id"), nullable=False),
        Column("environment", String(16), nullable=False),
        Column("platform_uid", Words(), nullable=False),
        Column("secret_sealed", Text()),
        Column("base_url", Words(), nullable=False),
        Column("wire_format", String(16), nullable=False),
        Column("settled", Boolean(), nullable=False),
        Column("saved_at", Moment(), nullable=False),
        Column("retired_at", Moment()),
    )
    op.create_index(
        "uq_credentials_current",
        "credentials",
        ["connection_id", "environment"],
        unique=True,
        **_only("retired_at IS NULL"),
    )


def _notification_addresses() -> None:
    op.create_table(
        "notification_addresses",
        Column("connection_id", KEY, ForeignKey("connections.id"), primary_key=True),
        Column("environment", String(16), primary_key=True),
        Column("key_sealed", Text(), nullable=False),
        Column("key_hmac", String(64), nullable=False),
        UniqueConstraint("key_hmac", name="uq_notification_addresses_key_hmac"),
    )


def _channels() -> None:
    op.create_table(
        "channels",
        Column("installation_id", KEY, ForeignKey("installations.id"), primary_key=True),
        Column("slug", Words(), primary_key=True),
        Column("connection_id", KEY, ForeignKey("connections.id"), nullable=False),
    )
    op.create_index("ix_channels_connection_id", "channels", ["connection_id"])


def _transfers() -> None:
    op.create_table(
        "transfers",
        *_what_a_transfer_is(),
        *_what_became_of_it(),
        UniqueConstraint("reference", "installation_id", name="uq_transfers_reference"),
    )


def _indexes_of_transfers() -> None:
    undecided = "state IN ('REQUESTED', 'OPEN') AND never_opened_at IS NULL"
    only = {
        "due": (["due_at"], "due_at IS NOT NULL"),
        "payment_id": (["payment_id"], "payment_id IS NOT NULL"),
        "stale": (["id"], f"stale_at IS NOT NULL AND {undecided}"),
        "undecided": (["connection_id", "phone_hmac"], undecided),
    }
    for name, (columns, condition) in only.items():
        op.create_index(f"ix_transfers_{name}", "transfers", columns, **_only(condition))
    slot = ["claim_slot", "installation_id"]
    op.create_index("uq_transfers_claim_slot", "transfers", slot, unique=True, **_only("claim_slot IS NOT NULL"))
    whole = {
        "installation": ["installation_id", "id"],
        "installation_state": ["installation_id", "state", "id"],
        "phone_last4": ["phone_last4", "id"],
        "source_id": ["source_id"],
        "source_key": ["source_key", "installation_id"],
        "state": ["state", "id"],
    }
    for name, columns in whole.items():
        op.create_index(f"ix_transfers_{name}", "transfers", columns)


def _what_a_transfer_is() -> list[Column[Any]]:
    return [
        Column("id", KEY, primary_key=True),
        Column("installation_id", KEY, ForeignKey("installations.id"), nullable=False),
        Column("connection_id", KEY, ForeignKey("connections.id")),
        Column("credentials_id", KEY, ForeignKey("credentials.id")),
        Column("environment", String(16)),
        Column("reference", Words(), nullable=False),
        Column("source_kind", String(16), nullable=False),
        Column("source_id", Words(), nullable=False),
        Column("source_key", Words(), nullable=False),
        Column("channel", Words(), nullable=False),
        Column("amount", KEY, nullable=False),
        Column("phone_last4", String(4), nullable=False),
        Column("language", String(8), nullable=False),
        Column("state", String(16), nullable=False),
        Column("created_at", Moment(), nullable=False),
    ]


def _what_became_of_it() -> list[Column[Any]]:
    return [
        Column("provider_status", Words(), nullable=False),
        Column("payment_id", Words()),
        Column("transfer_url", Words()),
        Column("refusal_code", Words()),
        Column("refusal_provider_code", Words()),
        Column("refusal_provider_message", Words()),
        Column("sent_at", Moment()),
        Column("resent_at", Moment()),
        Column("claimed_at", Moment()),
        Column("claimed_status", Words(), nullable=False),
        Column("superseded_at", Moment()),
        Column("abandoned_at", Moment()),
        Column("never_opened_at", Moment()),
        Column("stale_at", Moment()),
        Column("checked_at", Moment()),
        Column("step", Integer(), nullable=False),
        Column("phone_sealed", Text()),
        Column("phone_hmac", String(64)),
        Column("claim_slot", Words()),
        Column("due_at", Moment()),
        Column("leased_until", Moment()),
        Column("lease_owner", String(128)),
    ]


def _timeline() -> None:
    op.create_table(
        "timeline",
        Column("id", KEY, primary_key=True),
        Column("transfer_id", KEY, ForeignKey("transfers.id"), nullable=False),
        Column("at", Moment(), nullable=False),
        Column("who", Words(), nullable=False),
        Column("what", Words(), nullable=False),
        Column("detail", Words(), nullable=False),
    )
    op.create_index("ix_timeline_transfer", "timeline", ["transfer_id", "id"])


def _cancel_requests() -> None:
    op.create_table(
        "cancel_requests",
        Column("id", KEY, primary_key=True),
        Column("transfer_id", KEY, ForeignKey("transfers.id"), nullable=False),
        Column("request_event_id", Words()),
        Column("psp_reference", Words(), nullable=False),
        Column("asked_at", Moment(), nullable=False),
        Column("settled_at", Moment()),
        UniqueConstraint("transfer_id", "psp_reference", name="uq_cancel_requests_psp_reference"),
    )


def _reports() -> None:
    op.create_table(
        "reports",
        Column("id", KEY, primary_key=True),
        Column("transfer_id", KEY, ForeignKey("transfers.id"), nullable=False),
        Column("installation_id", KEY, ForeignKey("installations.id"), nullable=False),
        Column("type", String(32), nullable=False),
        Column("psp_reference", Words(), nullable=False),
        Column("amount", KEY, nullable=False),
        Column("message", Words(), nullable=False),
        Column("state", String(16), nullable=False),
        Column("owed_since", Moment(), nullable=False),
        Column("due_at", Moment(), nullable=False),
        Column("attempts", Integer(), nullable=False),
        Column("last_error", Words(), nullable=False),
        Column("delivered_at", Moment()),
        Column("leased_until", Moment()),
        Column("lease_owner", String(128)),
        UniqueConstraint("transfer_id", "type", "psp_reference", name="uq_reports_event"),
    )
    op.create_index("ix_reports_dead", "reports", ["transfer_id"], **_only("state = 'dead'"))
    op.create_index("ix_reports_due", "reports", ["installation_id", "due_at"], **_only("state = 'owed'"))
    op.create_index("ix_reports_installation", "reports", ["installation_id", "id"])
    op.create_index("ix_reports_installation_state", "reports", ["installation_id", "state", "id"])
    op.create_index("ix_reports_state", "reports", ["state", "id"])


def _code_tries() -> None:
    op.create_table(
        "code_tries",
        Column("id", KEY, primary_key=True),
        Column("transfer_id", KEY, ForeignKey("transfers.id"), nullable=False),
        Column("connection_id", KEY, ForeignKey("connections.id"), nullable=False),
        Column("phone_hmac", String(64), nullable=False),
        Column("tried_at", Moment(), nullable=False),
    )
    op.create_index("ix_code_tries_phone", "code_tries", ["phone_hmac", "connection_id", "tried_at"])
    op.create_index("ix_code_tries_transfer_id", "code_tries", ["transfer_id"])


def _balance_questions() -> None:
    op.create_table(
        "balance_questions",
        Column("id", KEY, primary_key=True),
        Column("connection_id", KEY, ForeignKey("connections.id"), nullable=False),
        Column("phone_hmac", String(64), nullable=False),
        Column("total", KEY, nullable=False),
        Column("asked_at", Moment(), nullable=False),
    )
    op.create_index("ix_balance_questions_phone", "balance_questions", ["phone_hmac", "connection_id", "asked_at"])


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
