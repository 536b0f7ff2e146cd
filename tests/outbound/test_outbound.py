import contextlib
import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from saleor_kupikupi.domain.deadline import Deadline
from saleor_kupikupi.domain.errors import NotSent, OutboundError, OutcomeUnknown
from saleor_kupikupi.outbound import (
    AnswerLost,
    AnswerUnusable,
    BoundedSession,
    CallFailed,
    CouldNotConnect,
    Outbound,
    Reply,
)
from tests.outbound.peers import Line, Peer, certificate, http, talkative

Listen = Callable[..., Peer]
LIMIT = 64 * 1024


@pytest.fixture
def listen() -> Iterator[Listen]:
    peers: list[Peer] = []

    def _listen(script: Callable[[Line], None], context: ssl.SSLContext | None = None) -> Peer:
        peers.append(Peer(script, context))
        return peers[-1]

    yield _listen
    for peer in peers:
        peer.stop()


@pytest.fixture
def outbound() -> Iterator[Outbound]:
    outbound = Outbound("kupikupi")
    yield outbound
    outbound.close()


@pytest.fixture(scope="module")
def identity(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, str]:
    return certificate(tmp_path_factory.mktemp("tls"))


def within(seconds: float) -> Deadline:
    return Deadline.after(seconds, time.monotonic)


def post(outbound: Outbound, url: str, seconds: float = 5.0) -> Reply:
    return outbound.post(url, b'{"a":1}', {"Content-Type": "application/json"}, within(seconds))


def failure(outbound: Outbound, url: str, seconds: float = 5.0) -> CallFailed:
    with pytest.raises(CallFailed) as caught:
        post(outbound, url, seconds)
    assert caught.value.counterpart == "kupikupi"
    return caught.value


@pytest.mark.parametrize("status", ["200 OK", "201 Created", "400 Bad Request", "404 Not Found", "502 Bad Gateway"])
def test_an_answer_comes_back_whatever_its_status(listen: Listen, outbound: Outbound, status: str) -> None:
    peer = listen(talkative(http(b'{"b":2}', status)))
    assert post(outbound, peer.url) == Reply(int(status[:3]), "application/json", b'{"b":2}')


def test_the_body_and_the_headers_are_sent_as_given(listen: Listen, outbound: Outbound) -> None:
    heard: list[bytes] = []

    def script(line: Line) -> None:
        heard.append(line.hear())
        line.say(http())

    post(outbound, listen(script).url)
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert body == b'{"a":1}'
    assert b"content-type: application/json" in head.lower()
    assert b"accept-encoding: identity" in head.lower()
    assert b"user-agent: saleor-kupikupi/" in head.lower()


def test_a_page_is_got(listen: Listen, outbound: Outbound) -> None:
    peer = listen(talkative(http(b"{}")))
    assert outbound.get(peer.url + "keys", {}, within(5)).body == b"{}"


def test_calls_of_one_thread_share_a_connection(listen: Listen, outbound: Outbound) -> None:
    peer = listen(talkative(http()))
    for _ in range(5):
        post(outbound, peer.url)
    assert peer.connections == 1


def test_each_thread_has_a_connection_of_its_own(listen: Listen, outbound: Outbound) -> None:
    peer = listen(talkative(http()))
    both = threading.Barrier(2)

    def work() -> None:
        both.wait(5)
        post(outbound, peer.url)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    assert peer.connections == 2


def test_a_connection_that_the_peer_closed_meanwhile_is_not_used(listen: Listen, outbound: Outbound) -> None:
    closed = threading.Semaphore(0)

    def script(line: Line) -> None:
        line.hear()
        line.say(http())
        line.sock.shutdown(socket.SHUT_RDWR)
        closed.release()

    peer = listen(script)
    for _ in range(3):
        assert post(outbound, peer.url).status == 200
        assert closed.acquire(timeout=5)
    assert peer.connections == 3


def test_closing_ends_the_idle_connections(listen: Listen, outbound: Outbound) -> None:
    hung_up = threading.Event()

    def script(line: Line) -> None:
        while line.hear():
            line.say(http())
        hung_up.set()

    post(outbound, listen(script).url)
    outbound.close()
    assert hung_up.wait(5)


def test_a_name_with_several_addresses_is_tried_to_the_last(listen: Listen, outbound: Outbound) -> None:
    peer = listen(talkative(http()))
    assert post(outbound, f"http://localhost:{peer.port}/").status == 200


# Not sent


def test_a_refused_connection_is_not_sent(outbound: Outbound) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        error = failure(outbound, f"http://127.0.0.1:{bound.getsockname()[1]}/")
    assert isinstance(error, NotSent)
    assert error.cause == "refused"


@pytest.mark.parametrize("host", ["kupikupi.invalid", "a" * 64 + ".example"])
def test_a_name_that_does_not_resolve_is_not_sent(host: str) -> None:
    outbound = Outbound("kupikupi", connect_timeout=0.5)
    error = failure(outbound, f"http://{host}/")
    assert isinstance(error, NotSent)
    assert error.cause == "dns"
    assert "resolved" in str(error)


def test_a_connection_that_takes_too_long_is_not_sent() -> None:
    outbound = Outbound("kupikupi", connect_timeout=0.2)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf, contextlib.ExitStack() as crowd:
        for _ in range(4):  # fills the queue of a listener that never accepts
            sock = crowd.enter_context(socket.socket())
            sock.setblocking(False)
            sock.connect_ex(deaf.getsockname())
        started = time.monotonic()
        error = failure(outbound, f"http://127.0.0.1:{deaf.getsockname()[1]}/")
    assert isinstance(error, NotSent)
    assert error.cause == "timeout"
    assert time.monotonic() - started < 1.0


def test_nothing_is_sent_when_the_deadline_is_over(listen: Listen, outbound: Outbound) -> None:
    peer = listen(talkative(http()))
    error = failure(outbound, peer.url, seconds=0.01)
    assert isinstance(error, NotSent)
    assert error.cause == "timeout"
    assert peer.connections == 0


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/", "http://[::1/", "http:///path"])
def test_what_is_no_address_is_not_sent(outbound: Outbound, url: str) -> None:
    error = failure(outbound, url)
    assert isinstance(error, NotSent)


@pytest.mark.parametrize("value", ["two\r\nX-Lines: 1", "ключ"])
def test_a_header_that_cannot_be_written_is_not_sent(listen: Listen, outbound: Outbound, value: str) -> None:
    peer = listen(talkative(http()))
    with pytest.raises(CouldNotConnect):
        outbound.post(peer.url, b"", {"Authorization": value}, within(5))


# Sent, outcome unknown


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([], id="never answers"),
        pytest.param([b"H", *[b"T"] * 1000], id="drips its status line"),
        pytest.param([b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 90], id="drips its headers"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[b"x"] * 1000], id="drips its body"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", *[b"1\r\nx\r\n"] * 1000], id="drips its chunks"
        ),
    ],
)
def test_a_slow_answer_is_given_up_at_the_deadline(listen: Listen, outbound: Outbound, parts: list[bytes]) -> None:
    heard = threading.Event()

    def script(line: Line) -> None:
        line.hear()
        heard.set()
        line.say(*parts, pause=0.02)
        line.wait()

    url = listen(script).url
    started = time.monotonic()
    error = failure(outbound, url, seconds=0.3)
    assert time.monotonic() - started < 0.6
    assert heard.is_set()
    assert isinstance(error, AnswerLost)
    assert error.cause == "timeout"


def test_a_slow_answer_is_given_up_at_the_read_timeout(listen: Listen) -> None:
    outbound = Outbound("kupikupi", read_timeout=0.2)
    url = listen(lambda line: (line.hear(), line.say(b"H", *[b"T"] * 100, pause=0.05), None)[2]).url
    started = time.monotonic()
    assert failure(outbound, url).cause == "timeout"
    assert time.monotonic() - started < 0.6


def test_a_slow_answer_that_ends_in_time_is_read(listen: Listen, outbound: Outbound) -> None:
    def script(line: Line) -> None:
        line.hear()
        line.say(*(bytes([each]) for each in http(b"{}")), pause=0.001)

    assert post(outbound, listen(script).url).body == b"{}"


@pytest.mark.parametrize(
    "part",
    [
        pytest.param(b"", id="no answer"),
        pytest.param(b"HTT", id="half a status line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}", id="half a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", id="half a chunk"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", id="no chunk"),
        pytest.param(b"no HTTP at all\r\n\r\n", id="not HTTP"),
        pytest.param(http(b"no gzip", "200 OK", "Content-Encoding: gzip"), id="not gzip"),
    ],
)
def test_a_dropped_answer_leaves_the_outcome_unknown(listen: Listen, outbound: Outbound, part: bytes) -> None:
    def script(line: Line) -> None:
        line.hear()
        line.say(part)

    peer = listen(script)
    error = failure(outbound, peer.url)
    assert isinstance(error, AnswerLost)
    assert error.cause == "dropped"
    assert peer.connections == 1


def test_a_connection_that_breaks_in_use_is_not_tried_again(listen: Listen, outbound: Outbound) -> None:
    requests: list[bytes] = []

    def script(line: Line) -> None:
        requests.append(line.hear())
        line.say(http())
        requests.append(line.hear())

    peer = listen(script)
    post(outbound, peer.url)
    assert isinstance(failure(outbound, peer.url), OutcomeUnknown)
    assert len(requests) == 2
    assert post(outbound, peer.url).status == 200


# Answered, and not looked at


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
def test_a_redirect_is_not_followed(listen: Listen, outbound: Outbound, status: str) -> None:
    target = listen(talkative(http()))
    error = failure(outbound, listen(talkative(http(b"", status, f"Location: {target.url}"))).url)
    assert isinstance(error, AnswerUnusable)
    assert error.cause == "redirect"
    assert target.connections == 0


def test_the_largest_answer_is_read(listen: Listen, outbound: Outbound) -> None:
    assert len(post(outbound, listen(talkative(http(b"x" * LIMIT))).url).body) == LIMIT


def test_a_larger_answer_is_refused(listen: Listen, outbound: Outbound) -> None:
    error = failure(outbound, listen(talkative(http(b"x" * (LIMIT + 1)))).url)
    assert isinstance(error, AnswerUnusable)
    assert error.cause == "too_large"


def test_an_endless_answer_is_refused_without_reading_on(listen: Listen, outbound: Outbound) -> None:
    sent: list[int] = []

    def script(line: Line) -> None:
        line.hear()
        line.say(b"HTTP/1.1 200 OK\r\n\r\n")
        with contextlib.suppress(OSError):
            while sum(sent) < 64 * 1024 * 1024:
                line.say(b"x" * 65536)
                sent.append(65536)

    assert failure(outbound, listen(script).url).cause == "too_large"
    assert sum(sent) < 64 * 1024 * 1024


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(listen: Listen, outbound: Outbound) -> None:
    packed = gzip.compress(b"x" * 10_000_000)
    assert len(packed) < LIMIT
    answer = http(packed, "200 OK", "Content-Encoding: gzip")
    assert failure(outbound, listen(talkative(answer)).url).cause == "too_large"


def test_a_packed_answer_is_unpacked(listen: Listen, outbound: Outbound) -> None:
    answer = http(gzip.compress(b"{}"), "200 OK", "Content-Encoding: gzip")
    assert post(outbound, listen(talkative(answer)).url).body == b"{}"


# where it may go


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "017700000001"])
def test_an_address_that_may_not_be_called_is_not_connected_to(listen: Listen, host: str) -> None:
    asked: list[tuple[Any, ...]] = []
    peer = listen(talkative(http()))

    def never(*each: Any) -> bool:
        asked.append(each)
        return False

    outbound = Outbound("kupikupi", may_reach=never)
    error = failure(outbound, f"http://{host}:{peer.port}/")
    assert isinstance(error, NotSent)
    assert error.cause == "private"
    assert (host, peer.port, "127.0.0.1") in asked
    assert peer.connections == 0
    outbound.close()


def test_the_address_that_was_allowed_is_connected_to_and_the_name_is_verified(
    listen: Listen, identity: tuple[ssl.SSLContext, str]
) -> None:
    context, bundle = identity
    peer = listen(talkative(http(b"x")), context)
    outbound = Outbound("kupikupi", ca_bundle=bundle, may_reach=lambda _host, _port, address: address == "127.0.0.1")
    assert post(outbound, peer.url).body == b"x"
    assert failure(outbound, f"https://localhost:{peer.port}/").cause == "tls"
    outbound.close()


# TLS


def test_a_trusted_certificate_is_accepted(listen: Listen, identity: tuple[ssl.SSLContext, str]) -> None:
    context, bundle = identity
    peer = listen(talkative(http(b"x" * LIMIT)), context)
    outbound = Outbound("kupikupi", ca_bundle=bundle)
    assert len(post(outbound, peer.url).body) == LIMIT
    assert len(post(outbound, peer.url).body) == LIMIT
    assert peer.connections == 1
    outbound.close()


def test_an_untrusted_certificate_gets_nothing(
    listen: Listen, outbound: Outbound, identity: tuple[ssl.SSLContext, str]
) -> None:
    heard: list[bytes] = []
    peer = listen(lambda line: heard.append(line.hear()), identity[0])
    error = failure(outbound, peer.url)
    assert isinstance(error, NotSent)
    assert error.cause == "tls"
    assert heard in ([], [b""])


def test_a_certificate_of_another_host_gets_nothing(listen: Listen, identity: tuple[ssl.SSLContext, str]) -> None:
    context, bundle = identity
    peer = listen(talkative(http()), context)
    error = failure(Outbound("kupikupi", ca_bundle=bundle), f"https://localhost:{peer.port}/")
    assert isinstance(error, NotSent)
    assert error.cause == "tls"


def test_a_peer_without_tls_gets_nothing(listen: Listen, outbound: Outbound) -> None:
    peer = listen(lambda line: line.say(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    error = failure(outbound, peer.url.replace("http:", "https:"))
    assert isinstance(error, NotSent)
    assert error.cause in ("tls", "dropped")


def test_a_handshake_that_never_ends_is_not_sent(listen: Listen) -> None:
    peer = listen(Line.wait)
    outbound = Outbound("kupikupi", connect_timeout=0.2)
    started = time.monotonic()
    error = failure(outbound, peer.url.replace("http:", "https:"))
    assert isinstance(error, NotSent)
    assert error.cause == "timeout"
    assert time.monotonic() - started < 0.6


def test_a_slow_answer_over_tls_is_given_up_at_the_deadline(
    listen: Listen, identity: tuple[ssl.SSLContext, str]
) -> None:
    context, bundle = identity

    def script(line: Line) -> None:
        line.hear()
        line.say(b"H", *[b"T"] * 1000, pause=0.02)

    url = listen(script, context).url
    started = time.monotonic()
    error = failure(Outbound("kupikupi", ca_bundle=bundle), url, seconds=0.4)
    assert isinstance(error, OutcomeUnknown)
    assert error.cause == "timeout"
    assert time.monotonic() - started < 0.8


# The session itself


def test_a_session_in_other_hands_is_bounded_too(listen: Listen) -> None:
    def script(line: Line) -> None:
        line.hear()
        line.say(b"H", *[b"T"] * 1000, pause=0.02)

    session = BoundedSession("saleor")
    started = time.monotonic()
    with pytest.raises(AnswerLost), session.until(within(0.3)):
        session.post(listen(script).url, json={}, timeout=60)
    assert time.monotonic() - started < 0.6
    with pytest.raises(AnswerUnusable):
        session.get(listen(talkative(http(b"", "302 Found", "Location: /"))).url, allow_redirects=True)
    answer = session.post(listen(talkative(http(b'{"data":{}}'))).url, json={})
    assert answer.json() == {"data": {}}
    session.close()


def test_a_session_is_bounded_without_a_deadline(listen: Listen) -> None:
    session = BoundedSession("saleor", read_timeout=0.2)
    with pytest.raises(AnswerLost):
        session.get(listen(Line.wait).url)


def test_cookies_are_not_kept(listen: Listen, outbound: Outbound) -> None:
    heard: list[bytes] = []

    def script(line: Line) -> None:
        while request := line.hear():
            heard.append(request)
            line.say(http(b"{}", "200 OK", "Set-Cookie: a=b; Path=/"))

    peer = listen(script)
    post(outbound, peer.url)
    post(outbound, peer.url)
    assert len(heard) == 2
    assert b"cookie" not in heard[1].lower()


def test_a_proxy_of_the_surroundings_is_not_used(
    listen: Listen, outbound: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = listen(talkative(http(b"the proxy")))
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.setenv("no_proxy", "")
    assert post(outbound, listen(talkative(http(b"the peer"))).url).body == b"the peer"


def test_an_error_names_whom_and_why_but_not_what(outbound: Outbound) -> None:
    with pytest.raises(OutboundError) as caught:
        partial(outbound.post, "http://127.0.0.1:1/", b"79000000001", {"Authorization": "secret"})(within(1))
    assert str(caught.value) == "kupikupi: the connection was refused"
