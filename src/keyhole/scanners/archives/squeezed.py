"""Files compressed by gzip (RFC 1952), bzip2 and xz: one content, of any number of streams one behind the other."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import Any

from keyhole.scanners.archives.budget import Budget, NotOpened, Over, Raw

_CHUNK = 1 << 20
_MEMORY = 64 << 20
"""What the dictionary of xz may take."""


def gzip(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of a gzip file."""
    yield from _content(content, budget, lambda: zlib.decompressobj(31))


def bzip2(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of a bzip2 file."""
    yield from _content(content, budget, bz2.BZ2Decompressor)


def xz(content: bytes, budget: Budget) -> Iterator[Raw]:
    """The content of an xz file."""
    yield from _content(content, budget, lambda: lzma.LZMADecompressor(memlimit=_MEMORY))


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
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError):
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
