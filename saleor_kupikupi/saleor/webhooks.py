"""An app's webhooks: as the manifest asks for them and as a Saleor has them. It must not know when they are mended.

A Saleor keeps what it read at install: a newer manifest changes nothing by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from graphql import GraphQLSyntaxError, parse, print_ast

from saleor_kupikupi.domain.errors import ContractBroken
from saleor_kupikupi.saleor.reading import at, maybe_text, words

_LONGEST_QUERY = 64 * 1024  # a longer one is not ours, and is replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One webhook; `id` is empty for one that only the manifest has, `identifier` where the version knows none."""

    id: str = ""
    identifier: str = ""
    name: str
    url: str
    sync_events: frozenset[str]
    async_events: frozenset[str] = frozenset()
    query: str
    active: bool = True


def wanted(manifest: Mapping[str, Any]) -> tuple[Webhook, ...]:
    """Lists the webhooks of a manifest."""
    return tuple(
        Webhook(
            identifier=each.get("identifier", ""),
            name=each["name"],
            url=each["targetUrl"],
            sync_events=frozenset(each.get("syncEvents", ())),
            async_events=frozenset(each.get("asyncEvents", ())),
            query=each["query"],
        )
        for each in manifest["webhooks"]
    )


def read_webhooks(data: Mapping[str, Any]) -> tuple[Webhook, ...] | None:
    """Reads the answer to the query `webhooks`, None where the token is no app's; raises ContractBroken."""
    if data.get("app", data) is None:
        return None
    listed = at(data, "app", "webhooks")
    if not isinstance(listed, list):
        raise ContractBroken("saleor", "the answer lacks the webhooks")
    return tuple(_read(each) for each in listed)


def _read(webhook: Any) -> Webhook:
    found = maybe_text(webhook, "id"), maybe_text(webhook, "targetUrl")
    if None in found:
        raise ContractBroken("saleor", "a webhook lacks its id or address")
    return Webhook(
        id=found[0] or "",
        identifier=maybe_text(webhook, "identifier") or "",
        name=maybe_text(webhook, "name") or "",
        url=found[1] or "",
        sync_events=_events(webhook, "syncEvents"),
        async_events=_events(webhook, "asyncEvents"),
        query=words(webhook, "subscriptionQuery", longest=_LONGEST_QUERY),
        active=at(webhook, "isActive") is not False,
    )


def _events(webhook: Any, field: str) -> frozenset[str]:
    listed = at(webhook, field)
    names = (maybe_text(each, "eventType") for each in (listed if isinstance(listed, list) else ()))
    return frozenset(filter(None, names))


def differences(have: Webhook, want: Webhook) -> dict[str, Any]:
    """Gives what has to be told to webhookUpdate so that one becomes the other: nothing where they are the same.

    Whether it is switched on is not looked at, nor what it is called; a query that is only laid out differently is the
    same.
    """
    changes: dict[str, Any] = {}
    if want.identifier and have.identifier != want.identifier:
        changes["identifier"] = want.identifier
    if have.url != want.url:
        changes["targetUrl"] = want.url
    events = (have.sync_events, have.async_events) != (want.sync_events, want.async_events)
    if events or not same_query(have.query, want.query):
        # Saleor takes events from a query that comes without them.
        changes |= {"query": want.query, **_event_input(want)}
    return changes


def creation(want: Webhook) -> dict[str, Any]:
    """Gives what webhookCreate has to be told."""
    given = {"name": want.name, "targetUrl": want.url, "query": want.query, "isActive": want.active}
    return given | _event_input(want) | ({"identifier": want.identifier} if want.identifier else {})


def pair(
    present: Sequence[Webhook], wanted: Sequence[Webhook]
) -> tuple[dict[Webhook, Webhook | None], tuple[Webhook, ...]]:
    """Finds the one that stands for each that is wanted, perhaps out of date, and lists those that stand for none.

    It is known by its identifier, else by where its address leads here: the rest of an address may have changed.
    """
    left = list(present)
    found: dict[Webhook, Webhook | None] = {}
    for want in wanted:
        named = (each for each in left if want.identifier and each.identifier == want.identifier)
        found[want] = _taken(left, next(named, None))
    for want, have in found.items():
        placed = sorted(
            (each for each in left if _route(each.url) == _route(want.url)), key=lambda it: it.url != want.url
        )
        found[want] = have or _taken(left, next(iter(placed), None))
    return found, tuple(left)


def _taken(left: list[Webhook], one: Webhook | None) -> Webhook | None:
    if one is not None:
        left.remove(one)
    return one


def same_query(one: str, other: str) -> bool:
    """Whether two subscriptions ask for the same; blanks, comments and the order of definitions do not matter."""
    return one == other or _normal(one) == _normal(other) != []


def _normal(query: str) -> list[str]:
    try:
        document = parse(query, no_location=True)
    except GraphQLSyntaxError:
        return []
    return sorted(print_ast(each) for each in document.definitions)


def _route(url: str) -> str:
    """Gives the end of an address, which does not change when the app moves to another host or path."""
    return "/".join(urlsplit(url).path.split("/")[-2:])


def _event_input(want: Webhook) -> dict[str, Any]:
    given = {"syncEvents": sorted(want.sync_events), "asyncEvents": sorted(want.async_events)}
    return {name: events for name, events in given.items() if events}
