"""A server that answers as it is told and keeps what it was asked."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Asked:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]

    @property
    def graphql(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.body)
        return document


@dataclass
class StandIn:
    """What is answered, and what was asked."""

    origin: str = ""
    status: int = 200
    content_type: str = "application/json"
    body: bytes = b"{}"
    asked: list[Asked] = field(default_factory=list)

    @property
    def api_url(self) -> str:
        return f"{self.origin}/graphql/"

    def answers(self, document: object, status: int = 200) -> None:
        self.status, self.body = status, json.dumps(document).encode()


@contextmanager
def serving() -> Generator[StandIn, None, None]:
    """Runs a stand-in on a free port of loopback."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            stand_in.asked.append(Asked(self.path, dict(self.headers.items()), body, self.client_address))
            self.send_response(stand_in.status)
            self.send_header("Content-Type", stand_in.content_type)
            self.send_header("Content-Length", str(len(stand_in.body)))
            self.end_headers()
            self.wfile.write(stand_in.body)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    stand_in.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
