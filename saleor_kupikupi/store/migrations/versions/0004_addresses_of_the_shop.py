"""The shop's own addresses: what its registration names, and where a storefront wants a buyer back."""

from alembic import op
from sqlalchemy import Column

from saleor_kupikupi.store.columns import Words

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

OF_THE_SITE = ("site_url", "success_url", "fail_url")


def upgrade() -> None:
    for column in OF_THE_SITE:
        op.add_column("notification_addresses", Column(column, Words(), nullable=False, server_default=""))
    op.add_column("transfers", Column("return_url", Words()))


def downgrade() -> None:
    op.drop_column("transfers", "return_url")
    for column in OF_THE_SITE:
        op.drop_column("notification_addresses", column)
