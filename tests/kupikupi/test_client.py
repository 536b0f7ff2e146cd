import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from saleor_kupikupi.domain.connection import Credentials, WireFormat
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import ContractBroken, NotSent, OutboundError, OutcomeUnknown
from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.transfer import State
from saleor_kupikupi.kupikupi.client import (
    Accepted,
    Balance,
    Declined,
    Form,
    KupikupiClient,
    Observation,
    Receipt,
)
from saleor_kupikupi.outbound import Outbound
from saleor_kupikupi_sandbox.kupikupi import Kupikupi, Platform
from tests.kupikupi.makings import AMOUNT, PHONE, REFERENCE, SECRET, UID, credentials, init_answer, raw
from tests.outbound.peers import Line, Peer, certificate, http, talkative

PAYS = "79000000001"
HAS_NO_POINTS = "79000000002"
CODE = "0412"
LATER = datetime(2023, 6, 1, 10, 0)  # noqa: DTZ001  # what is printed on a receipt has no offset
OTHER = reference_of("00000000-0000-4000-8000-000000000001")

Listen = Callable[..., Peer]
Call = Callable[[KupikupiClient, Credentials], object]

RECEIPT = Receipt(
    phone=PHONE, amount=AMOUNT, fn="9999078900012345", fd="12", fp="123456789", paid_at=LATER, receipt_type=1
)
CALLS: dict[str, Call] = {
    "balance": lambda client, ours: client.balance(ours, PHONE, within(2)),
    "init": lambda client, ours: client.init(ours, PHONE, REFERENCE, AMOUNT, within(2)),
    "checkout": lambda client, ours: client.checkout(ours, REFERENCE, AMOUNT, within(2)),
    "confirmation": lambda client, ours: client.confirmation(ours, PHONE, "1234", within(2)),
    "receipt": lambda client, ours: client.receipt(ours, RECEIPT, within(2)),
}
every_method = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


def within(seconds: float) -> Deadline:
    return Deadline.after(seconds, time.monotonic)


@pytest.fixture
def client() -> Iterator[KupikupiClient]:
    outbound = Outbound("kupikupi")
    yield KupikupiClient(outbound, 8)
    outbound.close()


@pytest.fixture
def provider() -> Iterator[Kupikupi]:
    provider = Kupikupi([Platform(UID, SECRET)], codes=lambda: CODE, notification_delays=())
    provider.start()
    yield provider
    provider.stop()


@pytest.fixture
def ours(provider: Kupikupi) -> Credentials:
    return credentials(provider.base_url)


@pytest.fixture
def listen() -> Iterator[Listen]:
    peers: list[Peer] = []

    def _listen(script: Callable[[Line], None], **kinds: Any) -> Peer:
        peers.append(Peer(script, **kinds))
        return peers[-1]

    yield _listen
    for peer in peers:
        peer.stop()


# With the sandbox


@pytest.mark.parametrize("wire_format", WireFormat)
def test_all_five_methods_speak_both_wire_formats(
    client: KupikupiClient, provider: Kupikupi, wire_format: WireFormat
) -> None:
    ours = credentials(provider.base_url, wire_format)
    assert client.balance(ours, PAYS, within(5)) == Balance(100_000_000)
    form = client.init(ours, PAYS, REFERENCE, AMOUNT, within(5))
    transfer = provider.transfer(REFERENCE)
    assert isinstance(form, Form)
    assert form.payment_id == str(transfer.payment_id)
    assert form.transfer_url.startswith(provider.url)
    assert client.checkout(ours, REFERENCE, AMOUNT, within(5)) == Observation(State.OPEN, "NEW", form.payment_id)
    assert client.confirmation(ours, PAYS, CODE, within(5)) == Accepted("")
    assert client.receipt(ours, replace(RECEIPT, phone=PAYS), within(5)) == Accepted("")


def test_a_secret_that_is_not_ours_is_declined(client: KupikupiClient, provider: Kupikupi) -> None:
    answer = client.balance(credentials(provider.base_url, secret="another"), PAYS, within(5))
    assert isinstance(answer, Declined)
    assert answer.code != "0"
    assert answer.message


def test_the_wire_format_that_the_provider_does_not_speak_is_declined(client: KupikupiClient) -> None:
    provider = Kupikupi([Platform(UID, SECRET)], wire_formats=["php-client"])
    provider.start()
    try:
        assert isinstance(client.balance(credentials(provider.base_url), PAYS, within(5)), Declined)
        php = credentials(provider.base_url, WireFormat.PHP_CLIENT)
        assert isinstance(client.balance(php, PAYS, within(5)), Balance)
    finally:
        provider.stop()


def test_a_buyer_without_points_has_a_balance_of_nothing(client: KupikupiClient, ours: Credentials) -> None:
    assert client.balance(ours, HAS_NO_POINTS, within(5)) == Balance(0)


def test_a_points_balance_keeps_its_kopecks(client: KupikupiClient, provider: Kupikupi, ours: Credentials) -> None:
    provider.set_balance(PHONE, "1234.07")
    assert client.balance(ours, PHONE, within(5)) == Balance(123_407)


def test_a_phone_that_is_no_buyers_is_declined(client: KupikupiClient, ours: Credentials) -> None:
    answer = client.init(ours, "79990000009", REFERENCE, AMOUNT, within(5))
    assert isinstance(answer, Declined)


def test_a_transfer_of_another_order_or_amount_is_declined(client: KupikupiClient, ours: Credentials) -> None:
    client.init(ours, PAYS, REFERENCE, AMOUNT, within(5))
    assert isinstance(client.checkout(ours, OTHER, AMOUNT, within(5)), Declined)
    assert isinstance(client.checkout(ours, REFERENCE, AMOUNT + 1, within(5)), Declined)


@pytest.mark.parametrize(
    ("status", "state"),
    [("CONFIRMED", State.CONFIRMED), ("REJECTED", State.REJECTED), ("CANCELED", State.CANCELED)],
)
def test_checkout_shows_the_end_of_a_transfer(
    client: KupikupiClient, provider: Kupikupi, ours: Credentials, status: str, state: State
) -> None:
    client.init(ours, PAYS, REFERENCE, AMOUNT, within(5))
    provider.force(REFERENCE, status)
    seen = client.checkout(ours, REFERENCE, AMOUNT, within(5))
    assert isinstance(seen, Observation)
    assert (seen.state, seen.status) == (state, status)


def test_an_unknown_status_is_passed_on_without_a_state(
    client: KupikupiClient, provider: Kupikupi, ours: Credentials
) -> None:
    client.init(ours, PAYS, REFERENCE, AMOUNT, within(5))
    provider.fault("unknown_status", "checkout")
    seen = client.checkout(ours, REFERENCE, AMOUNT, within(5))
    assert isinstance(seen, Observation)
    assert seen.state is None
    assert seen.status == "ON_HOLD"


@pytest.mark.parametrize("fault", ["wrong_order", "wrong_amount", "bad_url", "html", "huge", "redirect"])
def test_an_answer_against_the_contract_leaves_the_outcome_unknown(
    client: KupikupiClient, provider: Kupikupi, ours: Credentials, fault: str
) -> None:
    provider.fault(fault, "init")
    with pytest.raises(ContractBroken):
        client.init(ours, PAYS, REFERENCE, AMOUNT, within(5))


@pytest.mark.parametrize("field", ["orderId", "amount", "paymentId", "transferURL", "status", "errorCode"])
def test_an_answer_without_a_needed_field_leaves_the_outcome_unknown(
    client: KupikupiClient, provider: Kupikupi, ours: Credentials, field: str
) -> None:
    missing: dict[str, Any] = {field: True}
    provider.fault("omit", "init", **missing)
    with pytest.raises(ContractBroken, match=field):
        client.init(ours, PAYS, REFERENCE, AMOUNT, within(5))


@pytest.mark.parametrize(("fault", "opened"), [("drop_before", 0), ("drop_after", 1), ("error_500", 0)])
def test_an_init_without_an_answer_is_unknown_and_sent_once(
    client: KupikupiClient, provider: Kupikupi, ours: Credentials, fault: str, opened: int
) -> None:
    provider.fault(fault, "init", times=1)
    with pytest.raises(OutcomeUnknown):
        client.init(ours, PAYS, REFERENCE, AMOUNT, within(5))
    assert len(provider.calls("init")) == 1
    assert len(provider.transfers()) == opened


def test_a_slow_provider_is_left_at_the_deadline(client: KupikupiClient, provider: Kupikupi, ours: Credentials) -> None:
    provider.fault("latency", "init", seconds=5)
    provider.fault("drip", "checkout", seconds=0.05)
    for call in (
        lambda: client.init(ours, PAYS, REFERENCE, AMOUNT, within(0.3)),
        lambda: client.checkout(ours, REFERENCE, AMOUNT, within(0.3)),
    ):
        started = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            call()
        assert time.monotonic() - started < 0.7


# With peers that break the rules


@every_method
def test_every_method_goes_to_its_own_address_as_json(client: KupikupiClient, listen: Listen, call: Call) -> None:
    heard: list[bytes] = []

    def script(line: Line) -> None:
        while request := line.hear():
            heard.append(request)
            line.say(http(raw(status=False, errorCode="7", message="Нет")))

    peer = listen(script)
    answers = [call(client, credentials(peer.url + path)) for path in ("api/v1/transfer/", "api/v1/transfer")]
    assert answers == [Declined("7", "Нет")] * 2
    method = next(name for name, each in CALLS.items() if each is call)
    assert len(heard) == 2
    for request in heard:
        head, _, body = request.partition(b"\r\n\r\n")
        assert head.startswith(f"POST /api/v1/transfer/{method} HTTP/1.1".encode())
        assert b"\r\nx-requested-with: xmlhttprequest" in head.lower()
        assert b"\r\ncontent-type: application/json" in head.lower()
        assert json.loads(body)["uidPlatform"] == UID


@every_method
@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "403 Forbidden", "422 Unprocessable"])
def test_a_documented_refusal_is_a_no_below_500(
    client: KupikupiClient, listen: Listen, call: Call, status: str
) -> None:
    peer = listen(talkative(http(raw(status=False, errorCode=7), status)))
    assert call(client, credentials(peer.url)) == Declined("7", "")


@every_method
@pytest.mark.parametrize("status", ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"])
def test_a_failing_server_has_said_nothing(client: KupikupiClient, listen: Listen, call: Call, status: str) -> None:
    peer = listen(talkative(http(raw(status=False, errorCode=7), status)))
    with pytest.raises(OutcomeUnknown, match=status[:3]):
        call(client, credentials(peer.url))


@every_method
@pytest.mark.parametrize(
    ("status", "body"),
    [
        ("200 OK", b"<html>79123456789"),
        ("200 OK", b""),
        ("204 No Content", b""),
        ("200 OK", b"[]"),
        ("200 OK", b"{}"),
        ("404 Not Found", b"Not Found"),
        ("404 Not Found", b'{"error": "not found"}'),
        ("302 Found", b""),
        ("400 Bad Request", raw(status="maybe")),
    ],
)
def test_what_is_no_documented_answer_breaks_the_contract(
    client: KupikupiClient, listen: Listen, call: Call, status: str, body: bytes
) -> None:
    peer = listen(talkative(http(body, status)))
    with pytest.raises(ContractBroken) as caught:
        call(client, credentials(peer.url))
    assert caught.value.counterpart == "kupikupi"
    assert PHONE not in str(caught.value)


def test_a_success_under_an_error_status_breaks_the_contract(client: KupikupiClient, listen: Listen) -> None:
    peer = listen(talkative(http(init_answer(), "400 Bad Request")))
    with pytest.raises(ContractBroken, match="400"):
        client.init(credentials(peer.url), PHONE, REFERENCE, AMOUNT, within(2))


@every_method
def test_only_questions_are_asked_again_and_only_once_where_nothing_was_sent(
    client: KupikupiClient, listen: Listen, call: Call
) -> None:
    peer = listen(Line.wait, slammed=5)
    with pytest.raises(NotSent):
        call(client, credentials(peer.url.replace("http:", "https:")))
    assert peer.connections == (2 if call in (CALLS["balance"], CALLS["checkout"]) else 1)


@every_method
def test_nothing_is_asked_again_that_was_sent(client: KupikupiClient, listen: Listen, call: Call) -> None:
    heard: list[bytes] = []
    peer = listen(lambda line: heard.append(line.hear()))
    with pytest.raises(OutcomeUnknown):
        call(client, credentials(peer.url))
    assert len(heard) == 1


def test_a_question_is_answered_at_its_second_try(listen: Listen, tmp_path: Path) -> None:
    context, bundle = certificate(tmp_path)
    peer = listen(talkative(http(raw(balance=1))), context=context, slammed=1)
    outbound = Outbound("kupikupi", ca_bundle=bundle)
    assert KupikupiClient(outbound, 8).balance(credentials(peer.url), PHONE, within(2)) == Balance(100)
    outbound.close()


@every_method
def test_secrets_codes_and_phones_are_in_no_error_and_no_log(
    client: KupikupiClient, listen: Listen, call: Call, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    peer = listen(talkative(http(b"79123456789 a secret of the sandbox 1234 ")))
    ours = credentials(peer.url)
    with pytest.raises(OutboundError) as caught:
        call(client, ours)
    for word in (PHONE, SECRET, "1234 "):
        assert word not in str(caught.value)
        assert word not in caplog.text
    assert SECRET not in repr(ours)
