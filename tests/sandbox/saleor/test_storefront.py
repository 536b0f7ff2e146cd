import re
from collections.abc import Iterator

import pytest
import requests

from saleor_kupikupi_sandbox.saleor import Saleor
from saleor_kupikupi_sandbox.saleor_apps import App
from saleor_kupikupi_sandbox.storefront import Storefront
from tests.sandbox.saleor.asking import GATEWAY, until
from tests.sandbox.saleor.recording_app import REDIRECT, RecordingApp

OFFER = {"available": True, "reason": None, "message": "", "label": "Pay by points", "environment": "test"}
GATEWAY_EVENT, INITIALIZE, PROCESS = (
    "payment_gateway_initialize_session",
    "transaction_initialize_session",
    "transaction_process_session",
)


@pytest.fixture
def storefront(saleor: Saleor, recorder: RecordingApp, app: App) -> Iterator[Storefront]:
    recorder.answer(GATEWAY_EVENT, body={"data": OFFER})
    recorder.answer(INITIALIZE, body=REDIRECT)
    recorder.answer(PROCESS, body=REDIRECT)
    storefront = Storefront(saleor, GATEWAY, pause=0.05)
    storefront.start()
    yield storefront
    storefront.stop()


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.headers["Accept-Language"] = "en"
        yield session


def opened(storefront: Storefront, browser: requests.Session, phone: str = "79000000001") -> str:
    return browser.post(f"{storefront.url}/phone", data={"phone": phone}, timeout=5).text


def paid(storefront: Storefront, browser: requests.Session, key: str = "k") -> requests.Response:
    opened(storefront, browser)
    return browser.post(f"{storefront.url}/pay", data={"key": key}, timeout=5, allow_redirects=False)


def returned(storefront: Storefront, browser: requests.Session) -> str:
    return browser.get(storefront.success_url, timeout=5).text


def test_a_basket_asks_for_a_phone_and_then_offers_points(
    storefront: Storefront, browser: requests.Session, recorder: RecordingApp
) -> None:
    assert "Pay by points" not in browser.get(storefront.url, timeout=5).text
    page = opened(storefront, browser, "8 900 000-00-01")
    assert "Pay by points" in page
    assert "Test mode" in page
    body = recorder.received(GATEWAY_EVENT)[0].body
    assert b'"data": {"checkBalance": true}' in body
    assert b'"phone": "+79000000001"' in body
    assert b'"user": {"id"' in body


@pytest.mark.parametrize("data", [{"available": False, "message": "Too few <points>"}, None, []])
def test_points_are_hidden_where_the_gateway_says_no(
    storefront: Storefront, browser: requests.Session, recorder: RecordingApp, data: object
) -> None:
    recorder.answer(GATEWAY_EVENT, body={"data": data})
    page = opened(storefront, browser)
    assert 'action="/pay"' not in page
    assert ("Too few &lt;points&gt;" if data else "Points cannot be used now.") in page


def test_a_page_speaks_two_languages(storefront: Storefront, browser: requests.Session) -> None:
    assert "Your basket" in browser.get(storefront.url, timeout=5).text
    russian = browser.get(f"{storefront.url}/?lang=ru", timeout=5).text
    assert "Корзина" in russian
    assert '<html lang="ru">' in russian
    assert "Корзина" in browser.get(storefront.url, timeout=5).text


def test_a_buyer_is_sent_to_the_form_and_comes_back_to_an_order(
    storefront: Storefront, browser: requests.Session, saleor: Saleor, recorder: RecordingApp
) -> None:
    response = paid(storefront, browser)
    assert (response.status_code, response.headers["Location"]) == (303, REDIRECT["data"]["transferURL"])  # type: ignore[index]
    waiting = returned(storefront, browser)
    assert "Waiting for your payment" in waiting
    assert re.search(r'http-equiv="refresh" content="\d+"', waiting)
    recorder.answer(PROCESS, body={"result": "CHARGE_SUCCESS", "pspReference": "R"})
    until(lambda: "Paid, thank you!" in returned(storefront, browser))
    assert "Order no.&nbsp;1" in returned(storefront, browser)
    assert [order.checkout_id is not None for order in saleor.orders] == [True]
    assert "Pay by points" not in browser.get(storefront.url, timeout=5).text


def test_the_provider_may_send_a_buyer_to_either_address(storefront: Storefront, browser: requests.Session) -> None:
    paid(storefront, browser)
    assert "Waiting for your payment" in browser.get(storefront.fail_url, timeout=5).text


def test_the_app_is_not_asked_more_often_than_the_pause(
    saleor: Saleor, storefront: Storefront, browser: requests.Session, recorder: RecordingApp
) -> None:
    patient = Storefront(saleor, GATEWAY, pause=60)
    patient.start()
    try:
        paid(patient, browser)
        for _ in "123":
            assert "Waiting" in returned(patient, browser)
    finally:
        patient.stop()
    assert recorder.received(PROCESS) == []


def test_a_second_click_asks_about_the_same_payment(
    storefront: Storefront, browser: requests.Session, saleor: Saleor
) -> None:
    paid(storefront, browser)
    browser.post(f"{storefront.url}/pay", data={"key": "k"}, timeout=5, allow_redirects=False)
    source = browser.cookies["shop_checkout"].strip('"')
    assert len(saleor.transactions(source)) == 1


def test_a_refusal_shows_the_apps_words_and_a_way_to_try_again(
    storefront: Storefront, browser: requests.Session, recorder: RecordingApp
) -> None:
    refusal = {"result": "CHARGE_FAILURE", "message": "secret", "data": {"errors": [{"code": "x", "message": "Sorry"}]}}
    recorder.answer(INITIALIZE, body=refusal)
    assert paid(storefront, browser).headers["Location"] == "/return/success"
    for _ in "12":
        page = returned(storefront, browser)
        assert "The payment failed" in page
        assert "Sorry" in page
        assert "secret" not in page
        assert "Try again" in page


def test_a_failure_counts_for_nothing_where_the_checkout_is_paid(
    storefront: Storefront, browser: requests.Session, saleor: Saleor, recorder: RecordingApp
) -> None:
    paid(storefront, browser)
    source = browser.cookies["shop_checkout"].strip('"')
    saleor.change_total(source, "0")
    recorder.answer(PROCESS, body={"result": "CHARGE_FAILURE"})
    until(lambda: "Paid, thank you!" in returned(storefront, browser))


def test_without_a_payment_there_is_nothing_to_show(storefront: Storefront, browser: requests.Session) -> None:
    assert "There is nothing to pay for yet." in returned(storefront, browser)
    response = browser.post(f"{storefront.url}/pay", timeout=5, allow_redirects=False)
    assert response.headers["Location"] == "/"


def test_a_new_basket_forgets_the_old_one(storefront: Storefront, browser: requests.Session) -> None:
    paid(storefront, browser)
    assert "Continue" in browser.post(f"{storefront.url}/new", timeout=5).text
    assert "There is nothing to pay for yet." in returned(storefront, browser)


@pytest.mark.parametrize("how", ["drop", "500", "html", "garbled"])
def test_the_page_waits_where_saleor_is_away(
    storefront: Storefront, browser: requests.Session, saleor: Saleor, how: str
) -> None:
    paid(storefront, browser)
    saleor.down(how=how)
    until(lambda: "The shop does not answer" in returned(storefront, browser))
    saleor.clear()
    assert "Waiting" in returned(storefront, browser)
