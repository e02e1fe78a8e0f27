"""Files compressed by gzip (RFC 1952), bzip2, xz and Zstandard (RFC 8878): one content, of any number of streams one
behind the other.
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


def zstandard(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of a Zstandard file."""
    yield from _content(content, budget, lambda: zstd.ZstdDecompressor(options=_WINDOW))


def _content(content: bytes, budget: Budget, decompressor: Callable[[], Any]) -> Iterator[Raw]:
    budget.member()
    parts: list[bytes] = []
    problem = ""
    while content and not problem:
        stream = decompressor()
        try:
            parts.extend(inflated(stream, content, budget))  # keeps what came before an error
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
        content = stream.unused_data.lstrip(b"\0")
    yield b"", b"".join(parts)
    if problem:
        yield NotOpened(problem)


def inflated(stream: Any, content: bytes, budget: Budget) -> Iterator[bytes]:
    """One stream, in parts, each taken from the budget."""
    while not stream.eof:
        part = stream.decompress(content, min(_CHUNK, budget.allowance))
        # zlib keeps what it has not looked at for the caller, the others keep it for themselves.
        content = getattr(stream, "unconsumed_tail", b"")
        if part:
            budget.take(len(part))
            yield part
        elif not content and (not hasattr(stream, "needs_input") or stream.needs_input):
            return
