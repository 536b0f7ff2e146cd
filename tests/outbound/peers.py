"""Counterparts that answer byte by byte as a test tells them, over plain sockets or TLS."""

import contextlib
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Line:
    """One connection, seen from the counterpart."""

    def __init__(self, sock: socket.socket, over: threading.Event) -> None:
        self.sock = sock
        self.over = over

    def hear(self) -> bytes:
        """Reads one request; empty where the caller hung up instead."""
        heard = b""
        while b"\r\n\r\n" not in heard:
            more = self.sock.recv(4096)
            if not more:
                return b""
            heard += more
        head, _, body = heard.partition(b"\r\n\r\n")
        sizes = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        size = int(sizes[0].partition(b":")[2]) if sizes else 0
        while len(body) < size:
            body += self.sock.recv(4096)
        return head + b"\r\n\r\n" + body

    def say(self, *parts: bytes, pause: float = 0.0) -> None:
        """Sends the parts, resting before each but the first."""
        for position, part in enumerate(parts):
            if position and self.over.wait(pause):
                return
            self.sock.sendall(part)

    def wait(self) -> None:
        """Says nothing until the test is over."""
        self.over.wait(30)


class Peer:
    """Listens on loopback and plays its script on every connection, each in a thread of its own.

    The first `slammed` connections are closed as soon as they are made.
    """

    def __init__(self, script: Callable[[Line], None], context: ssl.SSLContext | None = None, slammed: int = 0) -> None:
        self._script = script
        self._context = context
        self._slammed = slammed
        self._over = threading.Event()
        self._socks: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}/"
        self._start(self._accept)

    def stop(self) -> None:
        self._over.set()
        for sock in (self._listener, *self._socks):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for sock in (self._listener, *self._socks):
            sock.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while not self._over.is_set():
                sock, _ = self._listener.accept()
                self.connections += 1
                self._socks.append(sock)
                if self.connections <= self._slammed:
                    sock.close()
                    continue
                self._start(self._play, sock)

    def _play(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            spoken = self._context.wrap_socket(sock, server_side=True) if self._context else sock
            self._socks.append(spoken)
            self._script(Line(spoken, self._over))
            spoken.shutdown(socket.SHUT_RDWR)
            spoken.close()

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()


def http(body: bytes = b"{}", status: str = "200 OK", *headers: str) -> bytes:
    """Writes an answer that leaves the connection open."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def talkative(answer: bytes) -> Callable[[Line], None]:
    """Makes a script that gives every request the same answer."""

    def script(line: Line) -> None:
        while line.hear():
            line.say(answer)

    return script


def certificate(folder: Path) -> tuple[ssl.SSLContext, str]:
    """Makes a certificate for 127.0.0.1 alone: a server's context, and the file that makes a caller trust it."""
    now = datetime.now(UTC)  # noqa: TID251  # TLS itself reads the real clock
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a counterpart")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "certificate.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)
    return context, str(public)
