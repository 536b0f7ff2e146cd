"""An answer that has to end in time: the socket's own timeout is for every single packet."""

import io
import socket
from http.client import HTTPResponse
from time import monotonic
from typing import Any


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment, however slowly the other side sends."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase, ends: float) -> None:
        self._sock = sock
        self._raw = raw
        self._ends = ends

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._ends - monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class TimedResponse(HTTPResponse):
    """An answer whose headers and body together take no longer than the socket's timeout at its start."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        ends = monotonic() + (sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_TimedReader(sock, self.fp.detach(), ends))
