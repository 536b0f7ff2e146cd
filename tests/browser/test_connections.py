"""A merchant connects the shop by clicks alone: a name, the letter, the keys, the test."""

from playwright.sync_api import Locator, expect

from saleor_kupikupi.store import connections
from tests.browser.screen import Screen
from tests.world import SECRET, UID, World

RUSSIAN = {
    "Connections": "Подключения",
    "Add connection": "Добавить подключение",
    "Name": "Название",
    "Save": "Сохранить",
    "Write the letter for the registration": "Подготовить письмо для регистрации",
    "Site address": "Адрес сайта",
    "Success page (SuccessURL)": "Страница успеха (SuccessURL)",
    "Fail page (FailURL)": "Страница ошибки (FailURL)",
    "Save and write the letter": "Сохранить и составить письмо",
    "Copy": "Копировать",
    "Copied": "Скопировано",
    "Enter the keys": "Ввести ключи",
    "Platform uid (UidPlatform)": "Uid платформы (UidPlatform)",
    "Test key (DevSecretKey)": "Тестовый ключ (DevSecretKey)",
    "Advanced": "Дополнительно",
    "Address of the test server": "Адрес тестового сервера",
    "Test connection": "Проверить подключение",
    "Kupi-Kupi accepts the test key": "Купи-Купи принимает тестовый ключ",
    "Kupi-Kupi refuses the test key": "Купи-Купи не принимает тестовый ключ",
    "Please fill this in.": "Заполните это поле.",
    "Remove connection": "Удалить подключение",
    "Yes, remove it": "Да, удалить",
    "There is no connection yet": "Подключений пока нет",
    "Saved": "Сохранено",
    "Saved, but the test key was not accepted": "Сохранено, но тестовый ключ не принят",
    "Saved, and Kupi-Kupi accepts the test key": "Сохранено, Купи-Купи принимает тестовый ключ",
    "Connection removed": "Подключение удалено",
    "Saved: the letter is up to date": "Сохранено, письмо обновлено",
}


def told(screen: Screen, text: str) -> str:
    return RUSSIAN[text] if screen.look.locale == "ru" else text


def click(screen: Screen, role: str, text: str) -> None:
    screen.inside.get_by_role(role, name=told(screen, text), exact=True).first.click()  # type: ignore[arg-type]


def fill(screen: Screen, label: str, text: str, nth: int = 0) -> None:
    field(screen, label, nth).fill(text)


def field(screen: Screen, label: str, nth: int = 0) -> Locator:
    return screen.inside.get_by_label(told(screen, label), exact=True).nth(nth)


def sound(screen: Screen, name: str) -> None:
    assert screen.faults() == []
    assert not screen.overflows()
    screen.shoot(name)


def expect_text(screen: Screen, text: str) -> None:
    expect(screen.inside.get_by_text(told(screen, text), exact=True).first).to_be_visible()


def toasted(screen: Screen, text: str) -> None:
    screen.expect_toast(told(screen, text))
    screen.page.evaluate("document.getElementById('toasts').replaceChildren()")


def test_a_shop_is_connected_by_clicks_alone(each_screen: Screen, world: World) -> None:
    with world.parts.database.write() as tx:
        connections.remove(tx, world.connection.id, world.clock.now())
    each_screen.open()

    begin_without_keys(each_screen)
    write_the_letter(each_screen)
    enter_the_keys(each_screen, world.provider.base_url)
    remove(each_screen)


def begin_without_keys(screen: Screen) -> None:
    click(screen, "link", "Connections")
    expect_text(screen, "There is no connection yet")
    sound(screen, "connections-empty")
    click(screen, "link", "Add connection")
    click(screen, "button", "Add connection")
    expect_text(screen, "Please fill this in.")
    expect(screen.inside.locator("#name")).to_be_focused()
    sound(screen, "connection-new")
    screen.inside.locator("#name").fill("Основной магазин")
    click(screen, "button", "Add connection")
    toasted(screen, "Saved")


def write_the_letter(screen: Screen) -> None:
    letter = screen.inside.locator("#letter")
    click(screen, "link", "Write the letter for the registration")
    expect(letter).to_contain_text("(не указано)")
    for nth, site in enumerate(("https://shop.example", "https://test.shop.example")):
        fill(screen, "Site address", site, nth)
        fill(screen, "Success page (SuccessURL)", f"{site}/paid", nth)
        fill(screen, "Fail page (FailURL)", f"{site}/failed", nth)
    click(screen, "button", "Save and write the letter")
    toasted(screen, "Saved: the letter is up to date")
    expect(letter).to_contain_text("SuccessURL: https://test.shop.example/paid")
    sound(screen, "kit")
    letter.scroll_into_view_if_needed()
    screen.shoot("kit-letter")
    click(screen, "button", "Copy")
    expect(screen.inside.get_by_role("button", name=told(screen, "Copied"))).to_be_visible()


def enter_the_keys(screen: Screen, base_url: str) -> None:
    click(screen, "link", "Enter the keys")
    fill(screen, "Platform uid (UidPlatform)", UID)
    fill(screen, "Test key (DevSecretKey)", "mistyped")
    screen.inside.get_by_text(told(screen, "Advanced"), exact=True).click()
    fill(screen, "Address of the test server", base_url)
    screen.shoot("connection-advanced")
    click(screen, "button", "Save")
    toasted(screen, "Saved, but the test key was not accepted")
    expect_text(screen, "Kupi-Kupi refuses the test key")
    sound(screen, "connection-refused")
    fill(screen, "Test key (DevSecretKey)", SECRET)
    click(screen, "button", "Save")
    toasted(screen, "Saved, and Kupi-Kupi accepts the test key")
    expect_text(screen, "Kupi-Kupi accepts the test key")
    click(screen, "button", "Test connection")
    expect_text(screen, "Kupi-Kupi accepts the test key")
    sound(screen, "connection")
    field(screen, "Platform uid (UidPlatform)").scroll_into_view_if_needed()
    screen.shoot("connection-keys")
    screen.inside.get_by_role("button", name=told(screen, "Test connection")).scroll_into_view_if_needed()
    screen.shoot("connection-test")


def remove(screen: Screen) -> None:
    click(screen, "link", "Connections")
    link = screen.inside.get_by_role("link", name="Основной магазин")
    expect(link).to_be_visible()
    sound(screen, "connections")
    link.click()
    screen.inside.locator("summary").filter(has_text=told(screen, "Remove connection")).click()
    screen.shoot("connection-remove")
    click(screen, "button", "Yes, remove it")
    toasted(screen, "Connection removed")
    expect_text(screen, "There is no connection yet")
