"""Charges that stay: reports alone write to Saleor, and looks lie at fixed times after the first claim or the start."""

from datetime import UTC, datetime, timedelta

from alembic import op
from sqlalchemy import Column, ForeignKey, Integer, bindparam, text

from saleor_kupikupi.store.columns import Key, Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a migration is given no clock


def upgrade() -> None:
    op.execute(text("DELETE FROM reports WHERE type IN ('TRANSACTION_NAME', 'TRANSACTION_ACTIONS')"))
    op.add_column("transfers", Column("first_claimed_at", Moment()))
    op.execute(text("UPDATE transfers SET first_claimed_at = claimed_at WHERE claimed_at IS NOT NULL"))
    op.drop_column("transfers", "step")
    op.add_column("transfers", Column("reports_held_until", Moment()))
    op.create_table(
        "verifications",
        Column("transfer_id", Key, ForeignKey("transfers.id"), primary_key=True, autoincrement=False),
        Column("installation_id", Key, ForeignKey("installations.id"), nullable=False),
        Column("told_at", Moment, nullable=False),
        Column("due_at", Moment),
        Column("verified_at", Moment),
        Column("tries", Integer, nullable=False),
        Column("recalculations", Integer, nullable=False),
        Column("lost_at", Moment),
    )
    for name, columns, filled in (
        ("due", ["due_at"], "due_at"),
        ("lost", ["installation_id", "transfer_id"], "lost_at"),
    ):
        where = text(f"{filled} IS NOT NULL")
        op.create_index(
            f"ix_verifications_{name}", "verifications", columns, sqlite_where=where, postgresql_where=where
        )
    # The charges of the last thirty days are looked at once: some may have been lost.
    op.execute(
        text(
            "INSERT INTO verifications"
            " (transfer_id, installation_id, told_at, due_at, verified_at, tries, recalculations)"
            " SELECT transfer_id, installation_id, delivered_at, delivered_at, delivered_at, 0, 0 FROM reports"
            " WHERE type = 'CHARGE_SUCCESS' AND state = 'delivered' AND delivered_at > :since"
        ).bindparams(bindparam("since", _now() - timedelta(days=30), Moment()))
    )


def downgrade() -> None:
    op.drop_table("verifications")
    op.drop_column("transfers", "reports_held_until")
    op.add_column("transfers", Column("step", Integer(), nullable=False, server_default="8"))
    op.drop_column("transfers", "first_claimed_at")
