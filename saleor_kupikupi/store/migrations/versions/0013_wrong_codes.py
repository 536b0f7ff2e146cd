"""Codes that were accepted are told from wrong ones, which are counted for a whole connection."""

from alembic import op
from sqlalchemy import Boolean, Column, false

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("code_tries", Column("accepted", Boolean(), nullable=False, server_default=false()))
    op.create_index("ix_code_tries_connection", "code_tries", ["connection_id", "tried_at"])


def downgrade() -> None:
    op.drop_index("ix_code_tries_connection", "code_tries")
    op.drop_column("code_tries", "accepted")
