"""A word that only this database's own keys open."""

from alembic import op
from sqlalchemy import Column, Integer, Text

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_canary",
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("sealed", Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("key_canary")
