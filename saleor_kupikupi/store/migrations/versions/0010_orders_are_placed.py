"""Whether the app places orders that Saleor 3.21 forgets."""

from alembic import op
from sqlalchemy import Boolean, Column, true

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("connections", Column("place_orders", Boolean(), nullable=False, server_default=true()))


def downgrade() -> None:
    op.drop_column("connections", "place_orders")
