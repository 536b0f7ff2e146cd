"""The proxy in front of the app, as our Caddyfile makes it: whole requests, to the app's addresses, none in a log.

Caddy is real; behind it stands a server that keeps what it gets.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import requests

from tests.clock import eventually

ROOT = Path(__file__).resolve().parents[2]
CADDY = Path(sys.executable).with_name("caddy")
LARGEST = 1024 * 1024
HANGS_UP = "/api/notifications/nobody-may-know"


class Behind(ThreadingHTTPServer):
    """Keeps which requests began to come in, and those that came in whole."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.begun: list[str] = []
        self.got: list[tuple[str, bytes]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Behind

    def do_POST(self) -> None:
        self.server.begun.append(self.path)
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        self.close_connection = True
        if len(body) == length and self.path != HANGS_UP:
            self.server.got.append((self.path, body))
            self.send_response(200)
            self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def behind() -> Iterator[Behind]:
    with Behind() as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("caddy") / "log"


@pytest.fixture(scope="module")
def port(behind: Behind, log: Path) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    environment = {
        "APP_API_BASE_URL": f"http://127.0.0.1:{port}",
        "UPSTREAM": f"127.0.0.1:{behind.server_port}",
        "HOME": str(log.parent),
        "PATH": os.defpath,
    }
    command: list[str | Path] = [CADDY, "run", "--config", ROOT / "Caddyfile", "--adapter", "caddyfile"]
    with log.open("wb") as file, subprocess.Popen(command, env=environment, stderr=file) as caddy:
        try:
            assert eventually(lambda: is_open(port), 20), log.read_text()
            yield port
        finally:
            caddy.terminate()


@pytest.fixture
def got(behind: Behind) -> list[tuple[str, bytes]]:
    behind.begun.clear()
    behind.got.clear()
    return behind.got


def is_open(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def post(port: int, path: str, body: bytes = b"") -> int:
    return requests.post(f"http://127.0.0.1:{port}{path}", body, timeout=10).status_code


def test_who_sends_slowly_does_not_reach_the_app(port: int, behind: Behind, got: list[tuple[str, bytes]]) -> None:
    with ExitStack() as slow:
        senders = [slow.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(50)]
        for each in senders:
            each.sendall(b"POST /api/slow HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\n\r\n1")

        assert post(port, "/api/webhooks/x", b"whole") == 200
        assert "/api/slow" not in behind.begun

        senders[0].sendall(b"234")
        assert senders[0].recv(100).startswith(b"HTTP/1.1 200")
        assert got == [("/api/webhooks/x", b"whole"), ("/api/slow", b"1234")]


@pytest.mark.parametrize(
    "path", ["/api/manifest", "/app", "/app/transfers", "/widget/order", "/static/app.js", "/return/1-0/fail"]
)
def test_the_apps_own_addresses_are_passed_on(port: int, got: list[tuple[str, bytes]], path: str) -> None:
    assert post(port, path) == 200
    assert [each for each, _ in got] == [path]


@pytest.mark.parametrize("path", ["/", "/health/ready", "/metrics", "/apis", "/api/../health/ready", "/%2e%2e/health"])
def test_other_addresses_are_not(port: int, behind: Behind, path: str) -> None:
    already = len(behind.begun)
    with socket.create_connection(("127.0.0.1", port)) as asking:
        asking.sendall(f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n".encode())

        assert asking.recv(100).startswith(b"HTTP/1.1 404")
    assert len(behind.begun) == already


def test_a_body_that_the_app_would_refuse_is_refused_before(port: int, got: list[tuple[str, bytes]]) -> None:
    assert post(port, "/api/register", b"x" * LARGEST) == 200
    assert len(got) == 1

    assert post(port, "/api/register", b"x" * (LARGEST + 1)) == 413
    assert len(got) == 1


def test_a_failure_is_logged_without_its_request(port: int, log: Path) -> None:
    before = len(log.read_text())

    assert post(port, HANGS_UP) == 502
    assert eventually(lambda: '"status":502' in log.read_text()[before:])
    assert "nobody-may-know" not in log.read_text()
