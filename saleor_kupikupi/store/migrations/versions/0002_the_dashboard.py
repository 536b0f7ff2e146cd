"""What the Dashboard's page needs: refunds that people make, problems, and where a payment's order is."""

from typing import Any

from alembic import op
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    text,
)

from saleor_kupikupi.store.columns import Moment, Words

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = BigInteger().with_variant(Integer(), "sqlite")
ADDED = {
    "connections": ("refunds", "return_urls", "cabinet_url"),
    "transfers": ("order_id", "order_number"),
    "reports": ("actions",),
}


def upgrade() -> None:
    op.add_column("connections", Column("refunds", String(16), nullable=False, server_default="refuse"))
    op.add_column("connections", Column("return_urls", Words(), nullable=False, server_default=""))
    op.add_column("connections", Column("cabinet_url", Words(), nullable=False, server_default=""))
    op.add_column("transfers", Column("order_id", Words()))
    op.add_column("transfers", Column("order_number", Words()))
    for column in ("order_id", "order_number"):
        op.create_index(f"ix_transfers_{column}", "transfers", [column], **_only(f"{column} IS NOT NULL"))
    op.add_column("reports", Column("actions", Words()))
    _refund_tasks()
    _problems()


def downgrade() -> None:
    op.drop_table("problems")
    op.drop_table("refund_tasks")
    op.drop_index("ix_transfers_order_number", "transfers")
    op.drop_index("ix_transfers_order_id", "transfers")
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)


def _refund_tasks() -> None:
    op.create_table(
        "refund_tasks",
        Column("id", KEY, primary_key=True),
        Column("transfer_id", KEY, ForeignKey("transfers.id"), nullable=False),
        Column("installation_id", KEY, ForeignKey("installations.id"), nullable=False),
        Column("psp_reference", Words(), nullable=False),
        Column("request_event_id", Words()),
        Column("asked", KEY, nullable=False),
        Column("state", String(16), nullable=False),
        Column("asked_at", Moment(), nullable=False),
        Column("reason", Words(), nullable=False),
        Column("granted", Boolean(), nullable=False),
        Column("returned", KEY),
        Column("returned_on", Date()),
        Column("note", Words(), nullable=False),
        Column("answered_by", Words(), nullable=False),
        Column("answered_at", Moment()),
        UniqueConstraint("transfer_id", "psp_reference", name="uq_refund_tasks_psp_reference"),
    )
    op.create_index("ix_refund_tasks_open", "refund_tasks", ["installation_id", "id"], **_only("state = 'open'"))
    op.create_index("ix_refund_tasks_installation", "refund_tasks", ["installation_id", "id"])


def _problems() -> None:
    op.create_table(
        "problems",
        Column("id", KEY, primary_key=True),
        Column("installation_id", KEY, ForeignKey("installations.id"), nullable=False),
        Column("key", Words(), nullable=False),
        Column("message", Words(), nullable=False),
        Column("since", Moment(), nullable=False),
        Column("told_at", Moment()),
        Column("ended_at", Moment()),
        UniqueConstraint("installation_id", "key", name="uq_problems_key"),
    )


def _only(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}
