"""kill -9 of the whole app, wherever it is in a payment, and a new start.

However it dies, every transfer ends final, or never opened with no points moved, and Saleor has booked what the
provider moved.
"""

from collections.abc import Callable, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import requests

from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi_sandbox.serving import HangUp, serve
from tests.clock import eventually
from tests.processes.doomed import Doomed
from tests.processes.doomed import doomed as made_doomed
from tests.processes.running import is_ready
from tests.world import UID

LANES = 4


@pytest.fixture(scope="module")
def one_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doomed]:
    with made_doomed(tmp_path_factory.mktemp("doomed")) as made:
        yield made


@pytest.fixture
def doomed(one_world: Doomed) -> Iterator[Doomed]:
    yield one_world
    if one_world.app.is_dead:
        one_world.start()


def survives(doomed: Doomed, moment: int, payment: Callable[[Doomed], None]) -> bool:
    """Kills the app at a moment of a payment, checks how it ends, and tells whether it got that far at all."""
    doomed.app.die_at(moment)
    payment(doomed)
    died = not is_ready(doomed.world.settings.port)
    doomed.recover()
    doomed.check_books()
    return died


def whole_payment(doomed: Doomed) -> None:
    opened = doomed.open()
    doomed.world.process(opened)
    doomed.buy(opened)
    doomed.world.process(opened)


def cancelled_payment(doomed: Doomed) -> None:
    opened = doomed.open()
    doomed.world.saleor.request_action(opened.transaction.id, "CANCEL")
    doomed.world.clock.forward(hours=1)  # the form is closed
    doomed.until_told(opened.token)


@pytest.mark.parametrize("lane", range(1, LANES + 1))
def test_a_payment_outlives_a_kill_at_any_commit(doomed: Doomed, lane: int) -> None:
    moment = lane
    while survives(doomed, moment, whole_payment):
        if doomed.typed:
            assert doomed.world.moved(doomed.transactions[0].token), "no payment is lost once the buyer has done all"
        else:
            doomed.check_open_for_payment()
        moment += LANES
    assert moment > 16


@pytest.mark.parametrize("lane", range(1, LANES + 1))
def test_a_cancelled_payment_outlives_a_kill_at_any_commit(doomed: Doomed, lane: int) -> None:
    moment = lane
    while survives(doomed, moment, cancelled_payment):
        assert not doomed.world.moved(doomed.transactions[0].token)
        moment += LANES
    assert moment > 8


def test_init_that_only_reached_the_door_never_opened(doomed: Doomed) -> None:
    doomed.world.gate.once("before", "init", lambda: dies(doomed))
    opened = doomed.open()
    doomed.recover(shopper_returns=False)
    row = doomed.world.find(opened.token)
    assert row
    assert row.never_opened_at
    doomed.check_books()
    doomed.check_open_for_payment()


def test_init_that_was_carried_out_and_never_answered_is_followed_to_its_end(doomed: Doomed) -> None:
    doomed.world.gate.once("after", "init", lambda: dies(doomed))
    opened = doomed.open()
    doomed.recover()
    row = doomed.world.find(opened.token)
    assert row
    assert row.state is State.CANCELED
    doomed.check_books()
    doomed.check_open_for_payment()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_checkout_that_was_not_answered_is_asked_again(doomed: Doomed, when: str) -> None:
    opened = doomed.open()
    doomed.world.gate.once(when, "checkout", lambda: dies(doomed))
    doomed.buy(opened)
    doomed.recover()
    assert doomed.world.moved(opened.token)
    doomed.check_books()


@pytest.mark.parametrize("lost", [True, False], ids=["lost", "heard"])
def test_the_app_may_die_upon_its_ok(doomed: Doomed, lost: bool) -> None:
    platform = doomed.world.provider.platform(UID)
    address = platform.notification_url
    assert address
    messenger = serve(passing_on(address, lambda: dies(doomed) if lost else doomed.app.kill()))
    platform.notification_url = messenger.url
    try:
        opened = doomed.open()
        doomed.buy(opened)
        doomed.recover()
    finally:
        platform.notification_url = address
        messenger.stop()
    assert doomed.world.moved(opened.token)
    doomed.check_books()


def test_reports_that_saleor_booked_and_never_answered_are_booked_once(doomed: Doomed) -> None:
    saleor = doomed.world.saleor
    doomed.world.gate.once("after", "checkout", lambda: saleor.down(2, "lost"))
    opened = doomed.open()
    before = len(saleor.reports)
    doomed.world.provider.open_form(opened.data["transferURL"])
    doomed.world.type_code(opened)
    assert eventually(lambda: len(saleor.reports) > before)
    doomed.app.kill()
    saleor.clear()
    doomed.recover()
    assert [report.outcome for report in saleor.reports[before:]] == ["recorded", "alreadyProcessed"]
    doomed.check_books()


def dies(doomed: Doomed) -> None:
    """Kills the app, which then is there for no answer."""
    doomed.app.kill()
    raise HangUp


def passing_on(address: str, act: Callable[[], None]) -> WSGIApplication:
    """Brings what is posted to an address, and once, when it has the answer, acts before it brings that back."""
    acts = [act]

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            answer = requests.post(
                address,
                data=environ["wsgi.input"].read(),
                headers={"Content-Type": environ["CONTENT_TYPE"]},
                timeout=10,
            )
        except requests.RequestException:
            raise HangUp from None
        if acts:
            acts.pop()()
        start_response(f"{answer.status_code} -", [])
        return [answer.content]

    return app


def test_answers_that_come_too_late_after_a_kill_are_asked_for_again(doomed: Doomed) -> None:
    doomed.open()
    doomed.app.kill()
    doomed.world.provider.fault("error_500", "checkout", times=3)
    doomed.recover(shopper_returns=False)
    doomed.check_books()
    doomed.check_open_for_payment()
