"""ZIP files, and so jar, whl, docx, xlsx, apk and all others that are ZIP inside."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from keyhole.scanners.archives.budget import Budget, NotOpened, Over, Raw

_ENTRY = b"PK\1\2"
_ENCRYPTED = 1
# Not LZMA: its dictionary is as large as the file says, which may be 4 GiB.
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2})
_PROBLEMS = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ValueError, RuntimeError)
_CHUNK = 1 << 20


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
        if not entry.is_dir():
            yield from _member(archive, entry, budget)


def _member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, budget: Budget) -> Iterator[Raw]:
    name = entry.filename.encode("utf-8", "surrogateescape")
    if entry.flag_bits & _ENCRYPTED:
        yield NotOpened("an encrypted file in a ZIP file")
        return
    if entry.compress_type not in _METHODS:
        yield NotOpened("a file in a ZIP file that is compressed in a way that is not read")
        return
    parts: list[bytes] = []
    try:
        with archive.open(entry) as file:
            while part := file.read(min(_CHUNK, budget.allowance)):
                budget.take(len(part))
                parts.append(part)
    except Over:
        yield name, b"".join(parts)
        raise
    except (*_PROBLEMS, NotImplementedError):
        yield NotOpened("a damaged file in a ZIP file")
    yield name, b"".join(parts)
