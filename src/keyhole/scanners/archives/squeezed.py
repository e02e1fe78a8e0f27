"""Files compressed by gzip (RFC 1952), bzip2, xz, LZMA alone and Zstandard (RFC 8878): one content, of any number of
streams one behind the other.
"""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from keyhole.scanners.archives.budget import Budget, NotOpened, Over, Raw

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_CHUNK = 1 << 20
_PIECE = 1 << 16
_MEMORY = 68 << 20
"""What the dictionary of xz may take, and all around it. The largest of its usual settings needs 65 MiB."""
_WINDOW: dict[int, int] = {zstd.DecompressionParameter.window_log_max: 26}
"""The same for Zstandard, 64 MiB, as a power of two."""
_TOO_MUCH = ("Memory usage limit exceeded", "requires too much memory")
"""What the libraries of xz and of Zstandard call it when a file asks for more; neither has a number for it."""
_NEEDS_MORE = "a compressed file that needs more than 64 MiB of memory was not read"
_PROBLEMS = (zlib.error, OSError, lzma.LZMAError, zstd.ZstdError, EOFError, ValueError)


def gzip(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of a gzip file."""
    yield from _content(content, budget, lambda: zlib.decompressobj(31))


def bzip2(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of a bzip2 file."""
    yield from _content(content, budget, bz2.BZ2Decompressor)


def xz(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of an xz file."""
    yield from _content(content, budget, lambda: lzma.LZMADecompressor(memlimit=_MEMORY))


def lzma_alone(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of a file of LZMA without a container, as programs wrote it before there was xz."""
    yield from _content(content, budget, lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY))


def zstandard(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of a Zstandard file."""
    yield from _content(content, budget, lambda: zstd.ZstdDecompressor(options=_WINDOW))


class Source:
    """What is compressed, given out piece by piece: a stream may be short, and many may follow."""

    def __init__(self, content: bytes | memoryview) -> None:
        self._content = memoryview(content)
        self._at = 0

    def more(self) -> bytes:
        """The next piece; empty at the end."""
        piece = bytes(self._content[self._at : self._at + _PIECE])
        self._at += len(piece)
        return piece

    def give_back(self, size: int) -> None:
        """So many bytes were not of the stream that took them."""
        self._at -= size

    def skip_zeros(self) -> bool:
        """Goes behind what fills up a block of a tape; whether anything is left."""
        while piece := self.more():
            if left := piece.lstrip(b"\0"):
                self.give_back(len(left))
                return True
        return False


def _content(content: bytes, budget: Budget, decompressor: Callable[[], Any]) -> Iterator[Raw]:
    source = Source(content)
    parts: list[bytes] = []
    problem = ""
    while not problem:
        stream = decompressor()
        try:
            budget.member()  # each, as there may be millions of empty ones
            parts.extend(inflated(stream, source, budget))  # keeps what came before an error
        except Over:
            yield b"", b"".join(parts)
            raise
        except _PROBLEMS as error:
            if any(words in str(error) for words in _TOO_MUCH):
                yield b"", b"".join(parts)
                yield NotOpened(_NEEDS_MORE, is_limit=True)
                return
            problem = (
                "what follows a compressed file is not of its kind" if parts else "a damaged compressed file"
            )
        else:
            if not stream.eof:
                problem = "a compressed file that ends too early"
            elif not source.skip_zeros():
                break
    yield b"", b"".join(parts)
    if problem:
        yield NotOpened(problem)


def inflated(stream: Any, source: Source, budget: Budget) -> Iterator[bytes]:
    """One stream, in parts, each taken from the budget."""
    content = b""
    while not stream.eof:
        if not content and getattr(stream, "needs_input", True):
            content = source.more()
            if not content:
                return
        part = stream.decompress(content, min(_CHUNK, budget.allowance))
        # zlib keeps what it has not looked at for the caller, the others keep it for themselves.
        content = getattr(stream, "unconsumed_tail", b"")
        if part:
            budget.take(len(part))
            yield part
    source.give_back(len(stream.unused_data))
