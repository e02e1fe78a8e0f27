"""Faults on demand: the next requests that match are answered badly, or not at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web

_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to "
    "GitHub Support for help, please include the request ID."
)
_DOC = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong."""

    kind: str
    """`answer`, `stall`, `reset` or `truncate`."""
    path: str = ""
    """Only requests whose path holds this text; empty is any."""
    method: str = ""
    """Only requests with this method; empty is any."""
    times: int = 1
    """How many requests more; below zero is for ever."""
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    """How long a stalled request waits before it is answered as usual."""

    def matches(self, method: str, path: str) -> bool:
        """Whether it is for this request."""
        return self.times != 0 and self.path in path and self.method in {"", method}


class Faults:
    """What goes wrong from now on. Each method takes `path`, `method` and `times` to narrow it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._released = threading.Event()

    def status(
        self, status: int, *, path: str = "", method: str = "", times: int = 1, message: str = "Server Error"
    ) -> None:
        """Answer with this status and GitHub's shape of an error."""
        self._add(Fault("answer", path, method, times, status, {}, _error(message)))

    def down(self, *, times: int = -1) -> None:
        """GitHub's page of a whole outage, until `clear()`: 503 and no JSON."""
        page = "<html><body><h1>Unicorn!</h1><p>No server is currently available.</p></body></html>"
        self._add(Fault("answer", "", "", times, 503, {"Content-Type": "text/html"}, page))

    def rate_limit(self, *, resets_at: int, path: str = "", times: int = 1, status: int = 403) -> None:
        """The hour's requests are used up; `resets_at` is in seconds since 1970."""
        headers = {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Used": "5000",
            "X-RateLimit-Reset": str(resets_at),
            "X-RateLimit-Resource": "core",
        }
        self._add(
            Fault(
                "answer", path, "", times, status, headers, _error("API rate limit exceeded for user ID 1.")
            )
        )

    def secondary_rate_limit(
        self, *, retry_after: int | None = 60, path: str = "", times: int = 1, status: int = 403
    ) -> None:
        """Too much at once; `retry_after` in seconds, None sends no such header."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        self._add(Fault("answer", path, "", times, status, headers, _error(_SECONDARY)))

    def redirect(self, location: str, *, status: int = 302, path: str = "", times: int = 1) -> None:
        """Send the client somewhere else, another host for example."""
        self._add(Fault("answer", path, "", times, status, {"Location": location}, _error("Moved")))

    def stall(self, seconds: float, *, path: str = "", times: int = 1) -> None:
        """Say nothing for so long, or until `clear()`; then answer as usual."""
        self._add(Fault("stall", path, "", times, seconds=seconds))

    def reset(self, *, path: str = "", times: int = 1) -> None:
        """Break the connection without an answer."""
        self._add(Fault("reset", path, "", times))

    def truncate(self, *, path: str = "", times: int = 1) -> None:
        """Announce an answer, send half of it, break the connection."""
        self._add(Fault("truncate", path, "", times))

    def clear(self) -> None:
        """Nothing goes wrong any more; what is stalled goes on."""
        with self._lock:
            self._faults.clear()
            self._released.set()
            self._released = threading.Event()

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The fault for this request, if any; it is used up by it."""
        with self._lock:
            for fault in self._faults:
                if fault.matches(method, path):
                    fault.times -= 1
                    return fault
        return None

    async def wait(self, fault: Fault) -> None:
        """Until a stall is over."""
        await asyncio.to_thread(self._released.wait, fault.seconds)


async def play(fault: Fault, request: web.BaseRequest) -> web.StreamResponse:
    """Go wrong: everything but a stall."""
    transport = request.transport
    if fault.kind == "answer":
        headers = {"Content-Type": "application/json; charset=utf-8", **fault.headers}
        response: web.StreamResponse = web.Response(
            status=fault.status, body=fault.body.encode(), headers=headers
        )
        await response.prepare(request)
        await response.write_eof()
        return response
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4096"})
    if fault.kind == "truncate":
        await response.prepare(request)
        await response.write(b'[{"id": 1, "name": "')
    if transport is not None:
        transport.abort()
    return response


def _error(message: str) -> str:
    return f'{{"message":"{message}","documentation_url":"{_DOC}"}}'
