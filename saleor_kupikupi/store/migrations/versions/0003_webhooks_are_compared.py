"""When an installation's webhooks are compared with the manifest again."""

from alembic import op
from sqlalchemy import Column

from saleor_kupikupi.store.columns import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("installations", Column("webhooks_due_at", Moment()))


def downgrade() -> None:
    op.drop_column("installations", "webhooks_due_at")
