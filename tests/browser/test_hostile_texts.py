"""Whatever the provider, the storefront, Saleor or a colleague wrote is text on every screen, and nothing else."""

from dataclasses import replace

from playwright.sync_api import Frame, expect

from saleor_kupikupi.domain.registration import Site
from saleor_kupikupi.domain.transfer import Environment, Refusal, State
from saleor_kupikupi.store import connections, orders, pages, problems, refunds, reports, sites, timeline, transfers
from tests.browser.screen import Screen
from tests.journeys.payments import open_payment, paid_payment
from tests.world import RICH, World

EVIL = '"><img src=x onerror="window.hurt=1"><script>window.hurt=1</script>'
NAME = '"><img src=x onerror=window.hurt=1>'
SLUG = "x><img src=x onerror=window.hurt=1>"
SCREENS = ("", "refunds", "refunds/1", "connections", "connections/1", "channels", "kit", "kit/1", "transfers", "help")


def written_everywhere(world: World) -> list[str]:
    """Puts the text wherever one can be kept, and gives the references of a paid, a refused and an open payment."""
    paid, declined, waiting = paid_payment(world), open_payment(world), open_payment(world)
    world.saleor.request_action(paid.token, "REFUND", amount="1")
    world.saleor.channel("rub", name=EVIL)
    world.saleor.channel("eur", "EUR", name=EVIL)
    here = world.connection.installation_id
    with world.parts.database.write() as tx:
        for session in (paid, declined, waiting):
            found = world.transfer(session)
            orders.placed(tx, found.id, EVIL, EVIL)
            timeline.note(tx, found.id, world.clock.now(), EVIL, EVIL, EVIL)
            seen = {"provider_status": EVIL, "payment_id": EVIL, "channel": EVIL}
            changed = replace(world.transfer(session), order_id=EVIL, order_number=EVIL, **seen)  # type: ignore[arg-type]
            if session is declined:
                changed = replace(changed, state=State.REJECTED, refusal=Refusal("declined", EVIL, EVIL))
            assert transfers.save(tx, found, changed)
        for each in pages.reports_of(tx, world.transfer(paid).id):
            reports.dead(tx, each.id, EVIL)
        (task,) = refunds.of(tx, world.transfer(paid).id)
        refunds.change(tx, task, replace(task, reason=EVIL, note=EVIL, answered_by=EVIL))
        connections.change(tx, replace(world.connection, name=NAME, cabinet_url="https://cabinet.example/{paymentId}"))
        connections.map_channel(tx, here, SLUG, world.connection.id)
        for environment in Environment:
            sites.keep(tx, world.connection.id, environment, Site(EVIL, EVIL, EVIL))
        problems.say(tx, here, "webhooks_outdated", EVIL, world.clock.now())
    return [session.token for session in (paid, declined, waiting)]


def harmless(frame: Frame) -> None:
    made = "document.querySelectorAll('#page img, #page script, [onerror]').length"
    assert frame.evaluate(f"[{made}, window.hurt ?? null]") == [0, None]


def test_no_text_becomes_an_element_or_runs(screen: Screen, world: World) -> None:
    tokens = written_everywhere(world)
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
