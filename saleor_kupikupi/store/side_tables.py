"""The tables beside a payment's own: what may be done only so often, and how the provider's answers went of late.

They are part of `tables.metadata`. It knows no query.
"""

from sqlalchemy import Column, ForeignKey, Index, MetaData, String, Table

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
