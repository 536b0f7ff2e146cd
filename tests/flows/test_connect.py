from dataclasses import replace

import pytest

from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows import connect
from saleor_kupikupi.flows.connect import Setup
from saleor_kupikupi.flows.connection_form import WrongForm
from tests.world import World

ELSEWHERE = "https://payapi.example/api/"


def setup(world: World) -> Setup:
    found = connect.setup_of(world.parts, world.connection.installation_id, world.connection.id)
    assert found is not None
    return found


def test_only_the_operator_may_have_the_app_call_an_address_of_anybodys(world: World) -> None:
    before = setup(world)
    form = replace(connect.filled_form(before), test_base_url=ELSEWHERE)
    with pytest.raises(WrongForm) as refused:
        connect.save(world.parts, before, form)
    assert list(refused.value.faults) == ["test_base_url"]
    assert setup(world) == before
    connect.save(world.parts, before, form, by_operator=True)
    assert setup(world).keys[Environment.TEST].base_url == ELSEWHERE
