"""The shop is told, and only its OK moves the points."""

from urllib.parse import parse_qs

from saleor_kupikupi_sandbox.kupikupi import Kupikupi
from tests.sandbox.kupikupi.stage import BUYER, SUCCESS, UID, Clock, Make, Shop, eventually, opened, status_of, typed


def test_a_notification_is_repeated_until_ok(make: Make, shop: Shop) -> None:
    provider = make(notification_delays=(0.0, 0.01, 0.01, 0.01))
    shop.answers = [("busy", 503), ("busy", 503), ("OK", 200)]
    typed(provider, opened(provider))
    assert eventually(lambda: status_of(provider) == "CONFIRMED")
    assert [each.ok for each in provider.transfer("order-1").notifications] == [False, False, True]


def test_a_transfer_outlives_its_form_while_the_shop_is_being_told(make: Make, clock: Clock) -> None:
    provider = make(notification_delays=(60.0,))
    assert typed(provider, opened(provider)).headers["Location"] == SUCCESS
    clock.now += 10_000
    assert status_of(provider) == "FORM_SHOWED"
    assert "Ждём подтверждения" in provider.open_form(ask_again(provider)).text


def ask_again(provider: Kupikupi) -> str:
    return f"{provider.url}/form/{provider.transfer('order-1').form_key}"


def test_a_form_encoded_notification_carries_the_same_fields(make: Make, shop: Shop) -> None:
    provider = make(notification_encoding="form")
    typed(provider, opened(provider))
    fields = {name: values[0] for name, values in parse_qs(shop.bodies[0].decode()).items()}
    assert (fields["status"], fields["transferStatus"], fields["orderId"]) == ("1", "CONFIRMED", "order-1")
    assert fields["uidPlatform"] == UID


def test_a_shop_that_is_down_or_has_no_address_gets_nothing(provider: Kupikupi, shop: Shop) -> None:
    assert shop.served is not None
    shop.served.stop()
    typed(provider, opened(provider, "order-1"))
    provider.platform(UID).notification_url = None
    typed(provider, opened(provider, "order-2"), "order-2")
    errors = [provider.transfer(order).notifications[0].error for order in ("order-1", "order-2")]
    assert errors == ["ConnectionError", "the platform has no NotificationURL"]
    assert status_of(provider) == "FORM_SHOWED"


def test_a_late_own_notification_still_moves_the_points(provider: Kupikupi, shop: Shop) -> None:
    shop.answers = [("no", 409), ("OK", 200)]
    typed(provider, opened(provider))
    assert provider.notify("order-1").ok
    assert status_of(provider) == "CONFIRMED"


def test_a_forged_notification_moves_nothing(provider: Kupikupi, shop: Shop) -> None:
    url = opened(provider)
    assert provider.notify("order-1").ok
    shop.answers = [("no", 409)]
    typed(provider, url)
    shop.answers = [("OK", 200)]
    assert provider.notify("order-1", uidPlatform=None, platformUid=UID).ok
    assert "uidPlatform" not in shop.received()[-1]
    assert status_of(provider) == "FORM_SHOWED"


def test_a_notification_can_be_forged_for_an_order_that_was_never_made(provider: Kupikupi, shop: Shop) -> None:
    assert provider.notify("nobody", transferStatus="REJECTED").status == 200
    assert (shop.received()[0]["orderId"], shop.received()[0]["transferStatus"]) == ("nobody", "REJECTED")
    assert provider.transfers() == []


def test_a_code_typed_again_while_the_shop_is_being_told_changes_nothing(make: Make) -> None:
    provider = make(notification_delays=(60.0,))
    url = opened(provider)
    assert [typed(provider, url).headers["Location"] for _ in range(2)] == [SUCCESS, SUCCESS]
    assert provider.balance_of(str(BUYER)) == 1_000


def test_a_late_notification_is_not_sent_once_the_provider_has_stopped(provider: Kupikupi, shop: Shop) -> None:
    provider.fault("notification_late", times=1, seconds=60)
    typed(provider, opened(provider))
    provider.stop()
    assert shop.bodies == []
    assert provider.transfer("order-1").status == "FORM_SHOWED"
