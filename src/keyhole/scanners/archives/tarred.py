"""Tar files: POSIX (pax) and GNU. Read here, as Python's own reader can be made to turn in circles.

Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

from collections.abc import Iterator

from keyhole.scanners.archives.budget import Budget, NotOpened, Raw

_BLOCK = 512
_FILE = frozenset(map(ord, "\x0007S"))
_LONG_NAME, _PAX = ord("L"), ord("x")
_BASE_256 = 0x80


def members(content: bytes, budget: Budget) -> Iterator[Raw]:
    """Every file. Links, folders and devices are nothing to read."""
    position, name, size = 0, b"", -1
    while position + _BLOCK <= len(content):
        header = content[position : position + _BLOCK]
        if not header.strip(b"\0"):
            return
        budget.member()
        length = _number(header[124:136])
        if length < 0:
            yield NotOpened("a damaged tar file")
            return
        kind = header[156]
        if size >= 0 and kind in _FILE:
            length = size
        start = position + _BLOCK
        body = content[start : start + length]
        position = start + -(-length // _BLOCK) * _BLOCK
        if kind == _LONG_NAME:
            name = body.rstrip(b"\0")
            continue
        if kind == _PAX:
            name, size = _pax(body, name)
            continue
        if kind in _FILE:
            yield name or _name(header), body
            if len(body) < length:
                yield NotOpened("a tar file that ends too early")
        name, size = b"", -1


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _number(field: bytes) -> int:
    """A size: octal digits, or of large ones the bytes themselves; -1 for anything else."""
    if field[0] & _BASE_256:
        return int.from_bytes(field[1:], "big") if field[0] == _BASE_256 else -1
    digits = field.strip(b" \0")
    return int(digits or b"0", 8) if not digits.strip(b"01234567") else -1


def _pax(body: bytes, name: bytes) -> tuple[bytes, int]:
    """Name and size that the next file has instead of those in its own header; -1 if it keeps its size."""
    size = -1
    for line in body.split(b"\n"):
        key, _, value = line.partition(b" ")[2].partition(b"=")
        if key == b"path":
            name = value
        elif key == b"size" and value.isdigit() and len(value) < 16:
            size = int(value)
    return name, size
