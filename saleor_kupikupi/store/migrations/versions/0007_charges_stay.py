"""Charges that stay: reports alone write to Saleor, and looks lie at fixed times after the first claim or the start."""

from alembic import op
from sqlalchemy import Column, Integer, text

from saleor_kupikupi.store.columns import Moment

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(text("DELETE FROM reports WHERE type IN ('TRANSACTION_NAME', 'TRANSACTION_ACTIONS')"))
    op.add_column("transfers", Column("first_claimed_at", Moment()))
    op.execute(text("UPDATE transfers SET first_claimed_at = claimed_at WHERE claimed_at IS NOT NULL"))
    op.drop_column("transfers", "step")
    op.add_column("transfers", Column("reports_held_until", Moment()))


def downgrade() -> None:
    op.drop_column("transfers", "reports_held_until")
    op.add_column("transfers", Column("step", Integer(), nullable=False, server_default="8"))
    op.drop_column("transfers", "first_claimed_at")
