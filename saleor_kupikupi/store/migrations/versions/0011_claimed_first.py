"""Claimed transfers that are due are found without passing by the others."""

from alembic import op
from sqlalchemy import text

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    where = text("due_at IS NOT NULL AND claimed_at IS NOT NULL")
    op.create_index("ix_transfers_claimed_due", "transfers", ["due_at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_index("ix_transfers_claimed_due")
