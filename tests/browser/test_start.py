"""The first screen: a merchant follows its steps, reads what is wrong and says to have looked."""

from playwright.sync_api import expect

from saleor_kupikupi.domain.connection import Connection
from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.flows.configure import save_credentials, try_connection
from saleor_kupikupi.store import connections
from tests.browser.screen import Screen
from tests.journeys.payments import confirmed_payment, open_payment, paid_payment
from tests.journeys.rounds import look_again
from tests.journeys.test_problems import superseded_and_paid
from tests.world import SECRET, UID, World


def production(world: World) -> None:
    """Adds a connection that takes real points in one channel."""
    with world.parts.database.write() as tx:
        draft = Connection(
            id=0,
            installation_id=world.connection.installation_id,
            name="Лавка на Неглинной",
            environment=Environment.PRODUCTION,
        )
        made = connections.add(tx, world.parts.vault, draft)
        connections.map_channel(tx, made.installation_id, "rub", made.id)
    save_credentials(world.parts, made, Environment.PRODUCTION, UID, SECRET, world.provider.base_url)


def test_a_new_shop_is_led_through_the_steps(each_screen: Screen, world: World) -> None:
    russian = each_screen.look.locale == "ru"
    world.unmap()
    each_screen.open()
    expect(each_screen.inside.locator(".step.now h3")).to_have_text(
        "Подключите Купи-Купи" if russian else "Connect Kupi-Kupi"
    )
    each_screen.shoot("start-new")
    assert each_screen.faults() == []
    assert not each_screen.overflows()

    assert try_connection(world.parts, world.connection, Environment.TEST).accepted
    each_screen.open()
    expect(each_screen.inside.locator(".step.now h3")).to_have_text(
        "Выберите каналы" if russian else "Choose the channels"
    )
    each_screen.inside.get_by_role("link", name="Выбрать каналы" if russian else "Choose channels").click()
    each_screen.page.wait_for_url("**/channels")


def test_a_shop_in_trouble_is_told_what_to_do(each_screen: Screen, world: World) -> None:
    russian = each_screen.look.locale == "ru"
    paid_payment(world)
    superseded_and_paid(world)
    look_again(world, minutes=70)
    confirmed_payment(world)
    open_payment(world)
    world.saleor.down()
    look_again(world)
    look_again(world, minutes=70)
    world.saleor.clear()
    production(world)
    world.saleor.staff.break_circuit(world.app)

    inside = each_screen.open()
    expect(inside.locator(".problems > li")).to_have_count(2)
    assert each_screen.faults() == []
    assert not each_screen.overflows()
    each_screen.shoot("start-trouble")
    each_screen.frame.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    each_screen.shoot("start-trouble-below")

    inside.locator("summary", has_text="Проверено" if russian else "I have looked").click()
    each_screen.shoot("start-looked")
    inside.get_by_role("button", name="Да, всё в порядке" if russian else "Yes, I have looked").click()
    each_screen.expect_toast("платёж проверен" if russian else "you have looked")
    expect(inside.locator(".problems > li")).to_have_count(1)
