"""A GitHub that answers what a test scripts, in order, over real sockets."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

from keyhole.core.secret import Secret
from keyhole.providers.github.client import GitHub
from keyhole.providers.github.instance import Instance, InstanceKind
from keyhole.providers.outgoing import Outgoing
from tests.unit.providers.http_kit import Served, said, serving

NOW = 1_790_000_000.0
OUT = Outgoing(allow_private=True, timeout=5)
TOKEN = f"github_pat_11A{'x' * 19}_{'y' * 59}"


def answer(status: int = 200, data: object = None, **headers: str) -> bytes:
    """An answer of the API; header names with underscores for hyphens."""
    return said(status, b"" if data is None else json.dumps(data).encode(), **headers)


class Scripted:
    """The running server, a client for it, and what was slept."""

    def __init__(self, server: Served) -> None:
        self.server = server
        self.instance = Instance(InstanceKind.SANDBOX, server.url, f"{server.url}/api/v3")
        self.now = NOW
        self.slept: list[float] = []

    def client(self, token: str | None = TOKEN, **more) -> GitHub:
        credential = None if token is None else Secret(token)
        return GitHub(
            self.instance, credential, OUT, **{"clock": lambda: self.now, "sleep": self.slept.append, **more}
        )

    @property
    def asked(self) -> list[str]:
        """Method and path of each request, below /api/v3."""
        lines = [request.split(b"\r\n", 1)[0].decode() for request in self.server.requests]
        return [line.removesuffix(" HTTP/1.1").replace("/api/v3", "", 1) for line in lines]


@contextlib.contextmanager
def github(*answers: bytes) -> Iterator[Scripted]:
    """Each request gets the next answer; the last one is repeated. `{url}` in an answer becomes the server's."""
    left = list(answers)

    def reply(connection, _request) -> None:
        text = left.pop(0) if len(left) > 1 else left[0]
        connection.sendall(text.replace(b"{url}", server.url.encode()))

    with serving(reply) as server:
        yield Scripted(server)
