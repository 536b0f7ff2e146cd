"""The server behind the stand-ins keeps connections, answers whatever the app does, and ends at once."""

import http.client
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from saleor_kupikupi_sandbox.serving import HangUp, Served, serve

Start = Callable[[WSGIApplication], http.client.HTTPConnection]


def echo(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers in two pieces and without a length, as an app may."""
    start_response("200 OK", [("X-Asked", f"{environ['PATH_INFO']}?{environ['QUERY_STRING']}")])
    yield environ["wsgi.input"].read()
    yield environ.get("HTTP_X_TWICE", "").encode()


def broken(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise ZeroDivisionError


def hung_up(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    raise HangUp


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[tuple[Served, http.client.HTTPConnection]] = []

    def _start(app: WSGIApplication) -> http.client.HTTPConnection:
        served = serve(app)
        running.append((served, http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)))
        return running[-1][1]

    yield _start
    for served, connection in running:
        connection.close()
        served.stop()


def test_one_connection_carries_many_requests(start: Start) -> None:
    connection = start(echo)
    ends = set()
    for _ in range(3):
        connection.request("POST", "/a%20b?c=d", body=b"x" * 100_000)
        response = connection.getresponse()
        assert (response.status, response.headers["X-Asked"]) == (200, "/a b?c=d")
        assert len(response.read()) == int(response.headers["Content-Length"]) == 100_000
        ends.add(connection.sock.getsockname())
    assert len(ends) == 1


def test_a_header_sent_twice_is_joined_and_a_head_request_gets_no_body(start: Start) -> None:
    connection = start(echo)
    connection.putrequest("GET", "/")
    connection.putheader("X-Twice", "a")
    connection.putheader("X-Twice", "b")
    connection.endheaders()
    assert connection.getresponse().read() == b"a,b"
    connection.request("HEAD", "/", headers={"X-Twice": "abc"})
    response = connection.getresponse()
    assert (response.headers["Content-Length"], response.read()) == ("3", b"")
    connection.request("GET", "/")
    assert connection.getresponse().status == 200


def test_a_body_without_a_length_is_refused(start: Start) -> None:
    connection = start(echo)
    connection.putrequest("POST", "/")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()  # the body would only meet a connection that is closed already
    assert connection.getresponse().status == 411


def test_an_app_that_fails_is_answered_for_and_logged(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    connection = start(broken)
    with caplog.at_level(logging.ERROR):
        connection.request("GET", "/")
        response = connection.getresponse()
    assert (response.status, response.headers["Connection"]) == (500, "close")
    assert "ZeroDivisionError" in caplog.text


def test_an_app_can_hang_up(start: Start) -> None:
    connection = start(hung_up)
    connection.request("GET", "/")
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()


def test_a_server_with_an_open_connection_stops_at_once_and_twice() -> None:
    served = serve(echo)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
    connection.request("GET", "/")
    connection.getresponse().read()
    started = time.monotonic()
    served.stop()
    served.stop()
    assert time.monotonic() - started < 2
    connection.close()


def test_a_port_that_is_taken_is_an_error() -> None:
    served = serve(echo)
    with pytest.raises(OSError, match="in use"):
        serve(echo, port=served.port)
    served.stop()
