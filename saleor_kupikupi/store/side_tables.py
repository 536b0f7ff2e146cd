"""The tables beside a payment's own: what may be done only so often, how the provider answers, and what is wrong.

They are part of `tables.metadata`. It knows no query.
"""

from sqlalchemy import Column, ForeignKey, Index, MetaData, String, Table, UniqueConstraint

from saleor_kupikupi.store.columns import Key, Moment, Words

metadata = MetaData()

code_tries = Table(
    "code_tries",
    metadata,
    Column("id", Key, primary_key=True),
    Column("transfer_id", Key, ForeignKey("transfers.id"), nullable=False, index=True),
    Column("connection_id", Key, ForeignKey("connections.id"), nullable=False),
    Column("phone_hmac", String(64), nullable=False),
    Column("tried_at", Moment, nullable=False),
    Index("ix_code_tries_phone", "phone_hmac", "connection_id", "tried_at"),
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
