"""Small real servers for the tests of what goes out: one that answers bytes as scripted, and certificates."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import trustme

Answer = Callable[[socket.socket, bytes], None]
"""Given the connection and the request's bytes; what it does is the answer."""


class Served:
    """A listening socket, what it was asked, and how often anybody connected."""

    def __init__(
        self, answer: Answer, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family)
        self._socket.bind((host, 0))
        self._socket.listen(16)
        self.port = self._socket.getsockname()[1]
        self.requests: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._answer, self._context = answer, context
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://localhost:{self.port}"

    def _serve(self) -> None:
        while not self.over.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(30)
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection:
                request = whole_request(connection)
                self.requests.append(request)
                self._answer(connection, request)

    def close(self) -> None:
        self.over.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)


def whole_request(connection: socket.socket) -> bytes:
    """Head and body, by Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data and (more := connection.recv(65536)):
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [
        line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
    ]
    while lengths and len(body) < int(lengths[0]) and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


@contextlib.contextmanager
def serving(
    answer: Answer | bytes, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
) -> Iterator[Served]:
    """A server for the time of a `with`; bytes are sent as they are to everybody."""
    if isinstance(answer, bytes):
        text = answer

        def answer(connection: socket.socket, _request: bytes) -> None:
            connection.sendall(text)

    server = Served(answer, context, host)
    try:
        yield server
    finally:
        server.close()


def said(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    """A whole answer; header names with underscores for hyphens."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Authority:
    """A certificate authority of the test, and what it issues."""

    def __init__(self, folder: Path) -> None:
        self._authority = trustme.CA()
        self.file = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(str(self.file))

    def context(self, name: str = "localhost", *, expired: bool = False) -> ssl.SSLContext:
        """What a server needs to present a certificate for the name."""
        ended = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
        certificate = self._authority.issue_cert(name, not_after=ended if expired else None)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        return context
