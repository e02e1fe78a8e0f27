"""Bodies that a client compressed: one gzip member, counted in inflated bytes, never more in memory than a chunk."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

from keyhole.core.errors import MalformedRequest
from keyhole.gateway.errors import PayloadTooLarge, UnsupportedMediaType
from keyhole.gateway.http import HttpRequest

_STEP = 1 << 16


async def inflated(http: HttpRequest, limit: int) -> AsyncIterator[bytes]:
    """The body's bytes, at most `limit` of them after inflating.

    Raises PayloadTooLarge beyond, UnsupportedMediaType for any Content-Encoding but one `gzip`, MalformedRequest
    for one that is broken, cut, or followed by more.
    """
    encoding = http.header("content-encoding").lower()
    if encoding not in ("", "gzip", "x-gzip"):
        raise UnsupportedMediaType("The only Content-Encoding is gzip.")
    pieces = http.body.chunks() if not encoding else _unzip(http.body.chunks())
    total = 0
    async for piece in pieces:
        total += len(piece)
        if total > limit:
            raise PayloadTooLarge(f"The request is larger than {limit} bytes.")
        yield piece


async def _unzip(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    inflater = zlib.decompressobj(wbits=31)
    async for chunk in chunks:
        rest, piece = chunk, b""
        # A full step may leave bytes inside zlib even when all of the input is used up.
        while rest or len(piece) == _STEP:
            try:
                piece = inflater.decompress(rest, _STEP)
            except zlib.error:
                raise MalformedRequest("The body is not gzip.") from None
            if inflater.unused_data:
                raise MalformedRequest("The body is gzip followed by something else.")
            rest = inflater.unconsumed_tail
            if piece:
                yield piece
    if not inflater.eof:
        raise MalformedRequest("The gzip body ends too early.")
