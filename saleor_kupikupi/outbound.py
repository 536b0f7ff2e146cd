"""Calls over HTTP that end in time and say which of three things happened: not sent, unknown, answered.

It knows sockets and deadlines, not what is said over them. A timeout here is the time for a whole step (connecting
with look-up and TLS; the answer with headers and body), where the libraries below mean every single packet. Redirects
are not followed, certificates are verified, cookies are not kept, the environment's proxies and passwords not used.
"""

import contextlib
import io
import socket
import ssl
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any, Literal, TypedDict, Unpack

import requests
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema, InvalidURL
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ReadTimeoutError, SSLError
from urllib3.util.connection import create_connection

from saleor_kupikupi import __version__
from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import ContractBroken, NotSent, OutboundError, OutcomeUnknown
from saleor_kupikupi.resolver import Resolver
from saleor_kupikupi.timed_answer import TimedResponse

Cause = Literal["dns", "private", "tls", "timeout", "refused", "dropped", "too_large", "redirect", "other"]

_WORDS: dict[Cause, str] = {
    "dns": "the host name cannot be resolved",
    "private": "the address is not public and not allowed",
    "tls": "the TLS handshake failed or the certificate is not trusted",
    "timeout": "it took too long",
    "refused": "the connection was refused",
    "dropped": "the connection was dropped",
    "too_large": "the answer is larger than allowed",
    "redirect": "the answer is a redirect, which is not followed",
    "other": "the connection failed",
}
Reach = Callable[[str, int, str], bool]
"""Tells whether a host, at a port, may be called at an IP address that its name stands for."""


class _NotReached(OSError):
    """A name stands for no address that may be called."""


_CAUSES: dict[Cause, tuple[type[Exception], ...]] = {  # the first that fits
    "dns": (socket.gaierror, UnicodeError),
    "private": (_NotReached,),
    "timeout": (TimeoutError, ReadTimeoutError, requests.Timeout),
    "tls": (ssl.SSLError, SSLError, requests.exceptions.SSLError),
    "refused": (ConnectionRefusedError,),
    "dropped": (ConnectionError, HTTPError, HTTPException, requests.ConnectionError),
}
_RESOLVER = Resolver()
_TOO_LATE = 0.05  # seconds left that are not worth a call


class CallFailed(OutboundError):
    """A call that failed for a cause that can be named to people."""

    def __init__(self, counterpart: str, cause: Cause) -> None:
        super().__init__(counterpart, _WORDS[cause])
        self.cause = cause


class CouldNotConnect(CallFailed, NotSent):
    """There was no connection that anything could have been sent over."""


class AnswerLost(CallFailed, OutcomeUnknown):
    """It was sent, or may have been, and the answer did not come, or not all of it."""


class AnswerUnusable(CallFailed, ContractBroken):
    """An answer came that is not looked at."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the counterpart answered, whatever its status; never a redirect."""

    status: int
    content_type: str
    body: bytes


class _NotConnected(Exception):
    """Carries a cause through the libraries below, which leave it alone."""


class _Timed:
    """A connection that is made within `timeout`, all addresses and TLS together, or raises _NotConnected."""

    response_class = TimedResponse

    def __init__(self: Any, *args: Any, may_reach: Reach, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._may_reach = may_reach

    def connect(self: Any) -> None:
        try:
            super().connect()  # type: ignore[misc]  # mixed into the two classes below
        except (OSError, HTTPError, ValueError) as error:
            raise _NotConnected(_cause_of(error)) from error

    def _new_conn(self: Any) -> socket.socket:
        ends = monotonic() + self.timeout
        addresses = self._allowed(_RESOLVER.look_up(self._dns_host, self.port, self.timeout))
        failed: OSError | None = None
        for waiting, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            share = max((ends - monotonic()) / waiting, 0.001)
            try:
                sock = create_connection(address, share, socket_options=self.socket_options)
            except OSError as error:
                failed = error
            else:
                sock.settimeout(max(ends - monotonic(), 0.001))  # what is left is for TLS
                return sock
        raise failed or socket.gaierror("the name has no address")

    def _allowed(self: Any, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Keeps the addresses that may be called; they are connected to as they are, without another look-up."""
        allowed = [each for each in found if self._may_reach(self._dns_host, self.port, each[0])]
        if found and not allowed:
            raise _NotReached("the name stands for no address that may be called")
        return allowed


class _Pool(HTTPConnectionPool):
    class ConnectionCls(_Timed, HTTPConnection):  # type: ignore[misc]  # our response class is stricter
        pass


class _TLSPool(HTTPSConnectionPool):
    class ConnectionCls(_Timed, HTTPSConnection):  # type: ignore[misc]  # our response class is stricter
        pass


class _Adapter(HTTPAdapter):
    def __init__(self, may_reach: Reach, **kwargs: Any) -> None:
        self._may_reach = may_reach
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": partial(_Pool, may_reach=self._may_reach),
            "https": partial(_TLSPool, may_reach=self._may_reach),
        }


def _cause_of(error: Exception) -> Cause:
    return next((cause for cause, kinds in _CAUSES.items() if isinstance(error, kinds)), "other")


class Bounds(TypedDict, total=False):
    """How far a session goes; times in seconds."""

    connect_timeout: float
    read_timeout: float
    max_bytes: int  # of the decoded body
    pool_size: int  # hosts to which a connection is kept
    may_reach: Reach  # where it may go; anywhere unless it is given
    ca_bundle: str | None  # a file of certificates that are trusted instead of the usual ones


class BoundedSession(requests.Session):
    """A thread's session, bounded in time and size; raises CouldNotConnect, AnswerLost or AnswerUnusable."""

    def __init__(self, counterpart: str, **bounds: Unpack[Bounds]) -> None:
        super().__init__()
        self._counterpart = counterpart
        self._connect_timeout = bounds.get("connect_timeout", 2.0)
        self._read_timeout = bounds.get("read_timeout", 8.0)
        self._max_bytes = bounds.get("max_bytes", 64 * 1024)
        self._deadline: Deadline | None = None
        self.trust_env = False
        self.verify = bounds.get("ca_bundle") or True
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers.update({"User-Agent": f"saleor-kupikupi/{__version__}", "Accept-Encoding": "identity"})
        adapter = _Adapter(
            bounds.get("may_reach", lambda *_: True), pool_connections=bounds.get("pool_size", 4), pool_maxsize=1
        )
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    @contextlib.contextmanager
    def until(self, deadline: Deadline) -> Iterator[None]:
        """Bounds what is sent inside the block by a deadline, on top of the session's own timeouts."""
        self._deadline = deadline
        try:
            yield
        finally:
            self._deadline = None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Lays the request out; an address or a header that is none is an error like any other before sending."""
        try:
            return super().prepare_request(request)
        except ValueError as error:
            raise CouldNotConnect(self._counterpart, "other") from error

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Finds no target in any answer, so that nothing can follow one."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Sends within the deadline and reads the whole answer, whose body is then in memory."""
        timeout = self._timeout()
        try:
            return self._read(super().send(request, **(kwargs | {"timeout": timeout, "stream": True})))
        except _NotConnected as error:
            raise CouldNotConnect(self._counterpart, error.args[0]) from error
        except (InvalidSchema, InvalidURL, UnicodeEncodeError) as error:  # no address, or a header that is none
            raise CouldNotConnect(self._counterpart, "other") from error
        except (requests.RequestException, HTTPError, HTTPException, OSError) as error:
            raise AnswerLost(self._counterpart, _cause_of(error)) from error

    def _timeout(self) -> Timeout:
        left = self._connect_timeout + self._read_timeout
        if self._deadline is not None:
            left = min(left, self._deadline.remaining())
        if left < _TOO_LATE:
            raise CouldNotConnect(self._counterpart, "timeout")
        return Timeout(total=left, connect=self._connect_timeout, read=self._read_timeout)

    def _read(self, response: requests.Response) -> requests.Response:
        if 300 <= response.status_code < 400:
            response.close()
            raise AnswerUnusable(self._counterpart, "redirect")
        body = response.raw.read(self._max_bytes + 1, decode_content=True)
        if len(body) > self._max_bytes:
            response.close()
            raise AnswerUnusable(self._counterpart, "too_large")
        response.raw = io.BytesIO(body)
        return response


class Outbound:
    """Calls one counterpart with a session of pooled connections for each thread."""

    def __init__(self, counterpart: str, **bounds: Unpack[Bounds]) -> None:
        self._new_session = partial(BoundedSession, counterpart, **bounds)
        self._of_thread = threading.local()
        self._sessions: weakref.WeakSet[BoundedSession] = weakref.WeakSet()  # a thread's end frees its session
        self._lock = threading.Lock()

    def post(self, url: str, body: bytes, headers: Mapping[str, str], deadline: Deadline) -> Reply:
        """Posts the body; raises as BoundedSession does."""
        return self._call(requests.Request("POST", url, headers=dict(headers), data=body), deadline)

    def get(self, url: str, headers: Mapping[str, str], deadline: Deadline) -> Reply:
        """Gets the page; raises as BoundedSession does."""
        return self._call(requests.Request("GET", url, headers=dict(headers)), deadline)

    def close(self) -> None:
        """Closes the idle connections of every thread."""
        with self._lock:
            for session in self._sessions:
                session.close()

    def _call(self, request: requests.Request, deadline: Deadline) -> Reply:
        session = self._session()
        with session.until(deadline):
            response = session.send(session.prepare_request(request))
        return Reply(response.status_code, response.headers.get("Content-Type", ""), response.content)

    def _session(self) -> BoundedSession:
        session: BoundedSession | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = self._new_session()
            with self._lock:
                self._sessions.add(session)
        return session
