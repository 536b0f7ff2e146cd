"""Whether a Saleor still has the app, as far as its answer tells."""

from dataclasses import replace

from saleor_kupikupi.flows.install import Standing, standing
from saleor_kupikupi.flows.map_channels import look
from saleor_kupikupi.store import installations
from saleor_kupikupi.store.sealing import Vault
from tests.world import World


def test_a_saleor_tells_whether_it_has_the_app(each_world: World) -> None:
    world, id_ = each_world, each_world.connection.installation_id
    assert standing(world.parts, id_) is Standing.INSTALLED
    world.saleor.deactivate(world.app)
    assert standing(world.parts, id_) is Standing.REFUSED
    world.saleor.down()
    assert standing(world.parts, id_) is Standing.SILENT


def test_what_is_uninstalled_or_sealed_is_not_asked(world: World) -> None:
    id_ = world.connection.installation_id
    asked = len(world.saleor.graphql_calls)
    other = replace(world.parts, vault=Vault(["another key that is long enough to seal"]))
    assert standing(other, id_) is Standing.SEALED
    with world.parts.database.write() as tx:
        installations.uninstalled(tx, id_, world.app.id, world.parts.now())
    assert standing(world.parts, id_) is Standing.UNINSTALLED
    assert len(world.saleor.graphql_calls) == asked


def test_what_keeps_a_channel_from_points_is_named(world: World) -> None:
    world.saleor.channel("usd", currency="USD")
    with world.parts.database.read() as tx:
        here = installations.by_id(tx, world.parts.vault, world.connection.installation_id)
    assert here is not None
    found = look(world.parts, here, world.parts.deadline(3))
    assert [found.obstacle(slug) for slug in ("rub", "usd", "nowhere")] == ["", "USD", "no_channel"]
