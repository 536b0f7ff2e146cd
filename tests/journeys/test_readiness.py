"""What readiness says of a database that cannot be written to."""

import fcntl
import os

import requests

from tests.world import World


def ready(world: World) -> int:
    return requests.get(f"{world.url}/health/ready", timeout=10).status_code


def test_a_process_that_gets_no_turn_to_write_is_not_ready_and_answers_in_time(world: World) -> None:
    assert ready(world) == 200
    file = os.open(f"{world.settings.database_url.get_secret_value().removeprefix('sqlite:///')}.lock", os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert ready(world) == 503
        result = world.saleor.transaction_initialize(
            world.saleor.create_checkout(total="100").id, world.parts.app_identifier
        )
        assert result.data is None
    finally:
        os.close(file)
    assert ready(world) == 200
