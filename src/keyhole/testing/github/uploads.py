"""Bodies of requests, read whole and bounded."""

from __future__ import annotations

from aiohttp import web


async def whole(request: web.BaseRequest, largest: int) -> bytes:
    """The body; raises HTTPRequestEntityTooLarge beyond `largest` bytes."""
    parts, size = [], 0
    async for chunk in request.content.iter_chunked(1 << 16):
        size += len(chunk)
        if size > largest:
            raise web.HTTPRequestEntityTooLarge(largest, size)
        parts.append(chunk)
    return b"".join(parts)
