"""What is wrong is found, shown once where Saleor can show it, and taken back when it is mended."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sqlalchemy import update
from structlog.typing import EventDict

from saleor_kupikupi.domain.health import Health
from saleor_kupikupi.domain.refunds import RefundsMode, RefundTask
from saleor_kupikupi.domain.transfer import Environment, State
from saleor_kupikupi.flows.configure import save_credentials, try_connection
from saleor_kupikupi.flows.look_after import look_after
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.flows.problems import looked_at
from saleor_kupikupi.flows.provider_trouble import ask_where_in_doubt
from saleor_kupikupi.flows.refund import answer_returned, record_refund
from saleor_kupikupi.store import connections, health, installations, problems, refunds
from saleor_kupikupi.store.tables import credentials as keys
from saleor_kupikupi.store.tables import installations as rows
from tests.clock import eventually
from tests.journeys.payments import alerts, charge_of, confirmed_payment, drawn, open_payment, paid_payment
from tests.journeys.rounds import look_again, open_problems, questions, shown
from tests.world import RICH, SECRET, UID, Session, World
from tests.world import world as made_world

DAY = date(2026, 11, 24)
STAFF = "anna@example.com"
NOWHERE = "http://127.0.0.1:1/api/v1/transfer/"


def stale_payment(world: World) -> Session:
    """Opens a payment that the provider says nothing final about for a month."""
    payment = undecided_payment(world)
    look_again(world, days=31)
    return payment


def undecided_payment(world: World) -> Session:
    """Opens a payment whose form stays open for ever."""
    world.provider.fault("rewrite", "checkout", transferStatus="FORM_SHOWED")
    return open_payment(world)


# what is told to Saleor, and when


def test_a_problem_is_shown_where_saleor_can_and_is_taken_back_when_it_is_mended(each_world: World) -> None:
    world, can_show = each_world, each_world.saleor.version >= "3.22"
    payment = stale_payment(world)

    assert list(open_problems(world)) == ["stale_transfers"]
    assert "in all: 1." in open_problems(world)["stale_transfers"]
    assert shown(world) == ({"stale_transfers": 1} if can_show else {})

    world.provider.clear_faults()
    world.provider.force(payment.token, "CANCELED")
    world.check(payment)
    look_again(world)
    assert open_problems(world) == {}
    assert shown(world) == {}
    assert (questions(world, "RaiseProblem"), questions(world, "DismissProblems")) == ((1, 1) if can_show else (0, 0))


def test_a_problem_is_told_once_and_anew_when_its_text_changes(world: World) -> None:
    undecided_payment(world)
    world.clock.forward(days=2)
    undecided_payment(world)
    look_again(world, days=29)
    look_again(world)
    assert shown(world) == {"stale_transfers": 1}

    look_again(world, days=2)
    (told,) = world.saleor.app(world.app).problems
    assert "in all: 2." in told.message
    assert told.count == 2


def test_staff_who_dismiss_a_problem_that_lasts_are_told_of_it_a_day_later(world: World) -> None:
    stale_payment(world)
    world.saleor.staff.dismiss_problem(world.app, "stale_transfers")
    look_again(world, hours=23)
    assert shown(world) == {}

    look_again(world, hours=2)
    assert shown(world) == {"stale_transfers": 1}


def test_a_new_installation_is_told_of_everything(world: World) -> None:
    stale_payment(world)
    world.clock.forward(minutes=1)
    world.saleor.uninstall(world.app)
    world.app = world.saleor.install(f"{world.url}/api/manifest")
    assert shown(world) == {}

    look_again(world)
    assert shown(world) == {"stale_transfers": 1}


def test_a_saleor_that_is_away_is_told_the_next_time(world: World) -> None:
    world.saleor.down()
    stale_payment(world)
    assert "stale_transfers" in open_problems(world)

    world.saleor.clear()
    look_again(world)
    assert shown(world) == {"stale_transfers": 1}


def test_a_saleor_that_refuses_to_be_told_is_told_the_next_time(world: World, log: list[EventDict]) -> None:
    world.saleor.deny()
    stale_payment(world)
    assert "problems not told" in [each["event"] for each in log]

    world.saleor.deny(False)
    look_again(world)
    assert shown(world) == {"stale_transfers": 1}


def test_a_problem_whose_telling_got_no_answer_is_taken_back_too(world: World) -> None:
    world.saleor.down(1, how="lost")
    payment = stale_payment(world)
    assert shown(world) == {"stale_transfers": 1}  # though we do not know it

    world.provider.clear_faults()
    world.provider.force(payment.token, "CANCELED")
    world.check(payment)
    look_again(world)
    assert open_problems(world) == {}
    assert shown(world) == {}


def test_a_problem_that_cannot_be_told_keeps_no_other_from_being_told(world: World) -> None:
    for key in ("an earlier one", "a later one"):
        world.clock.forward(seconds=1)
        with world.parts.database.write() as tx:
            problems.say(tx, world.connection.installation_id, key, f"This is {key}.", world.clock.now())
    world.saleor.down(1, how="500")
    look_again(world)
    assert shown(world) == {"a later one": 1}
    look_again(world)
    assert shown(world) == {"an earlier one": 1, "a later one": 1}


def test_a_problem_that_cannot_be_taken_back_yet_keeps_no_other_from_being_told(world: World) -> None:
    payment = stale_payment(world)
    world.provider.clear_faults()
    world.provider.force(payment.token, "CANCELED")
    world.check(payment)
    world.work()
    with world.parts.database.write() as tx:
        problems.say(tx, world.connection.installation_id, "another", "Another one.", world.clock.now())
    world.saleor.down(1, how="500")
    look_again(world)
    assert shown(world) == {"stale_transfers": 1, "another": 1}
    look_again(world)
    assert shown(world) == {"another": 1}


def test_a_saleor_that_is_slow_to_say_which_order_it_is_is_told_all_the_same(database_url: str) -> None:
    with made_world(database_url, limits=Limits(orders=0.6)) as world:
        for _ in range(3):
            paid_payment(world)
        with world.parts.database.write() as tx:
            problems.say(tx, world.connection.installation_id, "another", "Another one.", world.clock.now())
        world.saleor.slow(0.35)
        look_again(world, minutes=2)
        assert shown(world) == {"another": 1}


def test_whatever_stands_in_the_list_is_told_and_what_others_wrote_is_theirs_to_end(world: World) -> None:
    with world.parts.database.write() as tx:
        problems.say(tx, world.connection.installation_id, "webhooks_outdated", "Mend them.", world.clock.now())
    look_again(world)
    look_again(world)
    assert shown(world) == {"webhooks_outdated": 1}
    assert list(open_problems(world)) == ["webhooks_outdated"]


def test_an_installation_is_looked_after_once_a_minute_by_whoever_comes_first(world: World) -> None:
    stale_payment(world)
    with world.parts.database.write() as tx:
        problems.end(tx, world.connection.installation_id, "stale_transfers", world.clock.now())
    look_after(world.parts)
    assert open_problems(world) == {}

    look_again(world)
    assert list(open_problems(world)) == ["stale_transfers"]


def test_a_round_ends_when_the_worker_is_told_to_stop(world: World) -> None:
    stale_payment(world)
    with world.parts.database.write() as tx:
        problems.end(tx, world.connection.installation_id, "stale_transfers", world.clock.now())
    world.clock.forward(minutes=1)
    look_after(world.parts, lambda: True)
    assert open_problems(world) == {}


def test_a_shop_that_has_gone_is_left_alone(world: World) -> None:
    with world.parts.database.write() as tx:
        assert installations.uninstalled(tx, world.connection.installation_id, world.app.id, world.clock.now())
    stale_payment(world)
    assert open_problems(world) == {}


def test_a_round_that_fails_for_one_shop_is_logged_and_fails_for_no_other(world: World, log: list[EventDict]) -> None:
    with world.parts.database.write() as tx:
        tx.execute(update(rows).values(token_sealed="sealed with a key that is lost"))
    look_after(world.parts)
    assert alerts(log) == ["a round failed"]


def test_a_step_of_the_round_that_fails_keeps_no_other_from_its_turn(world: World, log: list[EventDict]) -> None:
    payment = paid_payment(world)
    world.choose(refunds=RefundsMode.MANUAL)
    world.saleor.request_action(payment.token, "REFUND", "10")
    assert eventually(lambda: waiting(world, payment))
    defect: Any = None
    world.clock.forward(minutes=2)
    look_after(replace(world.parts, saleor=defect))  # no order can be asked for, and nothing told
    assert alerts(log) == ["a round failed", "a round failed"]
    assert list(open_problems(world)) == ["refunds_waiting"]


# the provider


def test_a_provider_that_goes_away_in_a_quiet_hour_is_noticed(world: World) -> None:
    paid_payment(world)
    look_again(world)
    world.provider.fault("drop_before")
    for _ in range(9):
        look_again(world)
    assert open_problems(world) == {}
    for _ in range(7):
        look_again(world)
    assert list(open_problems(world)) == [f"provider_unreachable:{world.connection.id}"]

    world.provider.clear_faults()
    look_again(world)
    assert open_problems(world) == {}


def test_a_connection_whose_key_cannot_be_opened_keeps_no_other_from_being_asked(
    world: World, log: list[EventDict]
) -> None:
    with world.parts.database.write() as tx:
        tx.execute(update(keys).values(secret_sealed="sealed with a key that is lost"))
        made = connections.add(tx, world.parts.vault, replace(world.connection, name="another"))
    save_credentials(world.parts, made, Environment.TEST, "uid-2", SECRET, world.provider.base_url)
    look_again(world, minutes=11)
    assert [call.body["uidPlatform"] for call in world.provider.calls("balance")] == ["uid-2"]
    assert alerts(log) == []


def test_a_provider_that_was_heard_of_lately_is_not_asked(world: World) -> None:
    look_again(world)
    asked = len(world.provider.calls("balance"))
    for _ in range(15):
        look_again(world)
    assert len(world.provider.calls("balance")) - asked in (2, 3)  # each five minutes


def test_a_provider_that_does_not_answer_is_a_problem_after_a_while(world: World) -> None:
    world.provider.fault("drop_before")
    open_payment(world)
    for _ in range(2):
        look_again(world, minutes=4)
    assert open_problems(world) == {}

    look_again(world, minutes=8)
    assert list(open_problems(world)) == [f"provider_unreachable:{world.connection.id}"]
    assert "“shop”, minutes: 10 or more" in open_problems(world)[f"provider_unreachable:{world.connection.id}"]

    world.provider.clear_faults()
    look_again(world)
    assert open_problems(world) == {}


def test_open_payments_that_get_no_answer_show_that_the_provider_is_away(world: World) -> None:
    open_payment(world)
    world.provider.fault("error_500")
    look_again(world)
    look_again(world, minutes=15)
    assert list(open_problems(world)) == [f"provider_unreachable:{world.connection.id}"]


def test_providers_that_hang_take_a_part_of_the_round_and_each_has_its_turn(world: World) -> None:
    uids = {f"uid-{number}" for number in range(3)}
    long_ago = Health(failing_since=world.clock.now() - timedelta(hours=1))
    for uid in uids:
        with world.parts.database.write() as tx:
            made = connections.add(tx, world.parts.vault, replace(world.connection, name=uid))
            health.add(tx, made.id, Environment.TEST, long_ago)
        save_credentials(world.parts, made, Environment.TEST, uid, SECRET, world.provider.base_url)
    world.provider.fault("latency", "balance", seconds=0.3)
    parts = replace(world.parts, limits=replace(world.parts.limits, balance=0.2))

    asked = sorted({UID, *uids})  # the world's own is quiet

    for _ in asked:
        world.clock.forward(minutes=1)
        ask_where_in_doubt(parts, world.connection.installation_id, parts.deadline(0.39))  # time for one, not for two

    assert eventually(lambda: len(world.provider.calls("balance")) >= len(asked))
    assert sorted(str(call.body["uidPlatform"]) for call in world.provider.calls("balance")) == asked


def test_a_short_silence_is_no_problem(world: World) -> None:
    open_payment(world)
    world.provider.fault("error_500", "checkout", times=2)
    look_again(world)
    look_again(world, minutes=15)
    look_again(world, minutes=15)
    assert open_problems(world) == {}


def test_keys_that_are_refused_are_a_problem_until_they_are_right(each_world: World) -> None:
    world, key = each_world, f"credentials_refused:{each_world.connection.id}:test"
    open_payment(world)
    world.provider.fault("refuse", code="103", message="Неверная подпись")
    look_again(world)
    look_again(world, minutes=15)
    assert list(open_problems(world)) == [key]
    assert "Неверная подпись (103)" in open_problems(world)[key]

    world.provider.clear_faults()
    look_again(world)
    assert open_problems(world) == {}


def test_where_the_notification_counts_a_refusal_is_expected(world: World) -> None:
    world.choose(trust_test_notification=True)
    open_payment(world)
    world.provider.fault("refuse")
    look_again(world)
    look_again(world, minutes=15)
    assert open_problems(world) == {}


def test_new_payments_that_are_all_refused_alike_speak_against_the_keys(world: World) -> None:
    save_credentials(world.parts, world.connection, Environment.TEST, UID, "wrong", world.provider.base_url)
    world.forget()
    for number in range(5):
        world.pay(world.saleor.create_checkout(phone=f"+7916123456{number}").id)
    look_again(world, minutes=15)
    assert list(open_problems(world)) == [f"credentials_refused:{world.connection.id}:test"]

    save_credentials(world.parts, world.connection, Environment.TEST, UID, SECRET, world.provider.base_url)
    world.clock.forward(seconds=1)
    assert try_connection(world.parts, world.connection, Environment.TEST).accepted
    look_again(world)
    assert open_problems(world) == {}


def test_buyers_who_are_refused_while_the_keys_are_right_are_no_problem(world: World) -> None:
    for number in range(5):
        refused = world.pay(world.saleor.create_checkout(phone=f"+7916000456{number}").id)
        assert world.transfer(refused).state is State.REJECTED
    look_again(world, minutes=15)
    assert open_problems(world) == {}


def test_in_production_a_refused_probe_says_only_that_somebody_answers(world: World) -> None:
    save_credentials(world.parts, world.connection, Environment.PRODUCTION, UID, "wrong", NOWHERE)
    world.choose(environment=Environment.PRODUCTION)
    nobody_answers(world)

    save_credentials(world.parts, world.connection, Environment.PRODUCTION, UID, "wrong", world.provider.base_url)
    look_again(world)
    assert open_problems(world) == {}


def nobody_answers(world: World) -> None:
    """Lets payments fail because nothing can be sent, until that is a problem."""
    world.pay(world.saleor.create_checkout(phone=RICH).id)
    look_again(world, minutes=15)
    assert list(open_problems(world)) == [f"provider_unreachable:{world.connection.id}"]


def test_a_connection_that_is_removed_has_no_problem(world: World) -> None:
    save_credentials(world.parts, world.connection, Environment.TEST, UID, SECRET, NOWHERE)
    world.forget()
    nobody_answers(world)
    with world.parts.database.write() as tx:
        connections.remove(tx, world.connection.id, world.clock.now())
    look_again(world)
    assert open_problems(world) == {}


# reports and refunds


def test_reports_that_are_owed_for_an_hour_are_a_problem(world: World) -> None:
    payment = confirmed_payment(world)
    world.saleor.down()
    look_again(world)
    look_again(world, minutes=50)
    assert open_problems(world) == {}
    look_again(world, minutes=20)
    assert list(open_problems(world)) == ["reports_undelivered"]

    world.saleor.clear()
    look_again(world, hours=2)
    assert charge_of(world, payment).state == "delivered"
    assert open_problems(world) == {}


def test_reports_that_saleor_denies_or_never_takes_are_a_problem(world: World) -> None:
    payment = confirmed_payment(world)
    world.saleor.deny()
    look_again(world)
    assert "does not take" in open_problems(world)["reports_undelivered"]

    with world.parts.database.write() as tx:
        installations.resume_reports(tx, world.connection.installation_id)
    world.saleor.down()
    look_again(world, days=40)
    assert charge_of(world, payment).state == "dead"
    assert "refused reports" in open_problems(world)["reports_undelivered"]


def test_refunds_that_wait_are_a_problem(world: World) -> None:
    world.choose(refunds=RefundsMode.MANUAL)
    payment = paid_payment(world)
    world.saleor.request_action(payment.token, "REFUND", "10")
    assert eventually(lambda: waiting(world, payment))
    look_again(world)
    assert list(open_problems(world)) == ["refunds_waiting"]

    (task,) = waiting(world, payment)
    answer_returned(world.parts, task, drawn(), amount=1000, returned_on=DAY, note="", by=STAFF)
    look_again(world)
    assert open_problems(world) == {}


def waiting(world: World, payment: Session) -> list[RefundTask]:
    with world.parts.database.read() as tx:
        return refunds.of(tx, world.transfer(payment).id)


# double payments


def superseded_and_paid(world: World) -> tuple[Session, Session]:
    """Pays a form that a newer one had replaced, and the newer one too."""
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    older, newer = world.pay(checkout.id), world.pay(checkout.id)
    for payment in (older, newer):
        world.provider.force(payment.token, "CONFIRMED")
        world.check(payment)
    return older, newer


def test_a_superseded_transfer_that_is_paid_may_be_a_double_payment(each_world: World, log: list[EventDict]) -> None:
    world = each_world
    older, _ = superseded_and_paid(world)
    look_again(world)
    key = f"double_payment:{older.token}"
    assert list(open_problems(world)) == [key]
    assert older.token in open_problems(world)[key]
    assert "possible double payment" in alerts(log)
    assert (key in shown(world)) is (world.saleor.version >= "3.22")


def test_a_double_payment_is_found_though_saleor_is_away(world: World) -> None:
    world.saleor.down()
    older, _ = superseded_and_paid(world)
    look_again(world, minutes=2)
    assert f"double_payment:{older.token}" in open_problems(world)


def test_two_payments_of_which_neither_replaced_the_other_are_one_too_many(world: World) -> None:
    payments = two_open(world)
    for payment in payments:
        world.provider.force(payment.token, "CONFIRMED")
        world.check(payment)
    look_again(world)
    look_again(world, minutes=10)
    assert list(open_problems(world)) == [f"double_payment:{payments[1].token}"]


def two_open(world: World) -> tuple[Session, Session]:
    """Opens two payments of one checkout, both of whose answers to `init` were lost."""
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    world.provider.fault("drop_after", "init", times=2)
    return world.pay(checkout.id), world.pay(checkout.id)


def test_two_parts_of_one_sum_are_no_double_payment(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1000", phone=RICH)
    for part in ("400", "600"):
        world.paid(world.pay(checkout.id, amount=part))
    look_again(world)
    assert open_problems(world) == {}


def test_a_double_payment_ends_when_the_points_of_either_were_returned(world: World) -> None:
    world.choose(refunds=RefundsMode.MANUAL)
    older, newer = superseded_and_paid(world)
    look_again(world)
    record_refund(world.parts, world.transfer(newer), drawn(), amount=100, returned_on=DAY, note="", by=STAFF)
    look_again(world)
    assert list(open_problems(world)) == [f"double_payment:{older.token}"]

    record_refund(world.parts, world.transfer(newer), drawn(), amount=123_350, returned_on=DAY, note="", by=STAFF)
    look_again(world)
    assert open_problems(world) == {}
    assert shown(world) == {}


def test_a_double_payment_ends_for_good_when_somebody_has_looked(world: World) -> None:
    older, _ = superseded_and_paid(world)
    look_again(world)
    assert looked_at(world.parts, world.connection.installation_id, older.token, STAFF)
    assert not looked_at(world.parts, world.connection.installation_id, older.token, STAFF)
    assert "LOOKED_AT" in world.story(older)

    look_again(world)
    look_again(world, minutes=10)
    assert open_problems(world) == {}
    assert shown(world) == {}
