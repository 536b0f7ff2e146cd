"""Finds transfers that were confirmed though they were withdrawn, however many rows there are."""

from alembic import op
from sqlalchemy import text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DOUBLE = text(
    "state = 'CONFIRMED' AND (superseded_at IS NOT NULL OR abandoned_at IS NOT NULL OR never_opened_at IS NOT NULL)"
)


def upgrade() -> None:
    op.create_index("ix_transfers_double", "transfers", ["state", "id"], sqlite_where=DOUBLE, postgresql_where=DOUBLE)


def downgrade() -> None:
    op.drop_index("ix_transfers_double", "transfers")
