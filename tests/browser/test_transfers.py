"""A merchant looks for a payment, opens it and puts it right, by clicks alone."""

import csv
import re
from datetime import datetime
from io import StringIO
from zoneinfo import ZoneInfo

from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.journeys.payments import open_payment, paid_payment
from tests.world import Session, World

WORDS = {
    "en": {
        "title": "Transfers",
        "find": "Find",
        "search": "Search",
        "trouble": "Only with trouble",
        "check": "Check now",
        "answered": "Kupi-Kupi answered: the form was not opened yet",
        "give up": "Give up this payment",
        "yes": "Give it up",
        "given up": "The payment is given up",
        "again": "Tell Saleor again",
        "told": "Saleor is being told",
        "csv": "Save as CSV",
    },
    "ru": {
        "title": "Переводы",
        "find": "Найти",
        "search": "Поиск",
        "trouble": "Только проблемные",
        "check": "Проверить сейчас",
        "answered": "Ответ Купи-Купи: форму ещё не открывали",
        "give up": "Отказаться от платежа",
        "yes": "Отказаться",
        "given up": "Платёж отменён магазином",
        "again": "Сообщить в Saleor снова",
        "told": "Сообщаем в Saleor",
        "csv": "Сохранить в CSV",
    },
}


def rejected_by_saleor(world: World) -> Session:
    """A paid payment whose report Saleor never takes."""
    payment = open_payment(world)
    world.saleor.down(how="500")
    world.paid(payment)
    world.saleor.clear()
    return payment


def sound(screen: Screen, picture: str) -> None:
    expect(screen.inside.locator("h1")).not_to_be_empty()
    assert screen.faults() == []
    assert not screen.overflows()
    screen.shoot(picture)


def test_a_payment_is_found_opened_checked_given_up_and_told_again(each_screen: Screen, world: World) -> None:
    screen, words = each_screen, WORDS[each_screen.look.locale]
    inside = screen.inside
    paid_payment(world)
    unheard = rejected_by_saleor(world)
    waiting = open_payment(world)
    screen.open("transfers")
    expect(inside.locator("h1")).to_have_text(words["title"])
    expect(inside.locator("tbody tr")).to_have_count(3)
    sound(screen, "transfers")

    inside.get_by_label(words["search"], exact=True).fill(waiting.transaction.id)
    inside.get_by_role("button", name=words["find"]).click()
    expect(inside.locator("tbody tr")).to_have_count(1)
    screen.wait_for_path(f"/transfers?q={waiting.token}")
    inside.locator("tbody a").click()
    inside.get_by_role("button", name=words["check"]).click()
    screen.expect_toast(words["answered"])
    sound(screen, "transfer-open")
    inside.get_by_text(words["give up"]).click()
    screen.shoot("transfer-question")
    inside.get_by_role("button", name=words["yes"], exact=True).click()
    screen.expect_toast(words["given up"])
    assert world.transfer(waiting).abandoned_at is not None

    screen.open(f"transfers/{unheard.token}")
    sound(screen, "transfer-owed")
    inside.get_by_role("button", name=words["again"]).click()
    screen.expect_toast(words["told"])
    world.work()
    assert world.charged(unheard) == "1234.50"


def test_the_list_is_saved_by_the_browser(screen: Screen, world: World) -> None:
    payment = open_payment(world)
    screen.open("transfers?state=open")
    with screen.page.expect_download() as caught:
        screen.inside.get_by_role("link", name="Save as CSV").click()

    assert caught.value.suggested_filename == "kupi-kupi-transfers.csv"
    text = caught.value.path().read_text(encoding="utf-8-sig")
    assert [row["transaction"] for row in csv.DictReader(StringIO(text))] == [payment.token]


def test_a_phone_that_is_searched_for_never_reaches_an_address(screen: Screen, world: World) -> None:
    open_payment(world)
    asked: list[str] = []
    screen.page.context.on("request", lambda request: asked.append(request.url))
    screen.open("transfers")
    screen.inside.get_by_label("Search", exact=True).fill("8 (916) 123-45-67")
    screen.inside.get_by_role("button", name="Find").click()

    expect(screen.inside.get_by_label("Search", exact=True)).to_have_value("4567")
    screen.wait_for_path("/transfers?q=4567")
    screen.page.reload()
    expect(screen.inside.get_by_label("Search", exact=True)).to_have_value("4567")
    assert not [url for url in asked if "916" in url and "123" in url]


def test_moments_are_in_the_readers_time_and_utc_is_at_hand(screen: Screen, world: World) -> None:
    open_payment(world)
    screen.open("transfers")
    begun = screen.inside.locator("tbody time")
    expect(begun).to_have_attribute("title", re.compile("UTC$"))
    at = datetime.fromisoformat(begun.get_attribute("datetime") or "")
    expect(begun).to_have_text(f"{at.astimezone(ZoneInfo('Europe/Moscow')):%d %b %Y, %H:%M}")
