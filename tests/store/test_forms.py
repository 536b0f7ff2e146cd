from concurrent.futures import ThreadPoolExecutor

import pytest

from saleor_kupikupi.domain.posted import PostedForm
from saleor_kupikupi.store import forms
from saleor_kupikupi.store.forms import FormPostedBefore
from tests.store.shop import NOW, Shop


def take(shop: Shop, transfer_id: int, said: str = "said") -> bool:
    with shop.database.write() as tx:
        return forms.take(tx, transfer_id, PostedForm("0" * 32, said), NOW)


def test_a_form_is_taken_once(shop: Shop) -> None:
    transfer = shop.new().id
    assert [take(shop, transfer) for _ in range(3)] == [True, False, False]


def test_a_form_that_is_posted_many_times_at_once_is_taken_once(shop: Shop) -> None:
    transfer = shop.new().id
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: take(shop, transfer), range(8))) == 1


def test_a_form_that_says_something_else_is_refused(shop: Shop) -> None:
    first, second = shop.new().id, shop.new().id
    assert take(shop, first)
    with pytest.raises(FormPostedBefore):
        take(shop, second, "something else")
