"""Calls to a Saleor: its GraphQL API through gql, and its keys.

It must not know why it is asked, nor keep anything between two calls but connections. gql's own client opens a
connection for each call and is not safe between threads, so every thread has connected sessions of its own, over one
bounded pool. Nothing is sent twice.
"""

import threading
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Unpack
from urllib.parse import urlsplit

import requests
from cachetools import LRUCache
from gql import Client, GraphQLRequest
from gql.client import SyncClientSession
from gql.transport.exceptions import TransportConnectionFailed, TransportQueryError
from gql.transport.requests import RequestsHTTPTransport
from graphql import ExecutionResult

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import ContractBroken, NotSent, OutcomeUnknown
from saleor_kupikupi.domain.holdings import Holdings
from saleor_kupikupi.domain.identifiers import Reference
from saleor_kupikupi.domain.installation import Installation
from saleor_kupikupi.domain.reports import OwedReport
from saleor_kupikupi.outbound import BoundedSession, Bounds, Outbound
from saleor_kupikupi.saleor import reports
from saleor_kupikupi.saleor.channels import ShopChannel, read_channels
from saleor_kupikupi.saleor.debt import Debt, read_debt
from saleor_kupikupi.saleor.holdings import read_holdings
from saleor_kupikupi.saleor.manifest import document
from saleor_kupikupi.saleor.placement import Breaker, Placement, read_breaker, read_placement
from saleor_kupikupi.saleor.reading import decoded, maybe_text
from saleor_kupikupi.saleor.reports import Delivered, Denied, Refused
from saleor_kupikupi.saleor.webhooks import Webhook, read_webhooks

DOCUMENTS = (
    "app_id",
    "breaker",
    "channels",
    "debt",
    "dismiss_problems",
    "holdings",
    "place_order",
    "placement",
    "raise_problem",
    "report",
    "report_with_method",
    "webhook_create",
    "webhook_update",
    "webhooks",
    "webhooks_with_identifier",
)
LONGEST_PROBLEM = 2048
ONE_PROBLEM_FOR = 30 * 24 * 60  # minutes in which the same key counts one problem up instead of making another

_NO_TOKEN = Denied("the app is uninstalled, so it holds no token")
_NOBODYS = Denied("the token is no app's: it was removed, or is not active")


@dataclass(frozen=True, slots=True)
class AppId:
    """Who a token speaks for: the App row's global id, and the id in the app's manifest."""

    id: str
    identifier: str | None


class SaleorClient:
    """Calls any number of Saleors; raises NotSent, OutcomeUnknown or ContractBroken for what gets no answer."""

    def __init__(self, **bounds: Unpack[Bounds]) -> None:
        self._bounds = Bounds(pool_size=8) | bounds
        self._outbound = Outbound("saleor", **self._bounds)
        self._documents = {name: _parsed(name) for name in DOCUMENTS}
        self._of_thread = threading.local()
        self._open: weakref.WeakSet[BoundedSession] = weakref.WeakSet()
        self._lock = threading.Lock()

    def app_id(self, api_url: str, token: str, deadline: Deadline) -> AppId | None:
        """Asks a Saleor which app this token belongs to; None when it belongs to none."""
        try:
            data = self._ask("app_id", api_url, token, {}, deadline)
            app_id = maybe_text(data, "app", "id")
            return None if app_id is None else AppId(app_id, maybe_text(data, "app", "identifier"))
        except TransportQueryError as error:
            if reports.denial(error.errors):
                return None
            raise _unexplained(error) from error

    def jwks(self, api_url: str, deadline: Deadline) -> str:
        """Fetches the text of the keys that the Saleor at this address signs with."""
        parts = urlsplit(api_url)
        reply = self._outbound.get(f"{parts.scheme}://{parts.netloc}/.well-known/jwks.json", {}, deadline)
        if reply.status >= 500:
            raise OutcomeUnknown("saleor", f"answered {reply.status} instead of its keys")
        try:
            text = reply.body.decode()
        except UnicodeDecodeError:
            raise ContractBroken("saleor", "the keys are not UTF-8") from None
        if reply.status != 200:
            raise ContractBroken("saleor", f"answered {reply.status} instead of its keys")
        return text

    def report(
        self,
        installation: Installation,
        reference: Reference,
        report: OwedReport,
        at: datetime,
        deadline: Deadline,
        link: str = "",
    ) -> Delivered | Refused | Denied:
        """Reports one event of a transaction, which is the same however often it is reported.

        `link` is where staff see the payment, empty for nowhere.
        """
        variables = reports.variables(reference, report, at, link)
        name = reports.document_for(installation)
        return self._mutate(name, "transactionEventReport", installation, variables, deadline)

    def debt(self, installation: Installation, reference: Reference, deadline: Deadline) -> Debt | Denied:
        """Asks what the transaction's checkout or order still owes."""
        data = self._look("debt", installation, deadline, token=reference)
        return data if isinstance(data, Denied) else read_debt(data)

    def holdings(
        self, installation: Installation, reference: Reference, deadline: Deadline
    ) -> Holdings | Denied | None:
        """Ask what a transaction holds; None where Saleor has no such transaction."""
        data = self._look("holdings", installation, deadline, token=reference)
        return data if isinstance(data, Denied) else read_holdings(data)

    def place_order(
        self, installation: Installation, checkout_id: str, deadline: Deadline
    ) -> Delivered | Refused | Denied:
        """Make an order of a checkout; one that has become an order meanwhile is taken for done."""
        return self._mutate("place_order", "checkoutComplete", installation, {"id": checkout_id}, deadline)

    def placement(self, installation: Installation, reference: Reference, deadline: Deadline) -> Placement:
        """Asks which order the transaction belongs to."""
        return read_placement(self._query("placement", installation, {"token": reference}, deadline))

    def breaker(self, installation: Installation, deadline: Deadline) -> Breaker:
        """Asks how Saleor's circuit breaker for our webhooks stands."""
        return read_breaker(self._query("breaker", installation, {}, deadline))

    def raise_problem(
        self, installation: Installation, key: str, message: str, deadline: Deadline
    ) -> Delivered | Refused | Denied:
        """Shows staff what is wrong, as one problem however often it is said; only from 3.22 on."""
        said = {"key": key, "message": message[:LONGEST_PROBLEM], "aggregationPeriod": ONE_PROBLEM_FOR}
        return self._mutate("raise_problem", "appProblemCreate", installation, {"input": said}, deadline)

    def dismiss_problems(
        self, installation: Installation, keys: Sequence[str], deadline: Deadline
    ) -> Delivered | Refused | Denied:
        """Takes back what is mended, a hundred keys at most; only from 3.22 on."""
        variables = {"keys": list(keys)}
        return self._mutate("dismiss_problems", "appProblemDismiss", installation, variables, deadline)

    def channels(self, installation: Installation, deadline: Deadline) -> tuple[ShopChannel, ...] | Denied:
        """Lists the shop's channels, in any currency, the inactive ones too."""
        data = self._look("channels", installation, deadline)
        return data if isinstance(data, Denied) else read_channels(data)

    def webhooks(self, installation: Installation, deadline: Deadline) -> tuple[Webhook, ...] | Denied:
        """Lists the app's own webhooks as this Saleor has them."""
        name = "webhooks_with_identifier" if installation.at_least(3, 23) else "webhooks"
        data = self._look(name, installation, deadline)
        found = data if isinstance(data, Denied) else read_webhooks(data)
        return _NOBODYS if found is None else found

    def update_webhook(
        self, installation: Installation, webhook_id: str, changes: Mapping[str, Any], deadline: Deadline
    ) -> Delivered | Refused | Denied:
        """Changes one of the app's own webhooks."""
        variables = {"id": webhook_id, "input": dict(changes)}
        return self._mutate("webhook_update", "webhookUpdate", installation, variables, deadline)

    def create_webhook(
        self, installation: Installation, given: Mapping[str, Any], deadline: Deadline
    ) -> Delivered | Refused | Denied:
        """Gives the app one more webhook."""
        return self._mutate("webhook_create", "webhookCreate", installation, {"input": dict(given)}, deadline)

    def close(self) -> None:
        """Closes the idle connections of every thread."""
        self._outbound.close()
        with self._lock:
            for session in self._open:
                session.close()

    def _look(
        self, name: str, installation: Installation, deadline: Deadline, **variables: Any
    ) -> Mapping[str, Any] | Denied:
        if installation.token is None:
            return _NO_TOKEN
        try:
            return self._ask(name, installation.api_url, installation.token, variables, deadline)
        except TransportQueryError as error:
            denied = reports.denial(error.errors)
            if denied is None:
                raise _unexplained(error) from error
            return denied

    def _mutate(
        self, name: str, mutation: str, installation: Installation, variables: dict[str, Any], deadline: Deadline
    ) -> Delivered | Refused | Denied:
        if installation.token is None:
            return _NO_TOKEN
        try:
            data = self._ask(name, installation.api_url, installation.token, variables, deadline)
        except TransportQueryError as error:
            denied = reports.denial(error.errors)
            if denied is None:
                raise _unexplained(error) from error
            return denied
        return reports.read_outcome(data, mutation)

    def _query(
        self, name: str, installation: Installation, variables: dict[str, Any], deadline: Deadline
    ) -> Mapping[str, Any]:
        if installation.token is None:
            raise NotSent("saleor", _NO_TOKEN.message)
        try:
            return self._ask(name, installation.api_url, installation.token, variables, deadline)
        except TransportQueryError as error:
            raise _unexplained(error) from error

    def _ask(
        self, name: str, api_url: str, token: str, variables: dict[str, Any], deadline: Deadline
    ) -> Mapping[str, Any]:
        bounded, session = self._session(api_url)
        request = GraphQLRequest(self._documents[name], variable_values=variables)
        headers = {"Authorization": f"Bearer {token}"}
        try:
            with bounded.until(deadline):
                return session.execute(request, extra_args={"headers": headers})
        except TransportConnectionFailed as error:
            raise error.__cause__ or error from None  # the bounded session's own error says more

    def _session(self, api_url: str) -> tuple[BoundedSession, SyncClientSession]:
        here = self._of_thread
        if not hasattr(here, "bounded"):
            here.bounded = BoundedSession("saleor", **self._bounds)
            here.sessions = LRUCache[str, SyncClientSession](self._bounds["pool_size"])
            with self._lock:
                self._open.add(here.bounded)
        if api_url not in here.sessions:
            client = Client(transport=_Transport(api_url, here.bounded), fetch_schema_from_transport=False)
            here.sessions[api_url] = client.connect_sync()  # type: ignore[no-untyped-call]  # gql gives it no types
        return here.bounded, here.sessions[api_url]


@cache
def _parsed(name: str) -> GraphQLRequest:
    return GraphQLRequest(document(name))


class _Transport(RequestsHTTPTransport):
    """gql's transport over a bounded session, with numbers read as Decimal and the status heeded."""

    def __init__(self, api_url: str, bounded: BoundedSession) -> None:
        super().__init__(api_url, verify=bounded.verify or True, retries=0)
        self._bounded = bounded

    def connect(self) -> None:
        self.session = self._bounded

    def _prepare_result(self, response: requests.Response) -> ExecutionResult:
        if response.status_code >= 500 or response.status_code == 429:
            raise OutcomeUnknown("saleor", f"answered {response.status_code}")
        try:
            result = decoded(response.content.decode())
        except ValueError:
            raise ContractBroken("saleor", f"answered {response.status_code}, and not JSON") from None
        errors, data = (result.get("errors"), result.get("data")) if isinstance(result, dict) else (None, None)
        if not (isinstance(errors, list) and errors) and not isinstance(data, dict):
            raise ContractBroken("saleor", f"answered {response.status_code} with no GraphQL result")
        return ExecutionResult(data=data, errors=errors)


def _unexplained(error: TransportQueryError) -> OutcomeUnknown:
    # Only the names: the texts may quote what was sent.
    names = sorted({reports.code_of(one) or "unnamed" for one in error.errors or ()})
    return OutcomeUnknown("saleor", f"answered with errors: {', '.join(names)}")
