from datetime import timedelta

from sqlalchemy import func, select

from saleor_kupikupi.domain.transfer import Transfer
from saleor_kupikupi.store import tries
from saleor_kupikupi.store.sealing import Vault
from saleor_kupikupi.store.side_tables import balance_questions, code_tries
from saleor_kupikupi.store.tries import CodeLimits
from tests.store.shop import NOW, PHONE, Shop


def _try(shop: Shop, transfer: Transfer, phone: str = PHONE, hours: float = 0, vault: Vault | None = None) -> bool:
    with shop.database.write() as tx:
        at = NOW + timedelta(hours=hours)
        return tries.may_try_code(tx, vault or shop.vault, transfer, phone, at, CodeLimits()) is not None


def _ask(shop: Shop, total: int, phone: str = PHONE, minutes: float = 0, vault: Vault | None = None) -> bool:
    at = NOW + timedelta(minutes=minutes)
    with shop.database.write() as tx:
        return tries.may_ask_balance(tx, vault or shop.vault, shop.connection.id, phone, total, at)


def test_five_codes_may_be_tried_for_a_transfer(shop: Shop) -> None:
    transfer = shop.new()
    assert [_try(shop, transfer) for _ in range(6)] == [True] * 5 + [False]
    assert not _try(shop, transfer, hours=1000)


def test_ten_codes_a_day_may_be_tried_for_a_phone(shop: Shop) -> None:
    first, second, third = shop.new(), shop.new(), shop.new()
    assert all(_try(shop, transfer) for transfer in (first, second) for _ in range(5))
    assert not _try(shop, third)
    assert _try(shop, third, phone="79990000000")
    assert not _try(shop, third, hours=23.9)
    assert _try(shop, third, hours=24)


def test_a_refused_try_is_not_counted(shop: Shop) -> None:
    transfer, other = shop.new(), shop.new()
    assert [_try(shop, transfer) for _ in range(9)].count(True) == 5
    assert [_try(shop, other) for _ in range(9)].count(True) == 5


def test_five_different_totals_an_hour_may_be_asked_about_and_each_of_them_again(shop: Shop) -> None:
    assert [_ask(shop, total) for total in (1, 2, 3, 4, 5, 6, 1, 5, 6)] == [True] * 5 + [False, True, True, False]
    assert _ask(shop, 6, phone="79990000000")
    assert not _ask(shop, 6, minutes=59)
    assert _ask(shop, 6, minutes=60)


def test_limits_hold_across_a_rotation_of_keys(shop: Shop) -> None:
    rotated = Vault(["a new first key that is long enough", "the first secret key, long enough"])
    first, second, third = shop.new(), shop.new(), shop.new()
    assert all(_try(shop, transfer) for transfer in (first, second) for _ in range(5))
    assert not _try(shop, third, vault=rotated)
    assert all(_ask(shop, total) for total in range(1, 6))
    assert not _ask(shop, 6, vault=rotated)
    assert _ask(shop, 5, vault=rotated)


def test_what_no_limit_looks_back_to_is_forgotten(shop: Shop) -> None:
    transfer = shop.new()
    assert _try(shop, transfer)
    assert _try(shop, transfer, hours=1)
    assert _ask(shop, 1)
    with shop.database.write() as tx:
        tries.prune(tx, NOW + timedelta(minutes=30))
        left = [tx.scalar(select(func.count()).select_from(table)) for table in (code_tries, balance_questions)]
    assert left == [1, 0]
