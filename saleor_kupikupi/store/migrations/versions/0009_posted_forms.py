"""Forms that were posted, each one once."""

from alembic import op
from sqlalchemy import Column, ForeignKey, String

from saleor_kupikupi.store.columns import Key, Moment

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "posted_forms",
        Column("key", String(32), primary_key=True),
        Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False),
        Column("said", String(64), nullable=False),
        Column("posted_at", Moment, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("posted_forms")
