"""The body of a request: read once, in order, under limits of size and of patience."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from keyhole.core.errors import MalformedRequest
from keyhole.gateway.errors import PayloadTooLarge, RequestTimeout

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

PATIENCE = 10.0
"""Seconds without a byte after which a client is given up, and head start for its average rate."""
SLOWEST = 1024
"""Bytes per second a client must send on average: dribbling must not hold a place for hours."""


class ClientGone(Exception):
    """The client closed the connection before its request, or our answer, was complete."""


class Body:
    """What the client sends after the headers. Not kept: whoever needs it twice must store it."""

    def __init__(self, receive: Receive, declared: int | None = None) -> None:
        self._receive = receive
        self._declared = declared
        self._seen = 0
        self._waited = 0.0
        self.patience = PATIENCE
        """Seconds without a byte; more is right only for a client that has shown a token."""
        self.finished = asyncio.Event()
        """Set once the last byte has been read."""

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes as they arrive. Raises ClientGone, RequestTimeout, or MalformedRequest for a wrong length."""
        while not self.finished.is_set():
            message = await self._next()
            if message["type"] != "http.request":
                raise ClientGone
            chunk = bytes(message.get("body", b""))
            self._seen += len(chunk)
            if not message.get("more_body", False):
                self.finished.set()
            if self.finished.is_set() and self._declared is not None and self._seen != self._declared:
                raise MalformedRequest("The body is not as long as Content-Length says.")
            if chunk:
                yield chunk

    async def read(self, limit: int) -> bytes:
        """The whole body, at most `limit` bytes; PayloadTooLarge beyond."""
        if self._declared is not None and self._declared > limit:
            raise PayloadTooLarge(f"The body is larger than {limit} bytes.")
        whole = bytearray()
        async for chunk in self.chunks():
            whole += chunk
            if len(whole) > limit:
                raise PayloadTooLarge(f"The body is larger than {limit} bytes.")
        return bytes(whole)

    async def gone(self) -> None:
        """Returns when the client has closed the connection. Only once the body has been read to its end."""
        while (await self._receive())["type"] == "http.request":
            pass

    async def _next(self) -> MutableMapping[str, Any]:
        started = time.monotonic()
        allowed = self.patience + self._seen / SLOWEST - self._waited
        try:
            if allowed <= 0:
                raise TimeoutError
            return await asyncio.wait_for(self._receive(), min(self.patience, allowed))
        except TimeoutError:
            raise RequestTimeout("The request did not arrive in time.") from None
        finally:
            self._waited += time.monotonic() - started
