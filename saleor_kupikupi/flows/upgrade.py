"""Keeps the webhooks of every installation as this release's manifest has them, for Saleor never reads it again.

Only what the manifest names is touched: whatever else somebody gave the app stays. A webhook that is switched off was
switched off by a person, so only a person switches it on again; staff is told, because nobody can pay without it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import AppError, OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.wording import staff_text
from saleor_kupikupi.flows.parts import Parts
from saleor_kupikupi.flows.sealed import leave_installation
from saleor_kupikupi.saleor.reports import Delivered, Denied
from saleor_kupikupi.saleor.webhooks import Webhook, creation, differences, pair, wanted
from saleor_kupikupi.store import problems, upgrades
from saleor_kupikupi.store.installations import TokenSealed

log = structlog.get_logger()

PROBLEM = "webhooks_outdated"
EVERY = timedelta(days=1)
AGAIN = timedelta(hours=1)  # after a Saleor that did not answer
_THIS_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})


class NotAllowed(AppError):
    """Saleor does not let the app see or change its webhooks."""


@dataclass(frozen=True, slots=True)
class Change:
    """One webhook to be mended: `have` is None where it is missing; `given` is what Saleor is told."""

    want: Webhook
    have: Webhook | None
    given: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Plan:
    """What lies between an installation and the manifest.

    `off` are switched off, `foreign` are none of the manifest's and stay. `elsewhere` is an address that would be lost
    by pointing webhooks to this very machine: then there are no changes.
    """

    changes: tuple[Change, ...] = ()
    off: tuple[Webhook, ...] = ()
    foreign: tuple[Webhook, ...] = ()
    elsewhere: str = ""

    @property
    def as_wanted(self) -> bool:
        """Whether nothing lies between the two."""
        return not (self.changes or self.off or self.elsewhere)


def compare(present: Sequence[Webhook], manifest: Sequence[Webhook], *, activate: bool = False) -> Plan:
    """Finds what has to change, without asking anybody; `activate` switches on what is off."""
    pairs, foreign = pair(present, manifest)
    known = {want: have for want, have in pairs.items() if have is not None}
    lost = [have.url for want, have in known.items() if _is_here(want.url) and not _is_here(have.url)]
    if lost:
        # A worker or a command without APP_API_BASE_URL must not take a shop's webhooks away from its web processes.
        return Plan(foreign=foreign, elsewhere=lost[0])
    off = tuple(have for have in known.values() if not have.active)
    mended = [
        Change(want, have, differences(have, want) | ({"isActive": True} if activate and have in off else {}))
        for want, have in known.items()
    ]
    missing = [Change(want, None, creation(want)) for want, have in pairs.items() if have is None]
    changes = tuple(each for each in (*mended, *missing) if each.given)
    return Plan(changes, off, foreign)


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in _THIS_MACHINE


def plan(parts: Parts, installation: Installation, deadline: Deadline, *, activate: bool = False) -> Plan:
    """Asks a Saleor for the app's webhooks and compares; raises NotAllowed or an OutboundError."""
    present = parts.saleor.webhooks(installation, deadline)
    if isinstance(present, Denied):
        raise NotAllowed(f"{installation.api_url} does not show the app its webhooks: {present.message}")
    manifest = parts.manifest.for_version(installation.version)
    return compare(present, wanted(manifest), activate=activate)


def mend(parts: Parts, installation: Installation, *, activate: bool = False) -> Plan:
    """Makes an installation's webhooks what they are to be, and gives what is still between the two.

    Raises NotAllowed or an OutboundError. What is missing is made after another look, for somebody else may be at it.
    """
    deadline = parts.deadline(parts.limits.worker_call)
    look = partial(plan, parts, installation, deadline, activate=activate)
    first = look()
    if not first.changes:
        return first
    _apply(parts, installation, deadline, [each for each in first.changes if each.have is not None])
    if any(each.have is None for each in first.changes):
        _apply(parts, installation, deadline, [each for each in look().changes if each.have is None])
    return look()


def _apply(parts: Parts, installation: Installation, deadline: Deadline, changes: Sequence[Change]) -> None:
    for change in changes:
        if change.have is None:
            outcome = parts.saleor.create_webhook(installation, change.given, deadline)
        else:
            outcome = parts.saleor.update_webhook(installation, change.have.id, change.given, deadline)
        told = {"installation": installation.id, "url": change.want.url, "given": sorted(change.given)}
        if isinstance(outcome, Delivered):
            log.info("webhook mended", missing=change.have is None, **told)
        else:
            log.error("webhook not mended", missing=change.have is None, error=outcome.message, **told)


def begin(parts: Parts) -> None:
    """Makes every installation due: the release or its address may be another than yesterday's."""
    with parts.database.write() as tx:
        upgrades.hasten(tx, parts.now())


def take_upgrades(parts: Parts, _limit: int) -> list[Callable[[], object]]:
    """Leases an installation whose webhooks are to be compared; the piece is to be run once, right away."""
    now, sealed = parts.now(), parts.memory.sealed_installations.keys()
    with parts.database.read() as tx:
        if not upgrades.something_due(tx, parts.app_identifier, now, sealed):
            return []
    try:
        with parts.database.write() as tx:
            due = upgrades.take_due(tx, parts.vault, parts.app_identifier, now, parts.limits.lease, sealed)
    except TokenSealed as error:
        leave_installation(parts, error.installation_id, error)  # the others must not wait behind it
        return take_upgrades(parts, _limit)
    return [] if due is None else [partial(upgrade, parts, due)]


def upgrade(parts: Parts, installation: Installation) -> None:
    """Mends one installation, leased by the caller, and notes whether staff has to be told of what is left."""
    try:
        left = mend(parts, installation)
    except (OutboundError, NotAllowed) as error:
        log.warning("webhooks not compared", installation=installation.id, error=str(error))
        wait = AGAIN if isinstance(error, OutboundError) else EVERY
        with parts.database.write() as tx:
            upgrades.due_at(tx, installation.id, parts.now() + wait)
        return
    _tell(installation, left)
    remember(parts, installation, left)


def _tell(installation: Installation, left: Plan) -> None:
    if left.elsewhere:
        log.error("webhooks left alone", installation=installation.id, url=left.elsewhere, reason="APP_API_BASE_URL")
    if left.off:
        log.error("webhooks are switched off", installation=installation.id, urls=[each.url for each in left.off])
    if left.foreign:
        log.info("foreign webhooks", installation=installation.id, urls=[each.url for each in left.foreign])


def remember(parts: Parts, installation: Installation, left: Plan) -> None:
    """Raises the problem where something is left, once for each of its texts, ends it where all is well."""
    now, message = parts.now(), _message(parts, left)
    with parts.database.write() as tx:
        upgrades.due_at(tx, installation.id, now + EVERY)
        if left.elsewhere:
            return
        known = {each.key: each.message for each in problems.current(tx, installation.id)}
        if message is None and PROBLEM in known:
            problems.end(tx, installation.id, PROBLEM, now)
        elif message is not None and known.get(PROBLEM) != message:
            problems.say(tx, installation.id, PROBLEM, message, now)


def _message(parts: Parts, left: Plan) -> str | None:
    if left.changes:
        return staff_text("webhooks_outdated", parts.staff_language)
    return staff_text("webhooks_off", parts.staff_language) if left.off else None
