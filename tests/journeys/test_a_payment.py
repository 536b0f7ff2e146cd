"""One payment from the basket to the booked charge."""

from tests.world import RICH, World


def test_a_buyer_pays_and_saleor_books_the_charge(world: World) -> None:
    checkout = world.saleor.create_checkout(total="1234.50", phone=RICH)
    opened = world.pay(checkout.id)
    assert opened.event.type == "CHARGE_ACTION_REQUIRED"
    assert opened.event.psp_reference == opened.transaction.token
    assert opened.data["transferURL"].startswith(world.provider.url)
    world.paid(opened)
    assert world.charged(opened) == "1234.50"
    assert world.saleor.checkout(checkout.id).charge_status == "FULL"
    assert world.provider.balance_of("79161234567") == 100_000 - 1234.5
    back = world.process(opened)
    assert back.event.type == "CHARGE_SUCCESS"
