"""Finds out what is wrong with an installation now, and writes it down; what is mended is noted as ended.

A double payment is different: it is found once, with its order, and ends when points were returned or a person has
looked. Telling Saleor is `tell_problems`.
"""

from collections.abc import Iterator
from datetime import timedelta

import structlog

from saleor_kupikupi.domain.problems import (
    DOUBLE_PAYMENT,
    FOUND_ANEW,
    REFUNDS_WAITING,
    REPORTS_UNDELIVERED,
    STALE_TRANSFERS,
    Finding,
    charge_lost,
    codes_closed,
    kind_of,
    subject_of,
)
from saleor_kupikupi.domain.refunds import TaskState
from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.provider_trouble import provider_troubles
from saleor_kupikupi.store import (
    connections,
    health,
    installations,
    orders,
    problems,
    refunds,
    timeline,
    transfers,
    tries,
    verifications,
)
from saleor_kupikupi.store.database import Tx

log = structlog.get_logger()

_OWED_FOR = timedelta(hours=1)


def update_problems(parts: Parts, installation_id: int) -> None:
    """Brings the list of an installation's problems up to date."""
    with parts.database.read() as tx:
        found = findings(parts, tx, installation_id)
        texts = {each.key: each.text(parts.staff_language) for each in found}
        listed = {each.key: each.message for each in problems.current(tx, installation_id)}
        mended = [key for key in listed if _is_mended(tx, installation_id, key, texts)]
    news = {key: text for key, text in texts.items() if listed.get(key) != text}
    if not news and not mended:
        return
    with parts.database.write() as tx:
        for key, text in news.items():
            problems.say(tx, installation_id, key, text, parts.now())
        for key in mended:
            problems.end(tx, installation_id, key, parts.now())
    log.info("problems changed", installation=installation_id, open=sorted(news), ended=sorted(mended))


def findings(parts: Parts, tx: Tx, installation_id: int) -> list[Finding]:
    """Lists what is wrong now, but for what is found otherwise."""
    return [
        *provider_troubles(parts, tx, installation_id),
        *_undelivered(parts, tx, installation_id),
        *(charge_lost(each.reference, each.order_number) for each in verifications.lost(tx, installation_id)),
        *_codes_closed(parts, tx, installation_id),
        *_counted(STALE_TRANSFERS, health.stale_count(tx, installation_id)),
        *_counted(REFUNDS_WAITING, refunds.open_count(tx, installation_id)),
    ]


def looked_at(parts: Parts, installation_id: int, reference: str, by: str) -> bool:
    """Ends a possible double payment for good because a person has looked; False where there is none."""
    key = f"{DOUBLE_PAYMENT}:{reference}"
    with parts.database.write() as tx:
        if key not in {each.key for each in problems.current(tx, installation_id)}:
            return False
        problems.end(tx, installation_id, key, parts.now())
        timeline.note(tx, transfers.known(tx, installation_id, reference).id, parts.now(), by, "LOOKED_AT")
    log.info("double payment looked at", reference=reference)
    return True


def _is_mended(tx: Tx, installation_id: int, key: str, found: dict[str, str]) -> bool:
    if kind_of(key) == DOUBLE_PAYMENT:
        return _is_returned(tx, transfers.known(tx, installation_id, subject_of(key)))
    return kind_of(key) in FOUND_ANEW and key not in found


def _is_returned(tx: Tx, transfer: Transfer) -> bool:
    """Whether one of the payments of the same thing has gone back whole."""
    paid = orders.confirmed_of(tx, transfer.installation_id, transfer.source_key)
    return any(_returned(tx, each) >= each.amount for each in paid)


def _returned(tx: Tx, transfer: Transfer) -> int:
    return sum(task.spent for task in refunds.of(tx, transfer.id) if task.state is not TaskState.OPEN)


def _undelivered(parts: Parts, tx: Tx, installation_id: int) -> Iterator[Finding]:
    now = parts.now()
    suspension = installations.suspension_of(tx, installation_id, now)
    dead = health.dead_count(tx, installation_id)
    if suspension is not None:
        yield Finding(REPORTS_UNDELIVERED, "reports_suspended", {"words": suspension[1]})
    elif dead:
        yield Finding(REPORTS_UNDELIVERED, "reports_dead", {"count": dead})
    elif health.owes_since(tx, installation_id, now - _OWED_FOR):
        yield Finding(REPORTS_UNDELIVERED, "reports_owed")


def _codes_closed(parts: Parts, tx: Tx, installation_id: int) -> Iterator[Finding]:
    limit = parts.limits.codes.wrong_per_hour
    for each in connections.listed(tx, installation_id):
        if tries.wrong_codes(tx, each.id, parts.now()) >= limit:
            yield codes_closed(each.id, each.name, limit)


def _counted(kind: str, count: int) -> Iterator[Finding]:
    if count:
        yield Finding(kind, kind, {"count": count})
