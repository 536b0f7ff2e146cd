"""Serves a WSGI app over loopback from a background thread, as a quick and quiet HTTP/1.1 server with keep-alive.

Knows sockets and threads. Must not know what the app does. Werkzeug's own server is not used: it closes every
connection and waits ten milliseconds after each answer, which is more than a stand-in may cost a measurement.
"""

from __future__ import annotations

import io
import logging
import selectors
import socket
import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from itertools import chain
from typing import Any, cast
from urllib.parse import unquote_to_bytes
from wsgiref.types import WSGIApplication, WSGIEnvironment

logger = logging.getLogger(__name__)


class HangUp(Exception):
    """Raised by an app: the connection closes and no answer is sent."""


class Served:
    """A running server; `stop` may be called from any thread, more than once."""

    def __init__(self, server: _Server, thread: threading.Thread) -> None:
        self._server = server
        self._thread = thread
        self.port: int = server.server_address[1]
        self.url = f"http://{server.host}:{self.port}"

    def stop(self) -> None:
        """Stops accepting, cuts the open connections and waits for their threads."""
        self._server.stop(self._thread)


def serve(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> Served:
    """Serves the app in a daemon thread; port 0 takes a free one. Raises OSError where the port is taken."""
    server = _Server(host, port, app)
    thread = threading.Thread(target=server.accept, name="accepting", daemon=True)
    thread.start()
    return Served(server, thread)


class _Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, host: str, port: int, app: WSGIApplication) -> None:
        self.host = host
        self.app = app
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__((host, port), _Handler)
        self._end, self._ended = socket.socketpair()

    def accept(self) -> None:
        """Accepts until told to stop; socketserver's own loop would look only every so often whether it should end."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            selector.register(self._ended, selectors.EVENT_READ)
            while self._ended not in {key.fileobj for key, _ in selector.select()}:
                with suppress(OSError):  # gone again before it was accepted
                    self.process_request(*self.get_request())

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        with self._lock:
            self._open[request] = thread
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._lock:
            self._open.pop(request, None)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - socketserver's signature
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):  # a client that went away is no news
            logger.error("a connection ended in an error", exc_info=error)

    def stop(self, accepting: threading.Thread) -> None:
        self._end.close()
        accepting.join()
        self._ended.close()
        self.server_close()
        with self._lock:
            still_open = dict(self._open)
        for connection in still_open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in still_open.values():
            if thread is not threading.current_thread():
                thread.join(timeout=5)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def _serve(self) -> None:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            self._send("411 Length Required", [], iter(()))
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._answer(self._environ(body))
        except (HangUp, OSError):
            self.close_connection = True
        except Exception:
            logger.exception("the app failed")
            self.close_connection = True
            self._send("500 Internal Server Error", [], iter(()))

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve

    def _answer(self, environ: WSGIEnvironment) -> None:
        head: list[tuple[str, list[tuple[str, str]]]] = []
        app: Any = cast("_Server", self.server).app
        answer = app(environ, lambda status, headers, _=None: head.append((status, headers)))
        try:
            chunks = iter(answer)
            first = next(chunks, b"")  # an app may start its response as late as here
            self._send(*head[-1], chain([first], chunks))
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def _send(self, status: str, headers: list[tuple[str, str]], chunks: Iterator[bytes]) -> None:
        """Sends the head together with the first chunk, then each chunk as it comes."""
        if not any(name.lower() == "content-length" for name, _ in headers):
            whole = b"".join(chunks)
            chunks = iter([whole])
            headers = [*headers, ("Content-Length", str(len(whole)))]
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        if self.close_connection:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        if self.command == "HEAD":
            self.connection.sendall(head)
            return
        self.connection.sendall(head + next(chunks, b""))
        for chunk in chunks:
            self.connection.sendall(chunk)

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": cast("_Server", self.server).host,
            "SERVER_PORT": str(self.connection.getsockname()[1]),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            key = key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
            environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ
