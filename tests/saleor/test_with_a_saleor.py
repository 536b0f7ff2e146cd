"""All that is known about Saleor, put together in a bare app and met by a mini Saleor of each version."""

import json
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.identifiers import reference_of, rejected
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.money import kopecks_of
from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import SourceKind
from saleor_kupikupi.saleor import answers
from saleor_kupikupi.saleor.answers import Answer
from saleor_kupikupi.saleor.client import SaleorClient
from saleor_kupikupi.saleor.debt import Debt
from saleor_kupikupi.saleor.events import ActionRequested, AppDeleted, Event, GatewayInitialize, SessionEvent, parse
from saleor_kupikupi.saleor.manifest import Manifest, read_template
from saleor_kupikupi.saleor.reports import Delivered, Denied, Refused
from saleor_kupikupi.saleor.signature import Keys, read_jwks, verify
from saleor_kupikupi_sandbox.saleor import Saleor
from tests.saleor.test_answers import TRANSFER

AT = datetime(2026, 11, 24, 2, 3, 29, tzinfo=UTC)
ID = "shop.points"


def soon() -> Deadline:
    return Deadline.after(5.0, monotonic)


@dataclass
class BareApp:
    """Verifies, reads and answers, and decides nothing."""

    client: SaleorClient
    base_url: str = ""
    installation: Installation | None = None
    keys: Keys = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    @property
    def installed(self) -> Installation:
        assert self.installation is not None
        return self.installation

    def manifest(self, headers: Message) -> Answer:
        return Manifest(read_template(), ID, self.base_url).for_version(headers.get("Saleor-Schema-Version"))

    def register(self, headers: Message, raw: bytes) -> Answer:
        api_url, token = headers["Saleor-Api-Url"], json.loads(raw)["auth_token"]
        app = self.client.app_id(api_url, token, soon())
        assert app is not None
        assert app.identifier == ID
        assert self.client.app_id(api_url, "wrong", soon()) is None
        self.keys = read_jwks(self.client.jwks(api_url, soon()))
        self.installation = Installation(1, api_url, ID, app.id, token, headers["Saleor-Schema-Version"])
        return {"success": True}

    def webhook(self, name: str, headers: Message, raw: bytes) -> Answer:
        verify(raw, headers["Saleor-Signature"], self.keys)
        event = parse(name, raw)
        assert event.recipient_id == self.installed.app_id
        self.events.append(event)
        match event:
            case GatewayInitialize():
                return answers.gateway(True, None, "", "test", None)
            case SessionEvent():
                transfer = replace(TRANSFER, reference=reference_of(event.token), amount=kopecks_of(event.amount))
                return answers.action_required(transfer, AT, "ждём", "NEW")
            case ActionRequested(action="charge"):
                return answers.message_only("нет")
            case ActionRequested(action="cancel"):
                return answers.pending_action(f"{event.token}:cancel")
            case ActionRequested():
                name = f"{event.token}:refund:{event.request_event_id}"
                return answers.action_result("REFUND_FAILURE", name, AT, "нет")
        return {}


@pytest.fixture
def app() -> Generator[BareApp, None, None]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(bare.manifest(self.headers))

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            name = self.path.rpartition("/")[2]
            registers = name == "register"
            self._answer(bare.register(self.headers, raw) if registers else bare.webhook(name, self.headers, raw))

        def _answer(self, answer: Answer) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    with closing(SaleorClient()) as client:
        bare = BareApp(client, f"http://127.0.0.1:{server.server_address[1]}")
        thread.start()
        yield bare
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(params=["3.21", "3.22", "3.23"])
def saleor(request: pytest.FixtureRequest, app: BareApp) -> Generator[Saleor, None, None]:
    saleor = Saleor(request.param)
    saleor.start()
    saleor.channel()
    try:
        yield saleor
    finally:
        saleor.stop()


@pytest.fixture
def opened(saleor: Saleor, app: BareApp) -> Any:
    """A transaction that waits for the buyer, with the checkout it pays."""
    saleor.install(f"{app.base_url}/api/manifest")
    checkout = saleor.create_checkout(total="1234.50", phone="+79000000001", language="RU")
    saleor.transaction_initialize(checkout.id, ID, data={"phone": "+79000000002"})
    event = app.events[-1]
    assert isinstance(event, SessionEvent)
    return event


def report(app: BareApp, token: str, type_: ReportType, name: str, amount: int = 123450) -> object:
    owed = OwedReport(type_, name, amount, "сообщение")
    return app.client.report(app.installed, reference_of(token), owed, AT, soon())


def test_it_is_installed_and_offered(saleor: Saleor, app: BareApp) -> None:
    installed = saleor.install(f"{app.base_url}/api/manifest")
    checkout = saleor.create_checkout(total="1234.50", phone="+79000000001")
    config = saleor.gateway_initialize(checkout.id, ID, data={"checkBalance": True})
    assert app.installed.app_id == installed.id
    assert config["data"]["available"] is True
    event = app.events[-1]
    assert isinstance(event, GatewayInitialize)
    assert (event.amount, event.source.total, event.data) == (
        Decimal("1234.5"),
        Decimal("1234.5"),
        {"checkBalance": True},
    )


def test_a_buyer_is_sent_to_the_form_and_comes_back(saleor: Saleor, app: BareApp, opened: SessionEvent) -> None:
    assert (opened.kind, opened.amount, opened.currency) == ("initialize", Decimal("1234.5"), "RUB")
    assert (opened.source.kind, opened.source.key, opened.source.language) == (
        SourceKind.CHECKOUT,
        opened.source.id,
        "ru",
    )
    result = saleor.transaction_process(opened.token)
    assert result.data["transferURL"] == TRANSFER.transfer_url
    again = replace(opened, kind="process", data=None, source=replace(opened.source, total=None))
    assert opened.source.total == Decimal("1234.5")
    assert app.events[-1] == replace(again, issued_at=app.events[-1].issued_at)


def test_a_charge_is_booked_once(saleor: Saleor, app: BareApp, opened: SessionEvent) -> None:
    r = reference_of(opened.token)
    assert app.client.debt(app.installed, r, soon()) == Debt(True, SourceKind.CHECKOUT, 123450, total_kopecks=123450)
    assert report(app, r, ReportType.CHARGE_SUCCESS, r) == Delivered(already=False)
    assert report(app, r, ReportType.CHARGE_SUCCESS, r) == Delivered(already=True)
    assert app.client.debt(app.installed, r, soon()) == Debt(True, SourceKind.CHECKOUT, 0, total_kopecks=123450)
    order = saleor.checkout_complete(opened.source.id)
    assert app.client.debt(app.installed, r, soon()) == Debt(True, SourceKind.ORDER, 0, total_kopecks=123450)
    assert saleor.order(order.id).id == order.id


def test_another_amount_under_the_same_name_is_refused(saleor: Saleor, app: BareApp, opened: SessionEvent) -> None:
    report(app, opened.token, ReportType.CHARGE_SUCCESS, opened.token)
    outcome = report(app, opened.token, ReportType.CHARGE_SUCCESS, opened.token, 100)
    assert isinstance(outcome, Refused)
    assert outcome.code == "INCORRECT_DETAILS"


def test_a_failure_is_booked_under_its_own_name(saleor: Saleor, app: BareApp, opened: SessionEvent) -> None:
    name = rejected(reference_of(opened.token))
    assert report(app, opened.token, ReportType.CHARGE_FAILURE, name) == Delivered(already=False)


def test_an_app_without_permission_is_denied(saleor: Saleor, app: BareApp, opened: SessionEvent) -> None:
    saleor.deny()
    assert isinstance(report(app, opened.token, ReportType.CHARGE_SUCCESS, opened.token), Denied)


def test_a_transaction_that_is_not_ours_owes_nothing(saleor: Saleor, app: BareApp, opened: SessionEvent) -> None:
    stranger = reference_of("0f0e6d5c-1111-4222-8333-444455556666")
    assert app.client.debt(app.installed, stranger, soon()) == Debt(found=False)
    outcome = report(app, stranger, ReportType.CHARGE_SUCCESS, stranger)
    assert not isinstance(outcome, Delivered)


def test_each_refund_request_is_refused_under_a_name_of_its_own(
    saleor: Saleor, app: BareApp, opened: SessionEvent
) -> None:
    report(app, opened.token, ReportType.CHARGE_SUCCESS, opened.token)
    outcomes = [saleor.request_action(opened.token, "REFUND") for _ in range(2)]
    assert [outcome.type for outcome in outcomes] == ["REFUND_FAILURE", "REFUND_FAILURE"]
    assert len({outcome.psp_reference for outcome in outcomes}) == 2
    assert all(isinstance(event, ActionRequested) and event.request_event_id for event in app.events[-2:])


def test_a_cancel_waits_and_is_reported_with_amount_zero(saleor: Saleor, app: BareApp, opened: SessionEvent) -> None:
    saleor.request_action(opened.token, "CANCEL")
    requested = app.events[-1]
    assert isinstance(requested, ActionRequested)
    assert (requested.action, requested.token) == ("cancel", opened.token)
    outcome = report(app, opened.token, ReportType.CANCEL_SUCCESS, f"{opened.token}:cancel", 0)
    assert outcome == Delivered(already=False)


def test_a_charge_request_is_turned_down_and_the_buyer_can_still_pay(
    saleor: Saleor, app: BareApp, opened: SessionEvent
) -> None:
    saleor.request_action(opened.token, "CHARGE")
    assert saleor.transaction_process(opened.token).data["transferURL"] == TRANSFER.transfer_url


def test_an_uninstall_is_heard_where_saleor_tells_it(app: BareApp) -> None:
    saleor = Saleor("3.23")
    saleor.start()
    try:
        saleor.uninstall(saleor.install(f"{app.base_url}/api/manifest"))
        until = monotonic() + 5
        while not app.events and monotonic() < until:
            sleep(0.01)
    finally:
        saleor.stop()
    event = app.events[-1]
    assert isinstance(event, AppDeleted)
    assert event.app_id == app.installed.app_id
