"""Keeps in mind how the provider answers each connection, and writes it down now and then.

Asking happens inside of webhooks too, so it is noted in memory alone. What the worker's process noted is written down
by the round that looks after installations; it asks about every open transfer, which tells enough.
"""

from functools import partial

from saleor_kupikupi.domain import health
from saleor_kupikupi.domain.connection import Credentials
from saleor_kupikupi.domain.health import Health
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.kupikupi.client import Declined
from saleor_kupikupi.store import health as stored


def note_answer(parts: Parts, credentials: Credentials, answer: object, *, ours: bool) -> None:
    """Notes a "yes" or a "no"; `ours` tells that it was about something which the provider took on before."""
    key, now = (credentials.connection_id, credentials.environment), parts.now()
    if not isinstance(answer, Declined):
        parts.memory.health.note(key, partial(health.accepted, at=now))
    elif ours:
        words = health.words_of(answer.code, answer.message)
        parts.memory.health.note(key, partial(health.refused, at=now, refusal=words))
    else:
        parts.memory.health.note(key, partial(health.heard, at=now))


def note_silence(parts: Parts, credentials: Credentials) -> None:
    """Notes that no usable answer came."""
    key = (credentials.connection_id, credentials.environment)
    parts.memory.health.note(key, partial(health.unanswered, at=parts.now()))


def accepted_now(parts: Parts, credentials: Credentials) -> None:
    """Writes down at once that the provider accepts these credentials, as a person has just found out."""
    with parts.database.write() as tx:
        stored.add(tx, credentials.connection_id, credentials.environment, health.accepted(Health(), parts.now()))


def write_down_health(parts: Parts) -> None:
    """Writes down what this process has noted."""
    notes = parts.memory.health.take()
    for (connection_id, environment), news in notes.items():
        with parts.database.write() as tx:
            stored.add(tx, connection_id, environment, news)
