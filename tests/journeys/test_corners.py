"""Rare places where a payment must still do the right thing."""

import json
from threading import Thread

import pytest
from sqlalchemy import text

from saleor_kupikupi.domain.transfer import Environment, State
from saleor_kupikupi.flows.configure import save_credentials
from saleor_kupikupi.flows.parts import Limits
from saleor_kupikupi.flows.reconcile import tidy
from saleor_kupikupi.flows.settle import settle
from saleor_kupikupi.store import connections, credentials, due
from tests.clock import eventually
from tests.journeys.payments import claim_of, error_of, open_payment, unanswered_payment
from tests.world import RICH, SECRET, UID, Session, World
from tests.world import world as made_world


def forget_phones(world: World) -> None:
    with world.parts.database.write() as tx:
        tx.execute(text("UPDATE transfers SET phone_sealed = NULL"))


def test_an_init_is_not_sent_again_for_a_phone_that_was_erased(world: World) -> None:
    payment = unanswered_payment(world, arrived=False)
    forget_phones(world)
    world.clock.forward(seconds=31)
    assert world.process(payment).problems == ["start_again"]
    assert len(world.provider.calls("init")) == 1


def test_a_code_is_not_passed_on_for_a_phone_that_was_erased(world: World) -> None:
    world.choose(accept_code=True)
    payment = open_payment(world)
    forget_phones(world)
    assert world.process(payment, {"code": "1234"}).problems == ["code_not_possible"]
    assert world.provider.calls("confirmation") == []


def test_a_transaction_whose_token_is_no_uuid_is_refused(world: World) -> None:
    open_payment(world)
    body = json.loads(world.saleor.last_webhook("transaction_initialize_session")[1])
    body["transaction"]["token"] = body["transaction"]["token"].upper()
    answer = world.saleor.send_webhook(world.app, "transaction_initialize_session", json.dumps(body).encode())
    assert error_of(answer) == (400, "CANT_BE_PARSED")
    assert len(world.provider.calls("init")) == 1


@pytest.mark.parametrize("path", [("sourceObject", "id"), ("sourceObject", "channel", "slug"), ("version",)])
def test_a_message_with_a_name_that_no_index_could_hold_is_malformed(world: World, path: tuple[str, ...]) -> None:
    open_payment(world)
    body = json.loads(world.saleor.last_webhook("transaction_initialize_session")[1])
    inner = body
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = "Q2hlY2tvdXQ6" * 750
    body["transaction"]["token"] = "0f0e6d5c-1111-4222-8333-444455556666"
    answer = world.saleor.send_webhook(world.app, "transaction_initialize_session", json.dumps(body).encode())
    assert error_of(answer) == (400, "CANT_BE_PARSED")


def test_a_total_beyond_all_points_is_compared_with_nothing(world: World) -> None:
    checkout = world.saleor.create_checkout(total="100000000.00", phone=RICH, user="buyer@example.com")
    offer = world.offer(checkout.id, {"checkBalance": True}, amount="10")
    assert (offer["available"], offer["pointsSufficient"]) == (True, None)
    assert world.provider.calls("balance") == []


def test_a_payment_that_settled_before_init_was_answered_stays_settled(database_url: str) -> None:
    with made_world(database_url, limits=Limits(lease=0.05)) as world:
        answer = world.provider.fault("held", "init", times=1, after=True)
        checkout = world.saleor.create_checkout(phone=RICH)
        opened: list[Session] = []
        buyer = Thread(target=lambda: opened.append(world.pay(checkout.id)))
        buyer.start()
        assert eventually(lambda: bool(world.provider.transfers()))
        (known,) = world.provider.transfers()
        world.provider.type_code(f"{world.provider.url}/form/{known.form_key}", known.code)
        assert eventually(lambda: world.work() >= 0 and world.transfer(known.order_id).state is State.CONFIRMED)
        answer.release()
        buyer.join(10)
        assert opened[0].event.type == "CHARGE_SUCCESS"
        assert world.transfer(opened[0]).payment_id == str(known.payment_id)
        world.work()
        assert world.charged(opened[0]) == "1234.50"


def test_a_payment_gets_no_ok_after_the_app_was_uninstalled(database_url: str) -> None:
    with made_world(database_url, version="3.23") as world:
        world.choose(guard=False)
        payment = open_payment(world)
        world.saleor.uninstall(world.app)
        assert eventually(lambda: uninstalled(world))
        assert error_of(world.notify(claim_of(payment.token))) == (409, "UNINSTALLED")
        assert world.transfer(payment).claimed_at is None


def uninstalled(world: World) -> bool:
    with world.parts.database.read() as tx:
        return bool(tx.execute(text("SELECT count(*) FROM installations WHERE token_sealed IS NULL")).scalar_one())


def test_a_failed_payment_is_looked_at_with_the_new_secret_once_the_old_one_is_forgotten(world: World) -> None:
    payment = open_payment(world)
    world.provider.force(payment.token, "CANCELED")
    world.check(payment)
    save_credentials(world.parts, world.connection, Environment.TEST, UID, SECRET, world.provider.base_url)
    world.clock.forward(minutes=10)
    tidy(world.parts)
    with world.parts.database.read() as tx:
        used = world.transfer(payment).credentials_id
        assert used is not None
        assert credentials.by_id(tx, world.parts.vault, used) is None
    world.provider.force(payment.token, "CONFIRMED")
    assert world.notify(claim_of(payment.token)).status_code == 409
    world.work()
    assert world.charged(payment) == "1234.50"


def test_an_open_payment_keeps_the_secret_that_it_was_opened_with(world: World) -> None:
    payment = open_payment(world)
    save_credentials(world.parts, world.connection, Environment.TEST, UID, "a new secret", world.provider.base_url)
    world.clock.forward(minutes=6)
    tidy(world.parts)
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_an_open_payment_is_followed_with_the_new_secret_once_the_old_one_is_refused(world: World) -> None:
    payment = open_payment(world)
    world.provider.platform(UID).secret = "a new secret"
    save_credentials(world.parts, world.connection, Environment.TEST, UID, "a new secret", world.provider.base_url)
    world.paid(payment)
    assert world.charged(payment) == "1234.50"


def test_a_refusal_is_believed_where_the_new_secret_is_refused_too(world: World) -> None:
    payment = open_payment(world)
    world.provider.platform(UID).secret = "known to nobody here"
    save_credentials(world.parts, world.connection, Environment.TEST, UID, "a new secret", world.provider.base_url)
    assert world.check(payment).state is State.OPEN
    assert world.checkouts(payment) == 2


def test_a_refused_check_of_what_is_over_changes_nothing(world: World) -> None:
    payment = open_payment(world)
    world.provider.force(payment.token, "CANCELED")
    world.check(payment)
    told = world.reports(payment)
    world.provider.platform(UID).secret = "known to nobody here"
    assert world.check(payment).state is State.CANCELED
    assert (world.reports(payment), world.checkouts(payment)) == (told, 2)


def test_a_check_without_any_secret_changes_nothing(world: World) -> None:
    payment = open_payment(world)
    world.provider.force(payment.token, "CANCELED")
    world.check(payment)
    with world.parts.database.write() as tx:
        connections.remove(tx, world.connection.id, world.clock.now())
    world.clock.forward(minutes=10)
    tidy(world.parts)
    assert world.check(payment).state is State.CANCELED
    assert world.checkouts(payment) == 1


def test_a_check_of_what_was_refused_before_a_provider_was_chosen_asks_nobody(world: World) -> None:
    world.saleor.channel("usd", "USD")
    refused = world.pay(world.saleor.create_checkout("usd", phone=RICH).id)
    assert world.check(refused).state is State.REJECTED
    assert world.provider.calls("checkout") == []


def test_a_debt_that_cannot_be_told_does_not_stop_a_payment(world: World) -> None:
    checkout = world.saleor.create_checkout(total="100000000.00", phone=RICH)
    payment = world.pay(checkout.id, amount="10")
    world.paid(payment)
    assert world.charged(payment) == "10.00"


def test_a_claim_that_comes_in_while_the_provider_is_asked_keeps_its_own_time(world: World) -> None:
    payment = open_payment(world)
    before, lease = world.transfer(payment), world.parts.owner()
    with world.parts.database.write() as tx:
        assert due.take(tx, before.id, lease, world.parts.now(), world.parts.limits.lease)
    assert world.notify(claim_of(payment.token)).status_code == 200
    assert settle(world.parts, before, lease).claimed_at is not None
    with world.parts.database.read() as tx:
        assert not due.is_leased(tx, before.id, world.parts.now())
        assert due.something_due(tx, world.parts.now())
