"""Texts that somebody else wrote, wherever the app keeps one."""

from dataclasses import replace

from saleor_kupikupi.domain.registration import Site
from saleor_kupikupi.domain.transfer import Environment, Refusal, State
from saleor_kupikupi.store import connections, orders, pages, problems, refunds, reports, sites, timeline, transfers
from tests.journeys.payments import open_payment, paid_payment
from tests.world import World

SCREENS = ("", "refunds", "refunds/1", "connections", "connections/1", "channels", "kit", "kit/1", "transfers", "help")


def written_everywhere(world: World, text: str, *, name: str = "", slug: str = "") -> list[str]:
    """Puts a text wherever one can be kept, and gives the references of a paid, a refused and an open payment."""
    paid, declined, waiting = paid_payment(world), open_payment(world), open_payment(world)
    world.saleor.request_action(paid.token, "REFUND", amount="1")
    world.saleor.channel("rub", name=text)
    world.saleor.channel("eur", "EUR", name=text)
    here = world.connection.installation_id
    with world.parts.database.write() as tx:
        for session in (paid, declined, waiting):
            found = world.transfer(session)
            orders.placed(tx, found.id, text, text)
            timeline.note(tx, found.id, world.clock.now(), text, text, text)
            seen = {"provider_status": text, "payment_id": text, "channel": text}
            changed = replace(world.transfer(session), order_id=text, order_number=text, **seen)  # type: ignore[arg-type]
            if session is declined:
                changed = replace(changed, state=State.REJECTED, refusal=Refusal("declined", text, text))
            assert transfers.save(tx, found, changed)
        for each in pages.reports_of(tx, world.transfer(paid).id):
            reports.dead(tx, each.id, text)
        (task,) = refunds.of(tx, world.transfer(paid).id)
        refunds.change(tx, task, replace(task, reason=text, note=text, answered_by=text))
        connections.change(
            tx, replace(world.connection, name=name or text, cabinet_url="https://cabinet.example/{paymentId}")
        )
        connections.map_channel(tx, here, slug or text, world.connection.id)
        for environment in Environment:
            sites.keep(tx, world.connection.id, environment, Site(text, text, text))
        problems.say(tx, here, "webhooks_outdated", text, world.clock.now())
    return [session.token for session in (paid, declined, waiting)]
