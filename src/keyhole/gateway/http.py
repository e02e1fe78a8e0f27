"""What a request and an answer are, for every surface of the gateway."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keyhole.core.canonical import Target
from keyhole.gateway.body import Body

if TYPE_CHECKING:  # the sandbox reads git with this surface's tools, and has no database
    from keyhole.tokens.authority import Held

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request whose target and headers are canonical. Cookies and override headers are not in it."""

    method: str
    """As on the wire; no header or field can change it."""
    target: Target
    headers: Headers
    """Names in lower case, in the order they came."""
    address: str
    """Address of the client; what a proxy says about it counts only if that proxy is configured."""
    body: Body
    raw_target: bytes = b""
    """Path and query as they came, for the record."""

    def header(self, name: str) -> str:
        """Value of a header, several joined by commas (RFC 9110, 5.3); empty when absent."""
        wanted = name.lower().encode()
        return ", ".join(value.decode("latin-1") for key, value in self.headers if key == wanted)

    @property
    def agent(self) -> str:
        """What the client calls itself, for the record only."""
        return self.header("user-agent")[:200]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Headers that every answer has (ids, caching, sniffing) are added when it is sent."""

    status: int
    body: bytes | AsyncIterator[bytes] = b""
    """A stream is closed whatever happens to the client, so that what feeds it can be ended."""
    headers: tuple[tuple[str, str], ...] = ()
    explain: str = ""
    """Id of the audit entry that explains it; empty when nothing was decided."""
    held: Held | None = None
    """The token a stream was allowed by: the stream is cut once that token is no longer valid."""


def json_response(
    value: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = (), explain: str = ""
) -> Response:
    """An answer in JSON, as GitHub labels it."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(status, body, (("Content-Type", "application/json; charset=utf-8"), *headers), explain)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a client may take. One place, so that the documents can quote it."""

    json_body: int = 64 * 1024 * 1024
    """Bytes of a REST body: GitHub's largest is a blob of 40 MB in base64."""
    fetch_request: int = 10 * 1024 * 1024
    """Bytes of what a fetch asks for, inflated; git's own server has the same limit."""
    commands: int = 4 * 1024 * 1024
    """Bytes of a push before its pack."""
    refs: int = 2000
    """Refs moved by one push."""
    pack: int = 8 * 1024 * 1024 * 1024
    """Bytes of one pushed pack, inflated."""
    git_children: int = 16
    """git transfers at the same time."""
    git_queue: int = 64
    """Transfers that wait for one to end; more are told to come back."""
    git_wait: float = 30.0
    """Seconds that one waits."""
    calls: int = 16
    """Threads for look-ups, decisions and records."""
    calls_queue: int = 512
    """Calls that wait for a thread."""


LIMITS = Limits()
