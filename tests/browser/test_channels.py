"""A merchant maps channels by clicks."""

from dataclasses import replace

from playwright.sync_api import expect

from saleor_kupikupi.domain.transfer import Environment
from saleor_kupikupi.store import connections
from tests.browser.screen import Screen
from tests.world import World


def furnish(world: World) -> None:
    world.saleor.channel("rub", name="Основной магазин" * 3)
    world.saleor.channel("moscow", name="Москва")
    world.saleor.channel("closed", name="Летняя распродажа", is_active=False)
    world.saleor.channel("europe", "EUR", name="Europe")
    draft = replace(world.connection, name="Боевой магазин", environment=Environment.PRODUCTION)
    with world.parts.database.write() as tx:
        connections.add(tx, world.parts.vault, draft)
        connections.map_channel(tx, world.connection.installation_id, "gone", world.connection.id)


def test_channels_are_mapped_by_clicks_in_every_look(each_screen: Screen, world: World) -> None:
    furnish(world)
    russian = each_screen.look.locale == "ru"
    inside = each_screen.open()
    inside.get_by_role("link", name="Каналы" if russian else "Channels", exact=True).click()
    select = inside.get_by_label("Подключение канала Москва" if russian else "Connection of Москва")
    select.select_option(label="Боевой магазин · боевое" if russian else "Боевой магазин · production")
    assert each_screen.faults() == []
    assert not each_screen.overflows()
    each_screen.shoot("channels")
    inside.get_by_role("button", name="Сохранить" if russian else "Save", exact=True).click()
    each_screen.expect_toast("Сохранено" if russian else "Saved")
    warning = inside.locator(".banner.warning")
    expect(warning).to_contain_text("Основной магазин")
    expect(warning).not_to_contain_text("Москва")
    with world.parts.database.read() as tx:
        live = connections.by_name(tx, world.connection.installation_id, "Боевой магазин")
        assert live is not None
        assert connections.channels_of(tx, live.id) == ["moscow"]
        # Somebody else is at it too.
    with world.parts.database.write() as tx:
        connections.map_channel(tx, world.connection.installation_id, "moscow", world.connection.id)
    select.select_option(index=0)
    inside.get_by_role("button", name="Сохранить" if russian else "Save", exact=True).click()
    expect(inside.get_by_role("alert")).to_be_visible()
    expect(select).to_have_attribute("aria-invalid", "true")
    expect(select).to_have_value("0")
    assert each_screen.faults() == []
    each_screen.shoot("channels-refused")
