"""What readiness says of a database that cannot be written to."""

import fcntl
import os

import requests

from saleor_kupikupi.store.database import Database
from tests.world import APP_ID, World


def ready(world: World) -> int:
    return requests.get(f"{world.url}/health/ready", timeout=10).status_code


def test_a_process_that_gets_no_turn_to_write_is_not_ready_and_answers_in_time(world: World) -> None:
    url = world.settings.database_url.get_secret_value()
    impatient = Database(url, wait_seconds=0.1)
    world.other_process(database=impatient)
    assert ready(world) == 200
    file = os.open(f"{url.removeprefix('sqlite:///')}.lock", os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert ready(world) == 503
        result = world.saleor.transaction_initialize(world.saleor.create_checkout(total="100").id, APP_ID)
        assert result.data is None
    finally:
        os.close(file)
    assert ready(world) == 200
    impatient.dispose()
