"""One transfer: how it stands in words, what a person can do about it, and who did what."""

import ast
import json
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote

import pytest
import requests

from saleor_kupikupi import flows
from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.transfer import Refusal, State
from saleor_kupikupi.store import due, installations, orders, pages, reports, timeline, transfers
from saleor_kupikupi.web.dashboard.words import HAPPENINGS
from tests.contract.made_from_code import PACKAGE
from tests.journeys.payments import confirmed_payment, open_payment, paid_payment, unanswered_payment
from tests.web.staffing import get, other_shop, post
from tests.web.visits import form_key
from tests.world import RICH, Session, World

EVIL = "<img src=x onerror=alert(1)>"
STAFF = "admin@example.com"


def shown(world: World, payment: Session, language: str = "en") -> str:
    answer = get(world, f"/transfers/{payment.token}", language)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


def done(world: World, payment: Session, what: str, status: int = 200) -> requests.Response:
    answer = post(world, f"/transfers/{payment.token}/{what}", email=STAFF)
    assert answer.status_code == status, answer.text
    return answer


def toast(answer: requests.Response) -> tuple[str, str]:
    said = json.loads(unquote(answer.headers["X-Toast"]))
    return said["title"], said["text"]


def change(world: World, payment: Session, **changes: Any) -> None:
    with world.parts.database.write() as tx:
        found = world.transfer(payment)
        assert transfers.save(tx, found, replace(found, **changes))


def story(world: World, payment: Session) -> list[tuple[str, str]]:
    with world.parts.database.read() as tx:
        return [(each.who, each.what) for each in timeline.of(tx, world.transfer(payment).id)]


# what is shown


def test_a_waiting_payment_says_how_it_stands_and_what_comes(world: World) -> None:
    text = shown(world, open_payment(world))

    for words in (
        "Transfer of 1,234.50 ₽",
        "Waiting for the buyer",
        "TEST",
        "••4567",
        "waits; there is nothing to tell yet",
        "Kupi-Kupi is asked again at",
        "Kupi-Kupi opened its form",
        "Give up this payment",
    ):
        assert words in text
    assert "9161234567" not in re.sub(r"\D", "", text.replace(world.url, ""))


def test_a_paid_payment_says_so_on_both_sides_in_russian(world: World) -> None:
    payment = paid_payment(world)
    text = shown(world, payment, "ru")

    for words in ("Оплачен", "сообщено: баллы переведены", "Saleor узнал: баллы переведены", "Купи-Купи уведомил"):
        assert words in text
    assert "Отказаться от платежа" not in text
    assert "Сообщить в Saleor снова" not in text


def test_a_refusal_is_explained_by_us_and_in_the_providers_words(world: World) -> None:
    declined = open_payment(world)
    change(world, declined, state=State.REJECTED, refusal=Refusal("declined", "77", f"Нет баллов {EVIL}"))
    unsent = world.pay(world.saleor.create_checkout(total="1.00", phone="").id)
    text = shown(world, unsent)

    assert "Refused before anything was sent to Kupi-Kupi" in text
    assert "The buyer gave no phone number" in text
    assert "told at once, in the answer to the payment" in text
    assert "Check now" not in text
    done(world, unsent, "check", 409)
    text = shown(world, declined)
    assert "Kupi-Kupi refused the transfer; the points stay with the buyer." in text
    assert "Нет баллов &lt;img src=x onerror=alert(1)&gt; (77)" in text


def test_the_dated_facts_are_explained(world: World) -> None:
    payment, now = open_payment(world), world.clock.now()
    change(world, payment, superseded_at=now, abandoned_at=now, never_opened_at=now, stale_at=now)
    text = shown(world, payment)

    for words in ("Replaced", "Given up", "Never reached Kupi-Kupi", "No longer followed"):
        assert f"<strong>{words}</strong>" in text


def test_what_comes_next_follows_how_it_stands(world: World) -> None:
    waiting, owed, dead = open_payment(world), confirmed_payment(world), confirmed_payment(world)
    assert "Kupi-Kupi is being asked right now." in shown(world, owed)
    world.saleor.down(how="500")
    world.work()
    world.saleor.clear()
    assert "Saleor is told again at" in shown(world, owed)
    world.clock.forward(minutes=90)
    text = shown(world, owed)
    assert "Saleor is being told right now." in text
    assert "Saleor was not told" in text
    with world.parts.database.write() as tx:
        installations.suspend_reports(tx, world.connection.installation_id, world.clock.now() + timedelta(days=1), "no")
        for each in pages.reports_of(tx, world.transfer(dead).id):
            reports.dead(tx, each.id, f"NOT_FOUND: {EVIL}")
        due.reschedule(tx, world.transfer(waiting), "", due_at=None)
    assert "Saleor refused the app. It is tried again at" in shown(world, owed)
    text = shown(world, dead)
    assert "Nothing by itself: Saleor refused a report" in text
    assert "NOT_FOUND: &lt;img" in text
    assert "Nothing by itself. “Check now” asks Kupi-Kupi." in shown(world, waiting)


def test_the_connections_cabinet_is_a_click_away(world: World) -> None:
    payment = open_payment(world)
    world.choose(cabinet_url="https://cabinet.example/shop")

    assert 'href="https://cabinet.example/shop"' in shown(world, payment)


def test_an_order_is_asked_for_once_it_exists_and_the_answer_is_kept(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    payment = world.pay(checkout.id)
    world.paid(payment)
    assert "There is no order yet" in shown(world, payment)
    order = world.saleor.checkout_complete(checkout.id)
    text = shown(world, payment)

    assert f"Order {order.number}" in text
    assert f'data-redirect="/orders/{quote(order.id, safe="")}"' in text
    asked = len(world.saleor.graphql_calls)
    shown(world, payment)
    assert len(world.saleor.graphql_calls) == asked
    assert world.transfer(payment).order_id == order.id


def test_a_saleor_that_does_not_answer_keeps_nobody_from_the_page(world: World) -> None:
    payment = paid_payment(world)
    world.saleor.down(how="500")

    assert "There is no order yet" in shown(world, payment)


def test_an_order_that_is_paid_is_a_click_away_before_its_number_is_known(world: World) -> None:
    order = world.saleor.create_order(total="10.00", phone=RICH)

    assert f'data-redirect="/orders/{quote(order.id, safe="")}"' in shown(world, world.pay(order.id))


def test_our_own_id_leads_to_the_same_page(world: World) -> None:
    payment = open_payment(world)
    answer = get(world, f"/transfers/{world.transfer(payment).id}")

    assert answer.headers["X-Route"] == f"/transfers/{payment.token}"
    assert payment.token in answer.text


@pytest.mark.parametrize("what", ["", "/check", "/resend", "/abandon"])
def test_another_shops_transfer_is_not_there(world: World, what: str) -> None:
    payment = open_payment(world)
    with world.parts.database.write() as tx:
        reference = reference_of("00000000-0000-4000-8000-000000000001")
        draft = replace(world.transfer(payment), reference=reference, installation_id=other_shop(world, tx))
        theirs = transfers.insert_new(tx, world.parts.vault, draft, "79161234567", None)
    for name in (theirs.reference, str(theirs.id), "nothing", "9" * 30, "²"):
        answer = post(world, f"/transfers/{name}{what}") if what else get(world, f"/transfers/{name}")
        assert answer.status_code == 404
        assert "There is no such page" in answer.text


def test_texts_from_outside_are_texts(world: World) -> None:
    payment = open_payment(world)
    with world.parts.database.write() as tx:
        found = world.transfer(payment)
        orders.placed(tx, found.id, EVIL, EVIL)
        timeline.note(tx, found.id, world.clock.now(), EVIL, EVIL, EVIL)
    change(world, payment, provider_status=EVIL, payment_id=EVIL, channel=EVIL)
    for text in (shown(world, payment), get(world, "/transfers?q=4567").text):
        assert EVIL not in text
        assert "&lt;img" in text


def test_a_happening_that_has_no_words_is_shown_as_it_is(world: World) -> None:
    payment = open_payment(world)
    with world.parts.database.write() as tx:
        timeline.note(tx, world.transfer(payment).id, world.clock.now(), "somebody", "NEW_CODE", "100 %(x)s")

    text = shown(world, payment)
    assert "NEW_CODE" in text
    assert "100 %(x)s · somebody" in text


# what is done


def test_a_check_says_what_was_answered_and_who_asked(world: World) -> None:
    payment = open_payment(world)
    assert toast(done(world, payment, "check")) == (
        "Kupi-Kupi answered: the form was not opened yet",
        "Waiting for the buyer",
    )
    world.type_code(payment)
    answer = done(world, payment, "check")

    assert toast(answer) == ("Kupi-Kupi answered: the points moved", "Paid")
    assert answer.headers["X-Route"] == f"/transfers/{payment.token}"
    assert STAFF in answer.text
    assert story(world, payment)[-1] == (STAFF, "CHECK_ANSWERED")


def test_a_check_without_an_answer_changes_nothing(world: World) -> None:
    payment = open_payment(world)
    world.provider.fault("drop_before", "checkout", times=1)

    assert toast(done(world, payment, "check"))[0] == "Kupi-Kupi did not answer"
    assert world.transfer(payment).state is State.OPEN
    assert story(world, payment)[-1] == (STAFF, "CHECK_UNANSWERED")


def test_a_check_that_is_refused_says_so_in_the_providers_words(world: World) -> None:
    payment = unanswered_payment(world, arrived=False)
    answer = done(world, payment, "check")

    title, words = toast(answer)
    assert title == "Kupi-Kupi refused the question"
    assert words in answer.text
    assert story(world, payment)[-1] == (STAFF, "CHECK_REFUSED")


def test_a_check_waits_for_one_that_is_under_way(world: World) -> None:
    payment = open_payment(world)
    with world.parts.database.write() as tx:
        assert due.take(tx, world.transfer(payment).id, "a worker", world.clock.now(), 20)

    assert "being asked about it at this moment" in done(world, payment, "check", 409).text


def test_reports_that_saleor_refused_are_sent_again(world: World) -> None:
    payment = confirmed_payment(world)
    world.saleor.down(how="500")
    world.work()
    world.saleor.clear()
    assert "Tell Saleor again" in shown(world, payment)
    assert toast(done(world, payment, "resend"))[0] == "Saleor is being told"
    world.work()

    assert world.charged(payment) == "1234.50"
    assert (STAFF, "REPORTS_RESENT") in story(world, payment)
    assert "There is nothing to tell" in done(world, payment, "resend", 409).text


def test_a_payment_that_is_given_up_gets_no_ok(world: World) -> None:
    payment = open_payment(world)
    answer = done(world, payment, "abandon")

    assert toast(answer)[0] == "The payment is given up"
    assert f"{STAFF}" in answer.text
    assert "Give up this payment" not in answer.text
    world.type_code(payment)
    world.work()
    assert world.charged(payment) == "0.00"
    assert "NOTIFIED_TOO_LATE" in world.story(payment)
    done(world, payment, "abandon", 409)


def test_a_payment_is_given_up_by_one_form_twice_and_looks_the_same(world: World) -> None:
    payment, key = open_payment(world), form_key()
    path = f"/transfers/{payment.token}/abandon"
    answers = [post(world, path, key, email=STAFF) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert [toast(each)[0] for each in answers] == ["The payment is given up"] * 2
    assert story(world, payment).count((STAFF, "ABANDONED")) == 1


def test_a_payment_that_is_announced_or_over_cannot_be_given_up(world: World) -> None:
    announced = confirmed_payment(world)
    assert "It is too late" in done(world, announced, "abandon", 409).text
    world.work()
    done(world, announced, "abandon", 409)

    assert world.transfer(announced).abandoned_at is None


@pytest.mark.parametrize("what", ["check", "resend", "abandon"])
def test_who_may_only_look_changes_nothing(world: World, what: str) -> None:
    payment = open_payment(world)
    before = story(world, payment)

    answer = post(world, f"/transfers/{payment.token}/{what}", user_permissions=["MANAGE_ORDERS"])

    assert answer.status_code == 403
    assert story(world, payment) == before


# the words

# What flows note by another expression than a text, and what that can be.
NOTED = {
    "changed.state": [each.value for each in State],
    "transfer.state": [each.value for each in State],
    "changed.state if changed.final else 'NEVER_OPENED'": [*(each.value for each in State), "NEVER_OPENED"],
    "type_": ["REFUND_SUCCESS", "REFUND_FAILURE"],
}


def happenings() -> set[str]:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in (PACKAGE / "flows").glob("*.py")]
    return {code for tree in trees for call in ast.walk(tree) if is_note(call) for code in codes(tree, call)}


def is_note(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "timeline.note"


def codes(tree: ast.Module, call: Any) -> Iterable[str]:
    return meant(tree, call.args[4])


def meant(tree: ast.Module, what: ast.expr) -> list[str]:
    """Lists the codes that an expression can be."""
    text = ast.unparse(what)
    if text in NOTED:
        return NOTED[text]
    if isinstance(what, ast.Constant):
        return [str(what.value)]
    if isinstance(what, ast.IfExp):
        return meant(tree, what.body) + meant(tree, what.orelse)
    name = what.value if isinstance(what, ast.Subscript) else what
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == ast.unparse(name):
            found = node.value
            values = found.values if isinstance(found, ast.Dict) else [found]
            return [code for each in values for code in meant(tree, each)]
    raise AssertionError(f"a happening that nobody can list: {text}; say in NOTED what it can be")


def test_every_happening_that_flows_write_down_has_words() -> None:
    assert flows.__doc__
    written = happenings()

    assert {"CLAIMED", "CODE_WRONG", "CHECK_ANSWERED", "NEVER_OPENED", "ABANDONED"} <= written
    assert sorted(written - set(HAPPENINGS)) == []
