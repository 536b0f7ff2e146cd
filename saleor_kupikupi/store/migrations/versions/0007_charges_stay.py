"""Nothing writes a transaction in Saleor but reports of events."""

from alembic import op
from sqlalchemy import text

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(text("DELETE FROM reports WHERE type IN ('TRANSACTION_NAME', 'TRANSACTION_ACTIONS')"))


def downgrade() -> None:
    pass
