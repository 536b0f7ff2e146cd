import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saleor_kupikupi.domain.connection import WireFormat
from saleor_kupikupi.domain.errors import MalformedMessage
from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.kupikupi import messages
from saleor_kupikupi.kupikupi.messages import Receipt, read_notification
from saleor_kupikupi.kupikupi.outcomes import Accepted, Balance, Declined, Form, Notification, Observation
from saleor_kupikupi.kupikupi.reading import Unreadable
from saleor_kupikupi.kupikupi.signing import sign
from tests.kupikupi.makings import (
    AMOUNT,
    BASE_URL,
    FORM_URL,
    PHONE,
    REFERENCE,
    SECRET,
    UID,
    checkout_answer,
    credentials,
    init_answer,
    raw,
)

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"
PAID_AT = datetime(2023, 6, 1, 10, 0, 5)  # noqa: DTZ001  # what is printed on a receipt has no offset


def receipt(**changed: Any) -> Receipt:
    fields: dict[str, Any] = {"fn": "9999078900012345", "fd": "12", "fp": "0123456789", "receipt_type": 1}
    return Receipt(phone=PHONE, amount=AMOUNT, paid_at=PAID_AT, **(fields | changed))


def read_init(body: bytes, base_url: str = BASE_URL) -> Form | Declined:
    return messages.read_init(body, REFERENCE, AMOUNT, base_url)


# Requests


@pytest.mark.parametrize("wire_format", WireFormat)
def test_each_request_has_the_fields_of_the_manual_and_a_token_over_them(wire_format: WireFormat) -> None:
    ours = credentials(wire_format=wire_format)
    platform = "uidPlatform" if wire_format is WireFormat.DOCUMENTED else "platformUid"
    written: dict[bytes, dict[str, object]] = {
        messages.balance_request(ours, PHONE): {"phone": 79123456789},
        messages.init_request(ours, PHONE, REFERENCE, AMOUNT): {
            "phone": 79123456789,
            "orderId": REFERENCE,
            "amount": AMOUNT,
        },
        messages.checkout_request(ours, REFERENCE, AMOUNT): {"orderId": REFERENCE, "amount": AMOUNT},
        messages.confirmation_request(ours, PHONE, "1234"): {"phone": 79123456789, "code": 1234},
        messages.receipt_request(ours, receipt(discount=10)): {
            "phone": 79123456789,
            "amount": AMOUNT,
            "fn": 9999078900012345,
            "fd": 12,
            "fp": "0123456789",
            "pay_date": "01.06.2023 10:00:05",
            "receipt_type": 1,
            "discount": 10,
        },
    }
    for body, parameters in written.items():
        signed = {**parameters, platform: UID}
        assert json.loads(body) == {**signed, "token": sign(signed, SECRET, wire_format)}


def test_a_receipt_without_discount_sends_none() -> None:
    assert "discount" not in json.loads(messages.receipt_request(credentials(), receipt()))


@pytest.mark.parametrize(
    ("code", "sent"), [("1234", 1234), ("0", 0), ("0123", "0123"), ("00", "00"), ("9999999999", 9999999999)]
)
def test_a_code_is_a_number_unless_that_loses_a_zero(code: str, sent: object) -> None:
    assert json.loads(messages.confirmation_request(credentials(), PHONE, code))["code"] == sent


@pytest.mark.parametrize("code", ["", "12345678901", "12a4", "-123", "１２３４", " 1234", "1.5"])
def test_what_is_no_code_is_not_sent(code: str) -> None:
    with pytest.raises(ValueError, match="code must be"):
        messages.confirmation_request(credentials(), PHONE, code)


@pytest.mark.parametrize("changed", [{"fn": "1" * 17}, {"fd": ""}, {"fp": "x"}, {"receipt_type": 12}])
def test_what_is_no_receipt_is_not_sent(changed: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(changed))):
        messages.receipt_request(credentials(), receipt(**changed))


# Answers


@pytest.mark.parametrize(
    ("points", "kopecks"),
    [
        (0, 0),
        (1_000_000, 100_000_000),
        ("1000000", 100_000_000),
        (12.5, 1250),
        ("0.01", 1),
        ("99999999.99", 9_999_999_999),
        (-3, -300),
    ],
)
def test_a_balance_in_points_is_read_as_kopecks(points: object, kopecks: int) -> None:
    assert messages.read_balance(raw(balance=points)) == Balance(kopecks)


@pytest.mark.parametrize("points", ["0.001", "many", [], True, None])
def test_what_is_no_balance_is_refused(points: object) -> None:
    with pytest.raises(Unreadable, match="balance"):
        messages.read_balance(raw(balance=points))


@pytest.mark.parametrize(
    ("payment_id", "read"),
    [("77", "77"), (77, "77"), (10**42 + 7, "1" + "0" * 41 + "7"), ("a-1", "a-1"), (18446744073709551617,) * 2],
)
def test_a_payment_id_is_text_however_large(payment_id: object, read: object) -> None:
    assert read_init(init_answer(paymentId=payment_id)) == Form(str(read), FORM_URL)
    seen = messages.read_checkout(checkout_answer(paymentId=payment_id), REFERENCE, AMOUNT)
    assert seen == Observation(State.OPEN, "NEW", str(read))


@pytest.mark.parametrize("number", [b"1e30", b"12.5", b"1.0"])
def test_a_payment_id_that_is_no_whole_number_is_refused(number: bytes) -> None:
    body = init_answer(paymentId=77).replace(b"77", number)
    with pytest.raises(Unreadable, match="paymentId"):
        read_init(body)


@pytest.mark.parametrize("echo", [AMOUNT, str(AMOUNT), float(AMOUNT), f"{AMOUNT}.00"])
def test_an_echoed_amount_may_be_text_or_number(echo: object) -> None:
    assert read_init(init_answer(amount=echo)) == Form("77", FORM_URL)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"orderId": "another"}, "orderId"),
        ({"orderId": REFERENCE.upper()}, "orderId"),
        ({"orderId": None}, "orderId"),
        ({"amount": AMOUNT + 1}, "amount"),
        ({"amount": f"{AMOUNT}.5"}, "amount"),
        ({"amount": AMOUNT / 100}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": True}, "amount"),
        ({"paymentId": None}, "paymentId"),
        ({"transferURL": None}, "transferURL"),
        ({"status": None}, "status"),
        ({"status": "ok"}, "status"),
        ({"errorCode": None}, "errorCode"),
        ({"errorCode": 0.0}, "errorCode"),
    ],
)
def test_an_init_answer_that_is_not_ours_is_refused_by_its_field(changed: dict[str, object], field: str) -> None:
    with pytest.raises(Unreadable, match=field) as caught:
        read_init(init_answer(**changed))
    assert "another" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        FORM_URL,
        "HTTPS://payapi.example/form?a=b@c#d",
        "https://other.example:8443/",
        "https://xn--80ak6aa92e.example/",
        "https://купи-купи.example/форма",
        "https://a.example/" + "x" * 494,
    ],
)
def test_a_form_may_be_at_any_https_address(url: str) -> None:
    assert read_init(init_answer(transferURL=url)) == Form("77", url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/form/1",
        "//payapi.example/form",
        "javascript:alert(1)",
        "data:text/html,x",
        "https:///form",
        "https://",
        "https:payapi.example",
        "http://payapi.example/form/1",
        "http://127.0.0.1/form/1",
        "https://payapi.example@evil.example/",
        "https://evil.example\\@payapi.example/",
        "https://payapi.example/a b",
        "https://payapi.example/a\nb",
        "https://payapi.example:port/",
        "https://[::1/",
        "https://a.example/" + "x" * 495,
        5,
        ["https://payapi.example/"],
    ],
)
def test_a_form_is_nowhere_else(url: object) -> None:
    with pytest.raises(Unreadable, match="transferURL"):
        read_init(init_answer(transferURL=url))


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://127.0.0.1:8001/api/v1/transfer/", "http://127.0.0.1:8001/form/1"),
        ("http://127.0.0.1:8001/api/v1/transfer/", "https://payapi.example/form/1"),
        ("http://sandbox/api/", "http://SANDBOX:80/form/1"),
    ],
)
def test_a_form_without_tls_is_where_the_provider_itself_has_none(base_url: str, url: str) -> None:
    assert read_init(init_answer(transferURL=url), base_url) == Form("77", url)


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://127.0.0.1:8001/api/", "http://127.0.0.1:8002/form/1"),
        ("http://127.0.0.1:8001/api/", "http://127.0.0.1/form/1"),
        ("http://127.0.0.1:8001/api/", "http://localhost:8001/form/1"),
        ("https://sandbox:80/api/", "http://sandbox:80/form/1"),
    ],
)
def test_a_form_without_tls_is_on_no_other_host(base_url: str, url: str) -> None:
    with pytest.raises(Unreadable, match="transferURL"):
        read_init(init_answer(transferURL=url), base_url)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("NEW", State.OPEN),
        ("FORM_SHOWED", State.OPEN),
        ("CONFIRMED", State.CONFIRMED),
        ("REJECTED", State.REJECTED),
        ("CANCELED", State.CANCELED),
        ("ON_HOLD", None),
    ],
)
def test_checkout_shows_where_a_transfer_stands(status: str, state: State | None) -> None:
    seen = messages.read_checkout(checkout_answer(transferStatus=status), REFERENCE, AMOUNT)
    assert seen == Observation(state, status, "77")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"orderId": "another"}, "orderId"),
        ({"orderId": None}, "orderId"),
        ({"transferStatus": None}, "transferStatus"),
        ({"transferStatus": True}, "transferStatus"),
        ({"paymentId": None}, "paymentId"),
        ({"paymentId": "78"}, "paymentId"),
        ({"amount": AMOUNT + 1}, "amount"),
        ({"amount": f"{AMOUNT}.5"}, "amount"),
        ({"amount": "many"}, "amount"),
        ({"amount": ""}, "amount"),
    ],
)
def test_a_checkout_answer_that_is_not_ours_is_refused(changed: dict[str, object], field: str) -> None:
    with pytest.raises(Unreadable, match=field):
        messages.read_checkout(checkout_answer(**changed), REFERENCE, AMOUNT, "77")


@pytest.mark.parametrize("echoed", [None, AMOUNT, str(AMOUNT), float(AMOUNT)])
def test_a_checkout_answer_need_not_echo_the_amount(echoed: object) -> None:
    seen = messages.read_checkout(checkout_answer(amount=echoed, paymentId=77), REFERENCE, AMOUNT, "77")
    assert seen == Observation(State.OPEN, "NEW", "77")


def test_a_yes_with_nothing_else_is_accepted() -> None:
    assert messages.read_verdict(raw()) == Accepted("")
    assert messages.read_verdict(raw(message="Принято", extra=[1])) == Accepted("Принято")


@pytest.mark.parametrize("status", [True, "true", 1])
@pytest.mark.parametrize("code", ["0", 0])
def test_success_has_several_spellings(status: object, code: object) -> None:
    assert messages.read_verdict(raw(status=status, errorCode=code)) == Accepted("")


@pytest.mark.parametrize(
    ("fields", "declined"),
    [
        ({"status": False, "errorCode": "51", "message": "Нет баллов"}, Declined("51", "Нет баллов")),
        ({"status": "false", "errorCode": 51}, Declined("51", "")),
        ({"status": 0, "errorCode": "NO_POINTS", "message": None}, Declined("NO_POINTS", "")),
        ({"status": True, "errorCode": "51"}, Declined("51", "")),
        ({"status": False, "errorCode": "0"}, Declined("0", "")),
        ({"status": True, "errorCode": "00"}, Declined("00", "")),
    ],
)
def test_anything_but_success_is_a_refusal_of_any_method(fields: dict[str, object], declined: Declined) -> None:
    body = raw(**fields)
    assert messages.read_balance(body) == declined
    assert read_init(body) == declined
    assert messages.read_checkout(body, REFERENCE, AMOUNT) == declined
    assert messages.read_verdict(body) == declined


FIELDS = ["orderId", "amount", "paymentId", "transferURL", "status", "errorCode"]
VALUES = st.sampled_from([True, 0, 1, "0", "1", AMOUNT, str(AMOUNT), REFERENCE, FORM_URL, "http://payapi.example/"])


@given(st.dictionaries(st.sampled_from(FIELDS), VALUES | st.none() | st.integers() | st.text(max_size=20)))
def test_no_answer_to_init_makes_a_form_that_is_not_ours(changed: dict[str, object]) -> None:
    try:
        answer = read_init(init_answer(**changed))
    except Unreadable:
        return
    if isinstance(answer, Form):
        assert answer.transfer_url == FORM_URL
        assert str(changed.get("amount", AMOUNT)) == str(AMOUNT)
        assert changed.get("orderId", REFERENCE) == REFERENCE
        assert changed.get("errorCode", "0") in ("0", 0)
        assert changed.get("status", True) in (True, 1, "1")


# Notifications

CLAIM = {
    "status": True,
    "transferStatus": "CONFIRMED",
    "errorCode": "0",
    "message": "",
    "uidPlatform": UID,
    "orderId": REFERENCE,
}


@pytest.mark.parametrize("content_type", [JSON, FORM, "text/plain", "", "application/json; charset=utf-8"])
def test_a_json_notification_is_read_whatever_it_is_called(content_type: str) -> None:
    claim = read_notification(json.dumps(CLAIM).encode(), content_type)
    assert claim == Notification(REFERENCE, "CONFIRMED", UID, success=True)


@pytest.mark.parametrize("content_type", [FORM, f"{FORM.upper()}; charset=utf-8"])
def test_a_form_notification_is_read(content_type: str) -> None:
    body = urlencode(CLAIM | {"status": "true", "message": "Баллы переведены"}).encode()
    assert read_notification(body, content_type) == Notification(REFERENCE, "CONFIRMED", UID, success=True)


@pytest.mark.parametrize(
    ("changed", "uid"),
    [
        ({"uidPlatform": None}, None),
        ({"uidPlatform": ""}, None),
        ({"uidPlatform": None, "platformUid": UID}, UID),
        ({"uidPlatform": 12345}, "12345"),
    ],
)
def test_the_platform_has_two_names_and_may_be_absent(changed: dict[str, object], uid: str | None) -> None:
    assert read_notification(json.dumps(CLAIM | changed).encode(), JSON).platform_uid == uid


@pytest.mark.parametrize(
    ("changed", "success"),
    [
        ({}, True),
        ({"status": False, "errorCode": "51"}, False),
        ({"errorCode": "51"}, False),
        ({"status": None}, None),
        ({"errorCode": None}, None),
    ],
)
def test_a_notification_may_say_whether_it_succeeded(changed: dict[str, object], success: bool | None) -> None:
    assert read_notification(json.dumps(CLAIM | changed).encode(), JSON).success is success


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", JSON),
        (b"", FORM),
        (b"[]", JSON),
        (b"orderId=1&transferStatus=NEW", JSON),
        (b"\xff", FORM),
        (b"&".join([b"a=b"] * 200), FORM),
        (b"{}", JSON),
        (json.dumps(CLAIM | {"orderId": None}).encode(), JSON),
        (json.dumps(CLAIM | {"transferStatus": " "}).encode(), JSON),
        (json.dumps(CLAIM | {"uidPlatform": [UID]}).encode(), JSON),
        (json.dumps(CLAIM | {"orderId": "a\0"}).encode(), JSON),
    ],
)
def test_what_is_no_notification_is_malformed(body: bytes, content_type: str) -> None:
    with pytest.raises(MalformedMessage) as caught:
        read_notification(body, content_type)
    assert caught.value.kind == "MALFORMED_NOTIFICATION"
    assert UID not in str(caught.value)


@given(st.binary(max_size=300), st.sampled_from([JSON, FORM, ""]))
def test_any_notification_is_read_or_malformed(body: bytes, content_type: str) -> None:
    try:
        claim = read_notification(body, content_type)
    except MalformedMessage:
        return
    assert claim.reference
    assert claim.status
