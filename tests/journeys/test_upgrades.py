"""Webhooks that a Saleor has from an older manifest are mended, and nothing else is touched."""

from dataclasses import replace
from re import sub
from typing import Any

import pytest
import requests
from sqlalchemy import update
from structlog.typing import EventDict

from saleor_kupikupi.domain.errors import OutboundError
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.flows import upgrade
from saleor_kupikupi.flows.upgrade import NotAllowed, Plan, compare, mend, plan, take_upgrades
from saleor_kupikupi.saleor.manifest import Manifest, read_template
from saleor_kupikupi.saleor.webhooks import Webhook, differences, wanted
from saleor_kupikupi.store import installations, problems
from saleor_kupikupi.store.tables import installations as rows
from saleor_kupikupi_sandbox.saleor_apps import Webhook as Hook
from saleor_kupikupi_sandbox.saleor_records import global_id
from tests.world import APP_ID, World
from tests.world import world as made_world

INITIALIZE = "transaction_initialize_session"
REFUND = "transaction_refund_requested"
OTHER = "https://other.example/hook"


def installation(world: World) -> Installation:
    with world.parts.database.read() as tx:
        found = installations.find(tx, world.parts.vault, world.saleor.api_url, APP_ID)
    assert found is not None
    return found


def hooks(world: World) -> dict[str, Hook]:
    """Lists what Saleor has, by the end of its address."""
    return {hook.target_url.rpartition("/")[2]: hook for hook in world.saleor.app(world.app).webhooks}


def look(world: World) -> Plan:
    return plan(world.parts, installation(world), world.parts.deadline(5))


def as_staff(world: World, mutation: str, **variables: Any) -> None:
    """Changes the app's webhooks behind its back."""
    outcome = (
        world.parts.saleor.update_webhook(installation(world), variables["id"], variables["given"], soon(world))
        if mutation == "update"
        else world.parts.saleor.create_webhook(installation(world), variables["given"], soon(world))
    )
    assert not getattr(outcome, "code", ""), outcome


def soon(world: World) -> Any:
    return world.parts.deadline(5)


def change(world: World, hook: str, **given: Any) -> None:
    found = next(each for each in world.parts.saleor.webhooks(installation(world), soon(world)) if hook in each.url)  # type: ignore[union-attr]
    as_staff(world, "update", id=found.id, given=given)


def drop(world: World, hook: str) -> None:
    gone = global_id("Webhook", hooks(world)[hook].number)
    asked = {"query": "mutation($id: ID!) { webhookDelete(id: $id) { errors { code } } }", "variables": {"id": gone}}
    headers = {"Authorization": f"Bearer {world.app.token}"}
    answer = requests.post(world.saleor.api_url, json=asked, headers=headers, timeout=5).json()
    assert answer["data"]["webhookDelete"]["errors"] == []


def round_of(world: World) -> int:
    """Does what the worker does, and counts it."""
    done = 0
    while work := take_upgrades(world.parts, 1):
        work[0]()
        done += 1
    return done


def in_a_day(world: World) -> int:
    world.clock.forward(hours=25)
    return round_of(world)


def problem(world: World) -> str | None:
    with world.parts.database.read() as tx:
        found = {each.key: each.message for each in problems.current(tx, world.connection.installation_id)}
    return found.get(upgrade.PROBLEM)


def mutations(world: World) -> int:
    return sum("mutation Webhook" in call.query for call in world.saleor.graphql_calls)


def test_a_fresh_install_needs_nothing(each_world: World) -> None:
    assert look(each_world) == Plan()
    assert in_a_day(each_world) == 1
    assert mutations(each_world) == 0


def test_a_query_that_asks_for_less_than_this_release_needs_is_mended(each_world: World) -> None:
    world, before = each_world, hooks(each_world)
    asks_for_less = sub(r"(grantedRefund \{\s+id)[^}]+\}\s+", r"\1 ", before[REFUND].query)
    change(world, REFUND, query=asks_for_less)
    assert "grantedRefund { id }" in " ".join(hooks(world)[REFUND].query.split())
    assert in_a_day(world) == 1
    assert hooks(world) == before


@pytest.mark.parametrize(
    "given",
    [
        {"targetUrl": f"http://127.0.0.1:9/below/api/webhooks/{INITIALIZE}"},
        {"query": "subscription { event { ... on TransactionInitializeSession { issuedAt } } }"},
        {"asyncEvents": ["APP_DELETED"], "syncEvents": []},
    ],
    ids=lambda given: next(iter(given)),
)
def test_what_differs_is_mended(each_world: World, given: dict[str, Any], log: list[EventDict]) -> None:
    world, before = each_world, hooks(each_world)
    change(world, INITIALIZE, **given)
    assert hooks(world)[INITIALIZE] != before[INITIALIZE]
    assert in_a_day(world) == 1
    assert hooks(world) == before
    assert mutations(world) == 2
    (mended,) = [entry for entry in log if entry["event"] == "webhook mended"]
    assert mended["url"] == before[INITIALIZE].target_url
    assert not mended["missing"]
    assert problem(world) is None


def test_a_missing_webhook_is_made_again(each_world: World) -> None:
    world, before = each_world, hooks(each_world)
    drop(world, INITIALIZE)
    assert in_a_day(world) == 1
    made = hooks(world)[INITIALIZE]
    assert replace(made, number=before[INITIALIZE].number) == before[INITIALIZE]
    assert world.pay(world.saleor.create_checkout().id).data["status"] == "NEW"


def test_a_webhook_that_is_renamed_and_moved_is_known_by_its_identifier(database_url: str) -> None:
    with made_world(database_url, version="3.23") as world:
        before = hooks(world)
        change(world, INITIALIZE, targetUrl="http://127.0.0.1:9/moved", name="x")
        in_a_day(world)
        assert replace(hooks(world)[INITIALIZE], name=before[INITIALIZE].name) == before[INITIALIZE]


def test_a_saleor_that_became_3_23_gets_identifiers(world: World) -> None:
    world.saleor.upgrade("3.23")
    world.offer(world.saleor.create_checkout().id)  # its webhook says the new version
    assert round_of(world) == 0  # the install is not over yet
    assert in_a_day(world) == 1
    assert all(hook.identifier for hook in hooks(world).values())
    before = mutations(world)
    assert in_a_day(world) == 1
    assert mutations(world) == before


def test_another_version_of_saleor_is_compared_with_soon(world: World) -> None:
    in_a_day(world)
    assert round_of(world) == 0
    world.saleor.upgrade("3.23")
    world.offer(world.saleor.create_checkout().id)
    assert round_of(world) == 1


def test_a_start_of_the_worker_makes_everything_due(world: World) -> None:
    in_a_day(world)
    upgrade.begin(world.parts)
    assert round_of(world) == 1
    assert round_of(world) == 0


def test_a_foreign_webhook_stays(world: World, log: list[EventDict]) -> None:
    query = "subscription { event { ... on TransactionInitializeSession { issuedAt } } }"
    as_staff(world, "create", given={"name": "theirs", "targetUrl": OTHER, "query": query, "isActive": True})
    before = hooks(world)
    in_a_day(world)
    assert hooks(world) == before
    assert problem(world) is None
    assert [entry["urls"] for entry in log if entry["event"] == "foreign webhooks"] == [[OTHER]]


def test_a_second_of_the_same_counts_as_foreign(world: World) -> None:
    ours = hooks(world)[INITIALIZE]
    as_staff(world, "create", given={"targetUrl": f"https://x.example/api/webhooks/{INITIALIZE}", "query": ours.query})
    left = look(world)
    assert left.changes == ()
    assert [each.url for each in left.foreign] == [f"https://x.example/api/webhooks/{INITIALIZE}"]


def test_a_query_that_is_only_laid_out_differently_is_the_same(world: World) -> None:
    query = hooks(world)[INITIALIZE].query
    definitions = query.split("\nfragment ")
    turned = f"# as Saleor keeps it\nfragment {definitions[1]}\n\n\n{definitions[0]}".replace("  ", "\t")
    change(world, INITIALIZE, query=turned)
    assert hooks(world)[INITIALIZE].query == turned
    before = mutations(world)
    in_a_day(world)
    assert mutations(world) == before


def test_a_webhook_that_is_switched_off_stays_off_and_staff_is_told_once(world: World, log: list[EventDict]) -> None:
    change(world, INITIALIZE, isActive=False, name="off")
    in_a_day(world)
    assert not hooks(world)[INITIALIZE].is_active
    assert "switched off" in (problem(world) or "")
    with world.parts.database.write() as tx:
        (said,) = problems.current(tx, world.connection.installation_id)
        problems.told(tx, world.connection.installation_id, said, world.clock.now())
    in_a_day(world)
    with world.parts.database.read() as tx:
        (told,) = problems.current(tx, world.connection.installation_id)
    assert told.told_at is not None
    assert [entry["log_level"] for entry in log if entry["event"] == "webhooks are switched off"] == ["error"] * 2
    left = mend(world.parts, installation(world), activate=True)
    assert left.as_wanted
    assert hooks(world)[INITIALIZE].is_active
    in_a_day(world)
    assert problem(world) is None


@pytest.mark.parametrize(("trouble", "error", "hours"), [("deny", NotAllowed, 24), ("down", OutboundError, 1)])
def test_a_saleor_that_does_not_answer_is_asked_again(
    world: World, trouble: str, error: type[Exception], hours: int, log: list[EventDict]
) -> None:
    change(world, INITIALIZE, targetUrl=f"http://127.0.0.1:9/api/webhooks/{INITIALIZE}")
    getattr(world.saleor, trouble)()
    with pytest.raises(error):
        look(world)
    assert in_a_day(world) == 1
    assert [entry["event"] for entry in log] == ["webhooks not compared"]
    world.saleor.clear()
    assert round_of(world) == 0
    world.clock.forward(hours=hours)
    assert round_of(world) == 1
    assert world.url in hooks(world)[INITIALIZE].target_url


def test_a_webhook_that_cannot_be_mended_is_a_problem_until_it_is(world: World, log: list[EventDict]) -> None:
    wrong = read_template()
    wrong["webhooks"][1]["targetUrl"] = f"no address/{INITIALIZE}"
    bad = Manifest(wrong, APP_ID, world.url)
    in_a_day(world)
    parts, world.parts = world.parts, replace(world.parts, manifest=bad)
    drop(world, INITIALIZE)
    change(
        world,
        "transaction_process_session",
        isActive=True,
        targetUrl="http://127.0.0.1:9/api/webhooks/transaction_process_session",
    )
    in_a_day(world)
    assert "outdated" in (problem(world) or "")
    refused = [entry for entry in log if entry["event"] == "webhook not mended"]
    assert [entry["log_level"] for entry in refused] == ["error"]
    assert INITIALIZE not in hooks(world)
    world.parts = parts
    in_a_day(world)
    assert problem(world) is None
    assert INITIALIZE in hooks(world)


def test_webhooks_are_not_pointed_at_this_machine_for_want_of_a_setting(world: World, log: list[EventDict]) -> None:
    change(world, INITIALIZE, targetUrl=f"https://points.example/api/webhooks/{INITIALIZE}")
    before = hooks(world)
    public = replace(world.parts, manifest=Manifest(read_template(), APP_ID, "https://points.example"))
    local, world.parts = world.parts, public
    assert len(look(world).changes) == 6
    world.parts = local
    assert look(world).elsewhere.startswith("https://points.example/")
    in_a_day(world)
    assert hooks(world) == before
    assert [entry["reason"] for entry in log if entry["event"] == "webhooks left alone"] == ["APP_API_BASE_URL"]


def test_an_uninstalled_shop_is_left_alone(world: World) -> None:
    with world.parts.database.write() as tx:
        installations.uninstalled(tx, world.connection.installation_id, world.app.id, world.clock.now())
    assert in_a_day(world) == 0
    with pytest.raises(NotAllowed):
        look(world)


def test_a_shop_whose_token_cannot_be_opened_holds_up_no_other(world: World, log: list[EventDict]) -> None:
    draft = Installation(0, "https://other.example/graphql/", APP_ID, "QXBwOjk=", "token", "3.22")
    mine = installation(world).id
    with world.parts.database.write() as tx:
        installations.register(tx, world.parts.vault, draft, "{}", world.clock.now())
        tx.execute(update(rows).where(rows.c.id == mine).values(token_sealed="sealed with a key that is lost"))
    world.clock.forward(days=1)

    taken = [piece for _ in range(2) for piece in take_upgrades(world.parts, 1)]

    assert len(taken) == 1
    assert [each["installation"] for each in log if each["event"] == "app token cannot be opened"] == [mine]
    assert take_upgrades(world.parts, 1) == []


def test_one_that_is_being_compared_is_taken_by_nobody_else(world: World) -> None:
    world.clock.forward(hours=25)
    (piece,) = take_upgrades(world.parts, 1)
    upgrade.begin(world.parts)
    assert take_upgrades(world.parts, 1) == []
    world.clock.forward(seconds=world.parts.limits.lease + 1)  # its process is dead
    assert len(take_upgrades(world.parts, 1)) == 1
    piece()
    assert round_of(world) == 0


# the comparison alone


def hook(**changes: Any) -> Webhook:
    events = frozenset({"TRANSACTION_PROCESS_SESSION"})
    usual = {"name": "n", "url": "https://a.example/api/webhooks/p", "sync_events": events, "query": "{ a }"}
    return Webhook(**(usual | changes))


def test_comparing_finds_what_is_there_missing_and_foreign() -> None:
    want = hook(), hook(url="https://a.example/api/webhooks/q")
    found = compare([hook(id="1", url="https://b.example/x/api/webhooks/p"), hook(id="2", url=OTHER)], want)
    assert [(each.have and each.have.id, each.given.get("targetUrl")) for each in found.changes] == [
        ("1", want[0].url),
        (None, want[1].url),
    ]
    assert [each.id for each in found.foreign] == ["2"]


def test_the_one_at_the_right_address_is_taken_before_its_double() -> None:
    double = hook(id="1", url="https://old.example/api/webhooks/p")
    assert compare([double, hook(id="2")], [hook()]) == Plan(foreign=(double,))


@pytest.mark.parametrize(
    ("have", "same"), [("{a}", True), ("{ a } # why", True), ("{ b }", False), ("{", False), ("", False)]
)
def test_queries_are_compared_by_what_they_ask(have: str, same: bool) -> None:
    assert (differences(hook(query=have), hook()) == {}) is same


def test_the_manifest_asks_for_one_event_in_each_webhook() -> None:
    for version in ("3.21", "3.22", "3.23"):
        manifest = Manifest(read_template(), APP_ID, "https://a.example").for_version(version)
        assert all(len(each.sync_events | each.async_events) == 1 for each in wanted(manifest))
