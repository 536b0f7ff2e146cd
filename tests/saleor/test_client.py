import socket
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

import pytest

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import ContractBroken, NotSent, OutcomeUnknown
from saleor_kupikupi.domain.identifiers import reference_of
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.reports import OwedReport, ReportType
from saleor_kupikupi.domain.transfer import SourceKind
from saleor_kupikupi.saleor.channels import ShopChannel
from saleor_kupikupi.saleor.client import AppId, SaleorClient
from saleor_kupikupi.saleor.debt import Debt
from saleor_kupikupi.saleor.reports import Delivered, Denied, Refused
from saleor_kupikupi.saleor.webhooks import Webhook
from tests.saleor.stand_in import StandIn, serving

AT = datetime(2026, 11, 24, 2, 3, 29, tzinfo=UTC)
R = reference_of("0f0e6d5c-1111-4222-8333-444455556666")
REPORT = OwedReport(ReportType.CHARGE_SUCCESS, R, 123450, "готово", ())
DENIED = {"message": "no", "extensions": {"exception": {"code": "PermissionDenied"}}}
UNREADABLE = {"message": "secret text", "extensions": {"exception": {"code": "GraphQLError"}}}


@pytest.fixture
def saleor() -> Generator[StandIn, None, None]:
    with serving() as stand_in:
        yield stand_in


@pytest.fixture
def client() -> Generator[SaleorClient, None, None]:
    with closing(SaleorClient()) as client:
        yield client


def soon(seconds: float = 5.0) -> Deadline:
    return Deadline.after(seconds, monotonic)


def installed(api_url: str, version: str = "3.22.67") -> Installation:
    return Installation(1, api_url, "app", "QXBwOjE=", "the-token", version)


def refused_url() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}/graphql/"


Call = Callable[[SaleorClient, str, Deadline], object]


def call_app_id(client: SaleorClient, api_url: str, deadline: Deadline) -> object:
    return client.app_id(api_url, "the-token", deadline)


def call_jwks(client: SaleorClient, api_url: str, deadline: Deadline) -> object:
    return client.jwks(api_url, deadline)


def call_report(client: SaleorClient, api_url: str, deadline: Deadline) -> object:
    return client.report(installed(api_url), R, REPORT, AT, deadline)


def call_debt(client: SaleorClient, api_url: str, deadline: Deadline) -> object:
    return client.debt(installed(api_url), R, deadline)


def call_placement(client: SaleorClient, api_url: str, deadline: Deadline) -> object:
    return client.placement(installed(api_url), R, deadline)


def call_channels(client: SaleorClient, api_url: str, deadline: Deadline) -> object:
    return client.channels(installed(api_url), deadline)


def call_webhooks(client: SaleorClient, api_url: str, deadline: Deadline) -> object:
    return client.webhooks(installed(api_url), deadline)


GRAPHQL_CALLS = [call_app_id, call_report, call_debt, call_placement, call_channels, call_webhooks]
CALLS = [*GRAPHQL_CALLS, call_jwks]


def test_a_token_tells_its_app(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"app": {"id": "QXBwOjE=", "identifier": "an.app"}}})
    assert client.app_id(saleor.api_url, "the-token", soon()) == AppId("QXBwOjE=", "an.app")
    asked = saleor.asked[0]
    assert (asked.path, asked.headers["Authorization"]) == ("/graphql/", "Bearer the-token")
    assert asked.graphql["query"].startswith("query AppId")


@pytest.mark.parametrize("document", [{"data": {"app": None}}, {"data": {"app": None}, "errors": [DENIED]}])
def test_a_token_of_no_app_tells_nothing(saleor: StandIn, client: SaleorClient, document: object) -> None:
    saleor.answers(document)
    assert client.app_id(saleor.api_url, "wrong", soon()) is None


def test_channels_are_listed_as_they_are(saleor: StandIn, client: SaleorClient) -> None:
    channel = {"slug": "rub", "name": "Рубли", "currencyCode": "RUB", "isActive": False}
    saleor.answers({"data": {"channels": [channel, {"slug": "bare", "name": " "}, {"name": "no slug"}, None]}})
    assert client.channels(installed(saleor.api_url), soon()) == (
        ShopChannel("rub", "Рубли", "RUB", active=False),
        ShopChannel("bare", "bare", "", active=True),
    )


@pytest.mark.parametrize(("version", "asks_identifiers"), [("3.22.67", False), ("3.23.28", True)])
def test_webhooks_are_listed_with_what_the_version_knows(
    saleor: StandIn, client: SaleorClient, version: str, asks_identifiers: bool
) -> None:
    saleor.answers({"data": {"app": {"webhooks": [{"id": "1", "targetUrl": "https://a.example", "syncEvents": None}]}}})
    (found,) = client.webhooks(installed(saleor.api_url, version), soon())  # type: ignore[misc]  # not Denied
    assert found == Webhook(id="1", name="", url="https://a.example", sync_events=frozenset(), query="")
    assert ("identifier" in saleor.asked[0].graphql["query"]) is asks_identifiers


@pytest.mark.parametrize(
    ("call", "data"),
    [
        (call_channels, {"channels": None}),
        (call_webhooks, {}),
        (call_webhooks, {"app": {"webhooks": None}}),
        (call_webhooks, {"app": {"webhooks": [{"id": "1"}]}}),
    ],
)
def test_a_list_that_is_none_is_no_answer(
    saleor: StandIn, client: SaleorClient, call: Call, data: dict[str, object]
) -> None:
    saleor.answers({"data": data})
    with pytest.raises(ContractBroken):
        call(client, saleor.api_url, soon())


@pytest.mark.parametrize("call", [call_channels, call_webhooks])
def test_who_may_not_see_a_list_is_told_so(saleor: StandIn, client: SaleorClient, call: Call) -> None:
    saleor.answers({"data": {"app": None, "channels": None}, "errors": [DENIED]})
    assert isinstance(call(client, saleor.api_url, soon()), Denied)


def test_webhooks_of_a_token_that_is_no_apps_are_denied(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"app": None}})
    assert isinstance(call_webhooks(client, saleor.api_url, soon()), Denied)


def test_keys_are_fetched_from_the_origin(saleor: StandIn, client: SaleorClient) -> None:
    saleor.body = '{"keys": ["ж"]}'.encode()
    assert client.jwks(saleor.api_url, soon()) == '{"keys": ["ж"]}'
    assert saleor.asked[0].path == "/.well-known/jwks.json"
    assert "Authorization" not in saleor.asked[0].headers


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(404, b"{}", ContractBroken), (200, b"\xff", ContractBroken), (502, b"\xff", OutcomeUnknown)],
)
def test_keys_that_do_not_come_are_an_error(
    saleor: StandIn, client: SaleorClient, status: int, body: bytes, error: type[Exception]
) -> None:
    saleor.status, saleor.body = status, body
    with pytest.raises(error) as failure:
        client.jwks(saleor.api_url, soon())
    assert type(failure.value) is error


@pytest.mark.parametrize(("version", "tells_method"), [("3.21.69", False), ("3.22.67", True)])
def test_an_event_is_reported(saleor: StandIn, client: SaleorClient, version: str, tells_method: bool) -> None:
    saleor.answers({"data": {"transactionEventReport": {"alreadyProcessed": True, "errors": []}}})
    outcome = client.report(installed(saleor.api_url, version), R, REPORT, AT, soon())
    assert outcome == Delivered(already=True)
    asked = saleor.asked[0].graphql
    assert ("paymentMethodDetails" in asked["query"]) is tells_method
    assert asked["variables"] == {
        "token": R,
        "type": "CHARGE_SUCCESS",
        "pspReference": R,
        "amount": 1234.5,
        "time": "2026-11-24T02:03:29+00:00",
        "message": "готово",
        "availableActions": [],
    }


def test_a_report_leads_to_where_staff_see_the_payment(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"transactionEventReport": {"alreadyProcessed": False, "errors": []}}})
    client.report(installed(saleor.api_url), R, REPORT, AT, soon(), "https://cabinet.example/1")
    assert saleor.asked[0].graphql["variables"]["externalUrl"] == "https://cabinet.example/1"


def test_a_report_may_be_refused(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"transactionEventReport": {"errors": [{"code": "INVALID", "message": "m"}]}}})
    assert call_report(client, saleor.api_url, soon()) == Refused("INVALID", "m")


def test_a_report_may_be_denied(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"transactionEventReport": None}, "errors": [DENIED]})
    assert call_report(client, saleor.api_url, soon()) == Denied("no")


def test_what_is_owed_is_asked(saleor: StandIn, client: SaleorClient) -> None:
    checkout = {"chargeStatus": "NONE", "totalPrice": {"gross": {"amount": 0.29}}, "totalBalance": {"amount": -0.29}}
    saleor.answers({"data": {"transaction": {"checkout": checkout, "order": None}}})
    assert client.debt(installed(saleor.api_url), R, soon()) == Debt(True, SourceKind.CHECKOUT, 29, total_kopecks=29)


def test_nothing_is_asked_without_a_token(saleor: StandIn, client: SaleorClient) -> None:
    gone = replace(installed(saleor.api_url), token=None)
    assert isinstance(client.report(gone, R, REPORT, AT, soon()), Denied)
    assert isinstance(client.debt(gone, R, soon()), Denied)
    assert isinstance(client.holdings(gone, R, soon()), Denied)
    with pytest.raises(NotSent):
        client.placement(gone, R, soon())
    assert saleor.asked == []


@pytest.mark.parametrize("call", GRAPHQL_CALLS)
def test_errors_without_a_known_reason_leave_the_outcome_unknown(
    saleor: StandIn, client: SaleorClient, call: Call
) -> None:
    saleor.answers({"errors": [UNREADABLE, {"message": "secret text"}]}, status=400)
    with pytest.raises(OutcomeUnknown, match="GraphQLError, unnamed") as failure:
        call(client, saleor.api_url, soon())
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("status", [500, 503])
def test_a_broken_saleor_leaves_the_outcome_unknown(
    saleor: StandIn, client: SaleorClient, call: Call, status: int
) -> None:
    saleor.answers({"data": {"transactionEventReport": {"errors": []}}}, status=status)
    with pytest.raises(OutcomeUnknown):
        call(client, saleor.api_url, soon())


def test_a_saleor_that_is_asked_too_often_leaves_the_outcome_unknown(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"transactionEventReport": {"errors": []}}}, status=429)
    with pytest.raises(OutcomeUnknown) as failure:
        call_report(client, saleor.api_url, soon())
    assert not isinstance(failure.value, ContractBroken)


@pytest.mark.parametrize("call", GRAPHQL_CALLS)
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"\xff", b"[]", b"5", b"{}", b'{"data": null}', b'{"data": [], "errors": "x"}', b'{"errors": []}'],
)
def test_what_is_no_graphql_answer_breaks_the_contract(
    saleor: StandIn, client: SaleorClient, call: Call, body: bytes
) -> None:
    saleor.body = body
    with pytest.raises(ContractBroken):
        call(client, saleor.api_url, soon())


@pytest.mark.parametrize("call", CALLS)
def test_a_redirect_is_not_followed(saleor: StandIn, client: SaleorClient, call: Call) -> None:
    saleor.status = 302
    with pytest.raises(ContractBroken):
        call(client, saleor.api_url, soon())
    assert len(saleor.asked) == 1


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_beyond_measure_is_refused(saleor: StandIn, client: SaleorClient, call: Call) -> None:
    saleor.body = b" " * 70_000
    with pytest.raises(ContractBroken):
        call(client, saleor.api_url, soon())


@pytest.mark.parametrize("call", CALLS)
def test_without_a_connection_nothing_is_sent(client: SaleorClient, call: Call) -> None:
    with pytest.raises(NotSent) as failure:
        call(client, refused_url(), soon())
    assert failure.value.counterpart == "saleor"


@pytest.mark.parametrize("call", CALLS)
def test_after_the_deadline_nothing_is_sent(saleor: StandIn, client: SaleorClient, call: Call) -> None:
    with pytest.raises(NotSent):
        call(client, saleor.api_url, soon(0.0))
    assert saleor.asked == []


@pytest.mark.parametrize("call", CALLS)
def test_an_address_that_is_none_sends_nothing(client: SaleorClient, call: Call) -> None:
    with pytest.raises(NotSent):
        call(client, "nowhere", soon())


def test_a_token_that_fits_no_header_sends_nothing(saleor: StandIn, client: SaleorClient) -> None:
    with pytest.raises(NotSent) as failure:
        client.app_id(saleor.api_url, "two\nlines", soon())
    assert "two" not in str(failure.value)
    assert saleor.asked == []


def test_a_silent_saleor_is_waited_for_until_the_deadline(client: SaleorClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = monotonic()
        with pytest.raises(OutcomeUnknown):
            call_report(client, f"http://127.0.0.1:{silent.getsockname()[1]}/graphql/", soon(0.2))
        assert monotonic() - started < 2.0


def test_a_thread_keeps_its_connection(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"app": {"id": "QXBwOjE="}}})
    for _ in range(3):
        call_app_id(client, saleor.api_url, soon())
    assert len({asked.connection for asked in saleor.asked}) == 1


def test_threads_share_no_connection(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"app": {"id": "QXBwOjE="}}})
    together = threading.Barrier(2)

    def ask() -> None:
        together.wait(5)
        call_app_id(client, saleor.api_url, soon())

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(ask), pool.submit(ask)]:
            done.result()
    assert len({asked.connection for asked in saleor.asked}) == 2


def test_more_saleors_than_sessions_are_served_in_turn() -> None:
    ask: partial[Any] = partial(call_app_id, deadline=soon())
    with closing(SaleorClient(pool_size=1)) as client, serving() as first, serving() as second:
        for saleor in (first, second):
            saleor.answers({"data": {"app": {"id": saleor.origin}}})
        for saleor in (first, second, first):
            assert ask(client, saleor.api_url) == AppId(saleor.origin, None)
    assert len({asked.connection for asked in first.asked}) == 2


def test_a_closed_client_has_let_go_of_its_connections(saleor: StandIn, client: SaleorClient) -> None:
    saleor.answers({"data": {"app": {"id": "QXBwOjE="}}})
    call_app_id(client, saleor.api_url, soon())
    client.close()
    call_app_id(client, saleor.api_url, soon())
    assert len({asked.connection for asked in saleor.asked}) == 2
