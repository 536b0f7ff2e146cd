"""The round that looks after an installation, as a test lets it happen, and what came of it."""

from saleor_kupikupi.flows.look_after import look_after
from saleor_kupikupi.store import problems
from tests.world import World


def look_again(world: World, **later: float) -> None:
    """Lets time pass, does the work that is due and looks after the installation."""
    world.clock.forward(**(later or {"minutes": 1}))
    world.work()
    look_after(world.parts)


def open_problems(world: World) -> dict[str, str]:
    """Reads what is wrong, by its key."""
    with world.parts.database.read() as tx:
        return {each.key: each.message for each in problems.current(tx, world.connection.installation_id)}


def shown(world: World) -> dict[str, int]:
    """Reads what staff see in Saleor: how often each was told, by its key."""
    return {each.key: each.count for each in world.saleor.app(world.app).problems}


def questions(world: World, name: str) -> int:
    """Counts how often Saleor was asked by a document of this name."""
    return sum(f" {name}" in call.query for call in world.saleor.graphql_calls)
