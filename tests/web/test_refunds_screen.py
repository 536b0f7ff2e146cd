"""The screens of refunds, as HTML that staff get and forms that they send."""

import re
from html import unescape
from typing import Any

import pytest
from sqlalchemy import update

from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.refunds import RefundsMode, RefundTask, TaskState
from saleor_kupikupi.flows.refund import record_refund
from saleor_kupikupi.store import installations, orders, refunds, tables
from tests.journeys.payments import drawn, open_payment, paid_payment
from tests.web.visits import STAFF, form_key, send, toast, visit
from tests.world import APP_ID, Session, World

EVIL = '"><img src=x onerror=alert(1)>'


def asked(world: World, amount: str = "10") -> tuple[Session, RefundTask]:
    payment = paid_payment(world)
    world.saleor.request_action(payment.token, "REFUND", amount=amount)
    return payment, tasks(world, payment)[0]


def tasks(world: World, payment: Session) -> list[RefundTask]:
    with world.parts.database.read() as tx:
        return refunds.of(tx, world.transfer(payment).id)


def form(world: World, **changes: str) -> dict[str, str]:
    return {"amount": "10.00", "day": world.clock.now().date().isoformat(), "note": ""} | changes


def give_to_another_shop(world: World, payment: Session) -> None:
    """Makes a payment and its refunds another installation's."""
    draft = Installation(0, "https://other.example/graphql/", APP_ID, "app", "token", "3.22")
    with world.parts.database.write() as tx:
        other = installations.register(tx, world.parts.vault, draft, "{}", world.clock.now()).id
        for table in (tables.refund_tasks, tables.transfers):
            tx.execute(update(table).values(installation_id=other))
    assert world.saleor.transaction(payment.token).token == payment.token


def test_a_refund_that_waits_is_listed_first_with_what_is_to_be_known_of_it(world: World) -> None:
    shown = visit(world, "/refunds").text
    assert "No refund waits" in shown
    payment, task = asked(world, "1000")
    shown = visit(world, "/refunds").text
    assert f'href="/app/refunds/{task.id}"' in shown
    assert f'href="/app/transfers/{payment.token}"' in shown
    assert "1,000.00" in shown
    assert "TEST" in shown
    assert "not known yet" in shown
    assert "1\u202f000,00" in visit(world, "/refunds", language="ru").text


def test_a_refund_leads_to_its_order_once_that_is_known(world: World) -> None:
    payment, task = asked(world)
    with world.parts.database.write() as tx:
        orders.placed(tx, world.transfer(payment).id, "T3JkZXI6MQ==", "17")
    for path in ("/refunds", f"/refunds/{task.id}", f"/refunds/of/{payment.token}"):
        assert 'data-redirect="/orders/T3JkZXI6MQ%3D%3D">#17<' in visit(world, path).text


def test_a_granted_refund_says_so_with_the_reason_it_was_granted_for(world: World) -> None:
    payment = paid_payment(world)
    order = world.saleor.checkout_complete(payment.transaction.checkout_id or "")
    granted = world.saleor.staff.grant_refund(order.id, "100", "Разбилась <чашка>")
    world.saleor.request_action(payment.token, "REFUND", granted_refund=granted)
    task = tasks(world, payment)[0]
    for path in ("/refunds", f"/refunds/{task.id}", f"/refunds/of/{payment.token}"):
        for language, said in (("en", "granted on the order"), ("ru", "одобрен в заказе")):
            shown = visit(world, path, language=language).text
            assert said in shown
            assert "Разбилась &lt;чашка&gt;" in shown


def test_a_payment_of_which_a_part_went_back_says_how_much(world: World) -> None:
    payment = paid_payment(world)
    day = world.clock.now().date()
    record_refund(world.parts, world.transfer(payment), drawn(), amount=23_450, returned_on=day, note="", by=STAFF)
    assert (
        "not told yet: the points were returned, 234.50 of 1,234.50" in visit(world, f"/transfers/{payment.token}").text
    )
    world.work()
    assert "told: the points were returned, 234.50 of 1,234.50" in visit(world, f"/transfers/{payment.token}").text


def test_a_payment_that_went_back_whole_needs_no_sums(world: World) -> None:
    payment = paid_payment(world)
    day = world.clock.now().date()
    record_refund(world.parts, world.transfer(payment), drawn(), amount=123_450, returned_on=day, note="", by=STAFF)
    assert "not told yet: the points were returned<" in visit(world, f"/transfers/{payment.token}").text


def test_answered_refunds_are_paged_newest_first(world: World) -> None:
    payment = paid_payment(world)
    for kopecks in range(1, 28):
        day = world.clock.now().date()
        record_refund(world.parts, world.transfer(payment), drawn(), amount=kopecks, returned_on=day, note="", by=STAFF)
    first = visit(world, "/refunds").text
    assert "0.27" in first
    assert "0.02" not in first
    older = re.search(r'href="/app(/refunds\?before=\d+)"', first)
    assert older is not None
    second = visit(world, older[1]).text
    assert "0.02" in second
    assert "Waiting" not in second
    assert "no older refunds" in visit(world, "/refunds?before=1").text
    assert visit(world, "/refunds?before=x").text == first


def test_points_that_went_back_are_noted_with_who_said_so_and_saleor_is_told(world: World) -> None:
    payment, task = asked(world)
    answer = send(world, f"/refunds/{task.id}/returned", form(world, amount=" 9,50", note="по телефону"))
    assert (answer.status_code, answer.headers["X-Route"], toast(answer)) == (200, "/refunds", "The refund is noted")
    world.work()
    assert f"{world.saleor.transaction(payment.token).sums.refunded:.2f}" == "9.50"
    (done,) = tasks(world, payment)
    assert (done.returned, done.note, done.answered_by) == (950, "по телефону", STAFF)
    shown = visit(world, f"/refunds/{task.id}").text
    assert STAFF in shown
    assert "<form" not in shown


def test_a_refund_that_is_not_possible_needs_a_reason(world: World) -> None:
    payment, task = asked(world)
    refused = send(world, f"/refunds/{task.id}/impossible", {"reason": " "})
    assert refused.status_code == 422
    assert "Say why" in refused.text
    assert tasks(world, payment)[0].state is TaskState.OPEN
    answer = send(world, f"/refunds/{task.id}/impossible", {"reason": "the buyer has left"})
    assert toast(answer) == "The refund is closed"
    world.work()
    assert "the buyer has left" in world.saleor.transaction(payment.token).events[-1].message


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "10,000"}, "Type an amount such as 1,234.50."),
        ({"amount": "10.01"}, "At most 10.00 can be returned."),
        ({"day": "24.11.2026"}, "Choose the day."),
        ({"day": "9999-12-31"}, "This day is still to come."),
        ({"day": "2020-01-01"}, "The payment was made later than that."),
        ({"note": "n" * 301}, "At most 300 characters."),
    ],
)
def test_a_form_that_is_refused_keeps_what_was_typed_and_changes_nothing(
    world: World, changes: dict[str, str], sentence: str
) -> None:
    payment, task = asked(world)
    typed = form(world, **({"note": "typed"} | changes))
    answer = send(world, f"/refunds/{task.id}/returned", typed)
    assert answer.status_code == 422
    assert sentence in unescape(answer.text)
    assert '<details class="confirm" open>' in answer.text
    assert all(f'value="{each}"' in answer.text for each in typed.values())
    assert tasks(world, payment) == [task]


def test_a_refund_that_somebody_else_has_answered_says_so_and_stays(world: World) -> None:
    payment, task = asked(world)
    send(world, f"/refunds/{task.id}/impossible", {"reason": "first"})
    (first,) = tasks(world, payment)
    for path, said in (("returned", form(world)), ("impossible", {"reason": "second"})):
        answer = send(world, f"/refunds/{task.id}/{path}", said)
        assert answer.status_code == 409
        assert "Somebody has answered this refund already" in answer.text
        assert "first" in answer.text
    assert tasks(world, payment) == [first]


def test_a_refund_made_in_the_cabinet_is_recorded_from_its_payment(world: World) -> None:
    payment = paid_payment(world)
    path = f"/refunds/of/{payment.token}"
    assert "Record a refund made in the cabinet" in visit(world, path).text
    refused = send(world, path, form(world, amount="1 234,51"))
    assert (refused.status_code, "At most 1,234.50" in refused.text) == (422, True)
    answer = send(world, path, form(world, amount="1 234,50"))
    assert (toast(answer), answer.headers["X-Route"]) == ("The refund is noted", path)
    assert "Everything is refunded" in answer.text
    world.work()
    assert f"{world.saleor.transaction(payment.token).sums.refunded:.2f}" == "1234.50"
    again = send(world, path, form(world, amount="1"))
    assert again.status_code == 422
    assert "Record a refund" not in visit(world, f"/refunds/of/{open_payment(world).token}").text


def test_an_older_payment_is_given_new_refund_by_a_button_that_then_goes(world: World) -> None:
    world.choose(refunds=RefundsMode.REFUSE)
    payment = paid_payment(world)
    path = f"/refunds/of/{payment.token}"
    assert "Let Saleor ask" not in visit(world, path).text
    assert send(world, f"{path}/offer", {}).status_code == 200
    world.choose(refunds=RefundsMode.MANUAL)
    assert "Let Saleor ask" in visit(world, path).text
    key = form_key()
    answer, again = (send(world, f"{path}/offer", key) for _ in range(2))
    assert "Let Saleor ask" not in answer.text
    assert (again.status_code, toast(again)) == (200, toast(answer))
    world.work()
    assert world.saleor.transaction(payment.token).actions == ("REFUND",)


def test_the_cabinet_is_linked_where_it_is_known(world: World) -> None:
    world.choose(cabinet_url="https://cabinet.example/{orderId}?a=b&c=d")
    payment, task = asked(world)
    assert f'href="https://cabinet.example/{payment.token}?a=b&amp;c=d"' in visit(world, f"/refunds/{task.id}").text


def test_what_people_wrote_is_only_ever_text(world: World) -> None:
    payment, task = asked(world)
    path = f"/refunds/{task.id}"
    for answer in (
        send(world, f"{path}/returned", form(world, note=EVIL, day=EVIL, amount=EVIL)),
        send(world, f"{path}/impossible", {"reason": EVIL * 20}),
        send(world, f"{path}/impossible", {"reason": EVIL}, email=EVIL),
        visit(world, path),
        visit(world, "/refunds"),
        visit(world, f"/refunds/of/{payment.token}"),
        visit(world, f"/refunds?before={EVIL}"),
    ):
        assert "<img" not in answer.text


def test_a_form_waits_while_saleor_does_not_say_what_is_refunded_already(world: World) -> None:
    payment, task = asked(world)
    world.saleor.down()
    for path, said in (
        (f"/refunds/{task.id}/returned", form(world)),
        (f"/refunds/{task.id}/impossible", {"reason": "the buyer has left"}),
        (f"/refunds/of/{payment.token}", form(world)),
    ):
        answer = send(world, path, said)
        assert answer.status_code == 422
        assert "Saleor does not say what is refunded already." in answer.text
        assert all(f'value="{each}"' in answer.text for each in said.values())
    assert tasks(world, payment) == [task]


def test_anothers_refunds_are_not_there(world: World) -> None:
    payment, task = asked(world)
    give_to_another_shop(world, payment)
    assert "No refund waits" in visit(world, "/refunds").text
    for path in (f"/refunds/{task.id}", f"/refunds/of/{payment.token}", "/refunds/99999999999999999999"):
        assert visit(world, path).status_code == 404
    for path in ("returned", "impossible"):
        assert send(world, f"/refunds/{task.id}/{path}", form(world)).status_code == 404
    for path in (f"/refunds/of/{payment.token}", f"/refunds/of/{payment.token}/offer"):
        assert send(world, path, form(world)).status_code == 404


def test_who_may_only_look_gets_no_forms_and_changes_nothing(world: World) -> None:
    payment, task = asked(world)
    looking: dict[str, Any] = {"user_permissions": ["MANAGE_ORDERS"]}
    shown = visit(world, f"/refunds/{task.id}", **looking).text
    assert "<form" not in shown
    assert "disabled" in shown
    for path in (f"/refunds/{task.id}/returned", f"/refunds/of/{payment.token}"):
        assert send(world, path, form(world), **looking).status_code == 403
    assert tasks(world, payment) == [task]


def test_every_drawing_of_a_form_that_moves_money_carries_a_key_of_its_own(world: World) -> None:
    payment, task = asked(world)
    paths = (f"/refunds/{task.id}", f"/refunds/of/{payment.token}", f"/refunds/of/{payment.token}")
    drawn_keys = [
        key for path in paths for key in re.findall(r'name="form-key" value="(.*?)"', visit(world, path).text)
    ]
    assert len(set(drawn_keys)) == len(drawn_keys) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", each) for each in drawn_keys)


def test_a_refund_recorded_by_one_form_twice_is_one_refund_and_looks_the_same(world: World) -> None:
    payment = paid_payment(world)
    path, said = f"/refunds/of/{payment.token}", form(world) | form_key()
    first, again = (send(world, path, said) for _ in range(2))
    assert (toast(again), again.status_code) == (toast(first), 200)
    world.work()
    assert f"{world.saleor.transaction(payment.token).sums.refunded:.2f}" == "10.00"
    assert len(tasks(world, payment)) == 1


def test_the_whole_sum_recorded_twice_by_one_form_is_no_error(world: World) -> None:
    payment = paid_payment(world)
    path, said = f"/refunds/of/{payment.token}", form(world, amount="1 234,50") | form_key()
    assert [toast(send(world, path, said)) for _ in range(2)] == ["The refund is noted"] * 2


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("returned", {"amount": "10.00", "day": "2026-11-24", "note": ""}),
        ("impossible", {"reason": "the buyer has left"}),
    ],
)
def test_a_refund_answered_by_one_form_twice_is_answered_once_and_looks_the_same(
    world: World, path: str, said: dict[str, str]
) -> None:
    payment, task = asked(world)
    today = {"day": world.clock.now().date().isoformat()} if "day" in said else {}
    posted = said | today | form_key()
    first, again = (send(world, f"/refunds/{task.id}/{path}", posted) for _ in range(2))
    assert (toast(again), again.status_code) == (toast(first), 200)
    world.work()
    final = [each for each in world.saleor.transaction(payment.token).events if each.type.startswith("REFUND_")]
    assert len([each for each in final if each.type in ("REFUND_SUCCESS", "REFUND_FAILURE")]) == 1


def test_a_form_posted_again_with_another_amount_changes_nothing_and_says_so(world: World) -> None:
    payment = paid_payment(world)
    path, key = f"/refunds/of/{payment.token}", form_key()
    send(world, path, form(world, amount="10") | key)
    answer = send(world, path, form(world, amount="11") | key)
    assert answer.status_code == 409
    assert "Nothing was changed by this form" in answer.text
    assert [each.returned for each in tasks(world, payment)] == [1000]


@pytest.mark.parametrize("key", ["", "x", "f" * 1_000])
def test_a_form_without_a_key_moves_no_money(world: World, key: str) -> None:
    payment, task = asked(world)
    for path in (f"/refunds/of/{payment.token}", f"/refunds/{task.id}/returned", f"/transfers/{payment.token}/abandon"):
        answer = send(world, path, form(world) | {"form-key": key})
        assert answer.status_code == 409
        assert "Nothing was changed by this form" in answer.text
    assert tasks(world, payment) == [task]


def test_a_refused_form_may_be_mended_and_posted_again(world: World) -> None:
    payment = paid_payment(world)
    path, key = f"/refunds/of/{payment.token}", form_key()
    assert send(world, path, form(world, amount="99999") | key).status_code == 422
    assert toast(send(world, path, form(world) | key)) == "The refund is noted"
