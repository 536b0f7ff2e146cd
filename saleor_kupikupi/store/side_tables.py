"""The tables beside a payment's own: what may be done once or only so often, and what is wrong.

They are part of `tables.metadata`. It knows no query.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from saleor_kupikupi.store.columns import Key, Moment, Words

metadata = MetaData()


def only(condition: ColumnElement[bool]) -> dict[str, Any]:
    """Give the arguments that make an index a partial one on both databases."""
    return {"sqlite_where": condition, "postgresql_where": condition}


code_tries = Table(
    "code_tries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False, index=True),
    Column("connection_id", Key, ForeignKey("connections.id"), nullable=False),
    Column("phone_hmac", String(64), nullable=False),
    Column("tried_at", Moment, nullable=False),
    Column("accepted", Boolean, nullable=False, server_default=false()),
    Index("ix_code_tries_phone", "phone_hmac", "connection_id", "tried_at"),
    Index("ix_code_tries_connection", "connection_id", "tried_at"),
)

balance_questions = Table(
    "balance_questions",
    metadata,
    Column("id", Key, primary_key=True),
    Column("connection_id", Key, ForeignKey("connections.id"), nullable=False),
    Column("phone_hmac", String(64), nullable=False),
    Column("total", Key, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Index("ix_balance_questions_phone", "phone_hmac", "connection_id", "asked_at"),
)

posted_forms = Table(
    "posted_forms",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False),
    Column("said", String(64), nullable=False),
    Column("posted_at", Moment, nullable=False),
)

connection_health = Table(
    "connection_health",
    metadata,
    Column("connection_id", Key, ForeignKey("connections.id"), primary_key=True),
    Column("environment", String(16), primary_key=True),
    Column("accepted_at", Moment),
    Column("heard_at", Moment),
    Column("failing_since", Moment),
    Column("refused_since", Moment),
    Column("refusal", Words, nullable=False),
)

verifications = Table(
    "verifications",
    metadata,
    Column("transfer_id", Key, ForeignKey("transfers.id"), primary_key=True, autoincrement=False),
    Column("installation_id", Key, ForeignKey("installations.id"), nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("due_at", Moment),
    Column("verified_at", Moment),
    Column("tries", Integer, nullable=False),
    Column("recalculations", Integer, nullable=False),
    Column("lost_at", Moment),
)
Index("ix_verifications_due", verifications.c.due_at, **only(verifications.c.due_at.is_not(None)))
Index(
    "ix_verifications_lost",
    verifications.c.installation_id,
    verifications.c.transfer_id,
    **only(verifications.c.lost_at.is_not(None)),
)

problems = Table(
    "problems",
    metadata,
    Column("id", Key, primary_key=True),
    Column("installation_id", Key, ForeignKey("installations.id"), nullable=False),
    Column("key", Words, nullable=False),
    Column("message", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("told_at", Moment),
    Column("ended_at", Moment),
    UniqueConstraint("installation_id", "key", name="uq_problems_key"),
)

key_canary = Table(
    "key_canary",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", Text, nullable=False),
)
