"""Finds the addresses of a host in time, however long the system's resolver takes. It knows no connection."""

import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Resolver:
    """Resolves names in threads of their own, of which there are at most `threads`.

    The system's resolver knows no timeout: while it hangs, who is left waiting for it must not become ever more.
    """

    def __init__(self, resolve: Callable[..., list[Any]] = socket.getaddrinfo, threads: int = 32) -> None:
        self._resolve = resolve
        self._free = threading.BoundedSemaphore(threads)

    def look_up(self, host: str, port: int, seconds: float) -> list[tuple[str, int]]:
        """Gives the addresses of a name; raises gaierror, also where none came within some seconds."""
        found: Future[list[Any]] = Future()

        def ask() -> None:
            try:
                found.set_result(self._resolve(host, port, type=socket.SOCK_STREAM))
            except (OSError, UnicodeError) as error:
                found.set_exception(error)
            finally:
                self._free.release()

        if not self._free.acquire(timeout=seconds):
            raise socket.gaierror(socket.EAI_AGAIN, "the resolver is busy")
        threading.Thread(target=ask, name="resolver", daemon=True).start()
        try:
            return [(address[0], address[1]) for *_, address in found.result(seconds)]
        except TimeoutError:
            raise socket.gaierror(socket.EAI_AGAIN, "the resolver took too long") from None
