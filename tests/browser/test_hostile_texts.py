"""Whatever the provider, the storefront, Saleor or a colleague wrote is text on every screen, and nothing else."""

from dataclasses import replace

from playwright.sync_api import Frame, expect

from saleor_kupikupi.store import orders, transfers
from tests.browser.screen import Screen
from tests.web.hostile_texts import SCREENS, written_everywhere
from tests.world import RICH, World

EVIL = '"><img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
NAME = '"><img src=x onerror=window.hurt=1>'
SLUG = "x><img src=x onerror=window.hurt=1>"


def harmless(frame: Frame) -> None:
    made = "document.querySelectorAll('#page img, #page script, [onerror]').length"
    assert frame.evaluate(f"[{made}, window.hurt ?? null]") == [0, None]


def test_no_text_becomes_an_element_or_runs(screen: Screen, world: World) -> None:
    tokens = written_everywhere(world, EVIL, name=NAME, slug=SLUG)
    shown = []
    for path in (*SCREENS, *(f"transfers/{token}" for token in tokens)):
        screen.open(path)
        expect(screen.inside.locator("h1")).not_to_be_empty()
        harmless(screen.frame)
        shown.append("onerror" in (screen.inside.locator("main").text_content() or ""))
    assert shown == [path != "help" for path in SCREENS] + [True] * 3


def test_what_was_typed_or_answered_just_now_is_text_too(screen: Screen, world: World) -> None:
    world.provider.fault("refuse", "balance", code="77", message=EVIL)
    inside = screen.open("connections/1")
    inside.get_by_role("button", name="Test connection").first.click()
    expect(inside.locator(".banner.critical")).to_contain_text("onerror")
    harmless(screen.frame)

    inside.locator("#name").fill("")
    inside.locator("#platform_uid").fill(EVIL)
    inside.locator("#cabinet_url").fill(EVIL)
    inside.get_by_role("button", name="Save", exact=True).click()
    expect(inside.get_by_role("alert")).to_be_visible()
    expect(inside.locator("#cabinet_url")).to_have_value(EVIL)
    harmless(screen.frame)

    inside.get_by_role("link", name="Registration", exact=True).click()
    inside.locator("#test_site_url").fill(EVIL)
    inside.get_by_role("button", name="Save and write the letter").click()
    expect(inside.locator("#test_site_url")).to_have_attribute("aria-invalid", "true")
    harmless(screen.frame)

    inside.get_by_role("link", name="Transfers", exact=True).click()
    inside.get_by_label("Search", exact=True).fill(EVIL)
    inside.get_by_role("button", name="Find").click()
    expect(inside.locator("main")).to_contain_text("Nothing found")
    expect(inside.get_by_label("Search", exact=True)).to_have_value(EVIL)
    harmless(screen.frame)


def test_no_text_becomes_an_element_in_the_box_on_an_order(screen: Screen, world: World) -> None:
    order = world.saleor.create_order(phone=RICH)
    payment = world.pay(order.id)
    found = world.transfer(payment)
    with world.parts.database.write() as tx:
        transfers.save(tx, found, replace(found, provider_status=EVIL, payment_id=EVIL, channel=EVIL))
        orders.placed(tx, found.id, order.id, EVIL)
    inside = screen.open_order(order)
    expect(inside.get_by_role("button").first).to_contain_text("points")
    harmless(screen.frame)
