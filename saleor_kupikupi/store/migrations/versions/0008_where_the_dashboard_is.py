"""Where each installation's Dashboard is, as its page tells."""

from alembic import op
from sqlalchemy import Column

from saleor_kupikupi.store.columns import Words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installations", Column("dashboard_url", Words(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("installations", "dashboard_url")
