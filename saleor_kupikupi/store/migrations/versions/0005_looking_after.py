"""What the round that looks after an installation needs: whose turn it is, how the provider answers, missing orders.

Transfers that were confirmed before are not looked up again: `confirmed_at` and `order_due_at` stay empty for them.
"""

from typing import Any

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, Integer, String, text

from saleor_kupikupi.store.columns import Moment, Words

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer(), "sqlite")
WITHOUT_ORDER = "state = 'CONFIRMED' AND source_kind = 'checkout' AND order_id IS NULL"
INDEXES = {
    "without_order": ("installation_id", "confirmed_at", WITHOUT_ORDER),
    "order_due_at": ("installation_id", "order_due_at", "order_due_at IS NOT NULL"),
    "confirmed_at": ("connection_id", "confirmed_at", "confirmed_at IS NOT NULL"),
    "claimed_at": ("connection_id", "claimed_at", "claimed_at IS NOT NULL"),
}


def upgrade() -> None:
    op.add_column("installations", Column("round_due_at", Moment()))
    op.add_column("transfers", Column("confirmed_at", Moment()))
    op.add_column("transfers", Column("order_due_at", Moment()))
    for name, (owner, moment, condition) in INDEXES.items():
        op.create_index(f"ix_transfers_{name}", "transfers", [owner, moment], **_only(condition))
    op.create_table(
        "connection_health",
        Column("connection_id", KEY, ForeignKey("connections.id"), primary_key=True),
        Column("environment", String(16), primary_key=True),
        Column("accepted_at", Moment()),
        Column("heard_at", Moment()),
        Column("failing_since", Moment()),
        Column("refused_since", Moment()),
        Column("refusal", Words(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("connection_health")
    for name in INDEXES:
        op.drop_index(f"ix_transfers_{name}", "transfers")
    op.drop_column("transfers", "order_due_at")
    op.drop_column("transfers", "confirmed_at")
    op.drop_column("installations", "round_due_at")


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
