"""Tar files: POSIX (pax), GNU, and what there was before. Read here, as Python's own reader can be made to turn in
circles.

Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Interchange Format"; GNU tar manual, "Basic Tar Format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from keyhole.scanners.archives.budget import Budget, NotOpened, Raw

_BLOCK = 512
_SIZE, _CHECKSUM, _KIND, _FORMAT = slice(124, 136), slice(148, 156), 156, slice(257, 263)
_POSIX = b"ustar\0"
_OCTAL = b"01234567"
_FILE = frozenset(b"\x0007S")
_NO_CONTENT = frozenset(b"123456")
"""Links, devices, folders and pipes. A kind that is in neither is a file, says POSIX."""
_SPARSE, _LONG_NAME, _PAX = ord("S"), ord("L"), frozenset(b"xX")
_OF_THE_NEXT = frozenset(b"Kg")
"""The name that a link leads to, and what holds for all: they stand between a file's own headers."""
_MORE_IN_HEADER, _MORE_IN_MAP = 482, 504
_BASE_256 = 0x80
_LONGEST_LENGTH = 12
_RECORDS_PER_MEMBER = 100
"""More of them cost as much as another file: a header may have millions."""
_NOT_ZERO = re.compile(rb"[^\0]")
_EARLY, _DAMAGED = "a tar file that ends too early", "a damaged tar file"


class _Entry(NamedTuple):
    """What a header says of what follows it."""

    kind: int
    start: int
    length: int


def is_header(content: bytes, at: int = 0) -> bool:
    """Whether a member of a tar file begins here, by its checksum. Some programs took bytes for signed numbers."""
    header = content[at : at + _BLOCK]
    said = header[_CHECKSUM]
    digits = said.strip(b" \0")
    if len(header) < _BLOCK or not digits or digits.strip(_OCTAL):
        return False
    over = sum(header) - sum(said) + len(said) * ord(" ") - int(digits, 8)
    return over == 0 or over == sum(byte >> 7 for byte in header) * 256


def members(content: bytes, budget: Budget) -> Iterator[Raw]:
    """Every file, also of another tar file behind this one. Links, folders and devices are nothing to read."""
    position, name, size = 0, b"", -1
    while (at := _filled(content, position)) >= 0:
        if problem := _problem(content, at, ended=at > position):
            yield NotOpened(problem)
            return
        budget.member()
        kind, start, length = _entry(content, at, size)
        if length < 0:
            yield NotOpened(_DAMAGED)
            return
        body = content[start : start + length]
        position = min(start + -(-length // _BLOCK) * _BLOCK, len(content))
        if kind == _LONG_NAME:
            name = body.rstrip(b"\0")
        elif kind in _PAX:
            name, size, whole = _pax(body, name, budget)
            if not whole:
                yield NotOpened(_DAMAGED)
        elif kind not in _OF_THE_NEXT:
            if body or kind in _FILE:
                yield name or _name(content[at : at + _BLOCK]), body
            name, size = b"", -1
        if len(body) < length:
            yield NotOpened(_EARLY)
            return


def _problem(content: bytes, at: int, *, ended: bool) -> str:
    """Why there is no member here, after what has `ended` a tar file or not; empty if there may be one."""
    if ended and not is_header(content, at):
        return "what follows a tar file is not of its kind"
    return _EARLY if at + _BLOCK > len(content) else ""


def _filled(content: bytes, position: int) -> int:
    """The next block that is not empty; -1 if there is none."""
    found = _NOT_ZERO.search(content, position)
    return position + (found.start() - position) // _BLOCK * _BLOCK if found is not None else -1


def _entry(content: bytes, at: int, size: int) -> _Entry:
    """What the header here says, but for the `size` that one before it had for this file."""
    header = content[at : at + _BLOCK]
    kind, start, length = header[_KIND], at + _BLOCK, _number(header[_SIZE])
    if size >= 0 and kind != _LONG_NAME and kind not in _PAX | _OF_THE_NEXT:
        length = size
    if kind == _SPARSE and header[_FORMAT] != _POSIX and header[_MORE_IN_HEADER]:
        start = _behind_map(content, start)
    # Some wrote the size of what a link leads to, and nothing of that; pax can write it, too.
    if length > 0 and kind in _NO_CONTENT and is_header(content, start):
        length = 0
    return _Entry(kind, start, length)


def _behind_map(content: bytes, start: int) -> int:
    """Where the blocks end that say where the parts of a file with holes were."""
    while start + _BLOCK <= len(content):
        start += _BLOCK
        if not content[start - _BLOCK + _MORE_IN_MAP]:
            break
    return start


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[_FORMAT] == _POSIX else b""
    return prefix + b"/" + name if prefix else name


def _number(field: bytes) -> int:
    """A size: octal digits, or of large ones the bytes themselves; -1 for anything else."""
    if field[0] & _BASE_256:
        return int.from_bytes(field[1:], "big") if field[0] == _BASE_256 else -1
    digits = field.strip(b" \0")
    return int(digits or b"0", 8) if not digits.strip(_OCTAL) else -1


def _pax(body: bytes, name: bytes, budget: Budget) -> tuple[bytes, int, bool]:
    """Name and size that the next file has instead of those in its own header, -1 if it keeps its size; and whether
    all of it could be understood.
    """
    size, at, count = -1, 0, 0
    while at < len(body):
        digits, blank, _ = body[at : at + _LONGEST_LENGTH].partition(b" ")
        end = at + int(digits) if blank and digits.isdigit() else 0
        # A value may have line breaks, and what looks like another record.
        key, equals, value = body[at + len(digits) + 1 : max(end - 1, 0)].partition(b"=")
        if not equals or body[end - 1 : end] != b"\n":
            return name, size, False
        if key == b"path":
            name = value
        elif key == b"size" and value.isdigit() and len(value) < 16:
            size = int(value)
        at, count = end, count + 1
        if count % _RECORDS_PER_MEMBER == 0:
            budget.member()
    return name, size, True
