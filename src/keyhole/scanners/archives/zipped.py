"""ZIP files, and so jar, whl, docx, xlsx, apk and all others that are ZIP inside."""

from __future__ import annotations

import bz2
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from keyhole.scanners.archives.budget import Budget, NotOpened, Over, Raw
from keyhole.scanners.archives.squeezed import Source, inflated

_ENTRY = b"PK\1\2"
_ENCRYPTED, _SIZES_BEHIND = 1, 8
_METHODS: Mapping[int, Callable[[], Any]] = {
    # Not LZMA: its dictionary is as large as the file says, which may be 4 GiB.
    zipfile.ZIP_DEFLATED: lambda: zlib.decompressobj(-15),
    zipfile.ZIP_BZIP2: bz2.BZ2Decompressor,
}
_LOCAL = struct.Struct("<4s2xH10xL4xHH")
"""The header before a file: mark, flags, stored bytes, how long its name is and what follows that."""
_LOCAL_MARK = b"PK\3\4"
_ELSEWHERE = 0xFFFFFFFF
_PROBLEMS = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(OSError, EOFError, ValueError, RuntimeError, OverflowError),
)
_DAMAGED = "a damaged file in a ZIP file"


def members(content: bytes, budget: Budget) -> Iterator[Raw]:
    """Every file. The list of files at the end decides; what it does not name is not part of the archive."""
    budget.members(content.count(_ENTRY))  # before each takes a kilobyte
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (*_PROBLEMS, NotImplementedError):
        yield NotOpened("a damaged ZIP file")
        return
    if archive.comment:
        yield b"", archive.comment
    for entry in archive.infolist():
        if not entry.is_dir() or entry.file_size or entry.compress_size:
            yield from _member(content, entry, budget)


def _member(content: bytes, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[Raw]:
    name = entry.filename.encode("utf-8", "surrogateescape")
    if entry.flag_bits & _ENCRYPTED:
        yield NotOpened("an encrypted file in a ZIP file")
        return
    if entry.compress_type != zipfile.ZIP_STORED and entry.compress_type not in _METHODS:
        yield NotOpened("a file in a ZIP file that is compressed in a way that is not read")
        return
    parts: list[bytes] = []
    whole = False
    try:
        stored, whole = _stored(content, entry)
        budget.read(len(stored))
        parts.extend(_taken(stored, entry, budget))  # keeps what came before an error
    except Over:
        yield name, b"".join(parts)
        raise
    except _PROBLEMS:
        whole = False
    text = b"".join(parts)
    if not whole or len(text) != entry.file_size or zlib.crc32(text) != entry.CRC:
        yield NotOpened(_DAMAGED)
    yield name, text


def _stored(content: bytes, entry: zipfile.ZipInfo) -> tuple[memoryview, bool]:
    """The bytes of a file as they are stored, and whether that is all that the header before them knows of."""
    mark, flags, size, name, extra = _LOCAL.unpack_from(content, entry.header_offset)
    if mark != _LOCAL_MARK:
        raise zipfile.BadZipFile
    start = entry.header_offset + _LOCAL.size + name + extra
    whole = flags & _SIZES_BEHIND or size == _ELSEWHERE or size <= entry.compress_size
    # Not copied, as many files of a list may be the same bytes.
    return memoryview(content)[start : start + entry.compress_size], bool(whole)


def _taken(stored: memoryview, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[bytes]:
    """The content, in parts, each taken from the budget: all there is, as the size in the list may be that of less."""
    if entry.compress_type == zipfile.ZIP_STORED:
        part = bytes(stored[: budget.allowance])
        yield part
        budget.take(len(part))
    elif len(stored) or entry.file_size:
        stream = _METHODS[entry.compress_type]()
        yield from inflated(stream, Source(stored), budget)
        if not stream.eof:
            raise EOFError
