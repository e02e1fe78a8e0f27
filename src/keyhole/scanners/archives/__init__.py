"""Archives and compressed files, opened in memory: nothing is ever written, and no name in one is ever a path of ours.

Each kind is a module that yields its members as (name, content) while it reads, and takes every byte from one budget,
so that it makes no difference how a bomb is built: deep, wide, overlapping or of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keyhole.scanners.archives.budget import Budget, Member, NotOpened, Over, Raw
from keyhole.scanners.archives.tarred import is_header
from keyhole.scanners.limits import Limits

_TAR, _TAR_MARK = b"ustar", slice(257, 262)
_OLD_TAR = b"\0" * 5
"""What is there in tar files of before POSIX, which have no mark at all."""
_LONGEST_NAME = 1024
_ZIP_ENTRY, _ZIP_END, _ZIP64_LOCATOR = b"PK\1\2", b"PK\5\6", b"PK\6\7"
_ZIP_END_REACH = 22 + 0xFFFF  # the last record, and the longest comment in it
_ZIP64_LOCATOR_SIZE = 20
_UNKNOWN_SIZE, _LARGEST_SIZE = (1 << 64) - 1, 1 << 38
_OPENED = {
    b"PK\3\4": "zip",
    b"PK\5\6": "zip",
    # What programs write first that may divide a ZIP file into several: it is the first of them, or was not divided.
    b"PK\7\x08": "zip",
    b"PK00PK\3\4": "zip",
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    # Parts to be skipped, with which pzstd begins.
    **{bytes([low]) + b"\x2a\x4d\x18": "zstandard" for low in range(0x50, 0x60)},
}
_UNKNOWN = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "compress",
    b"!<arch>\n": "ar",
}
_NOT_OPENED = tuple(_UNKNOWN)
_PROGRAMS = (b"#!", b"\x7fELF", b"MZ")
"""What may stand before a ZIP file, which is found from its end: zipapps, executable jars, self-extracting ones."""
_LZMA = b"\x5d\0\0"
BEGINNINGS = frozenset(mark[:2] for mark in (*_OPENED, *_UNKNOWN, *_PROGRAMS, _LZMA))
"""The first two bytes of everything that may be an archive, but for tar, which has its mark elsewhere."""


def is_archive(content: bytes) -> bool:
    """Whether it is like an archive or compressed file that is opened, or that people should know is not."""
    mark = content[_TAR_MARK]
    return (
        mark == _TAR
        or (mark == _OLD_TAR and is_header(content))
        or (content[:2] in BEGINNINGS and (content.startswith(_NOT_OPENED) or _opened(content) != ""))
    )


def may_be_archive(beginning: bytes) -> bool:
    """Whether a file that begins so may be one: for what stands before a ZIP file, only its end tells."""
    return beginning.startswith(_PROGRAMS) or is_archive(beginning)


def unpacked(content: bytes, limits: Limits) -> Iterator[Member | NotOpened]:
    """Every file in an archive, in archives inside it too, and what was not looked into. Never raises."""
    budget = Budget(limits, len(content))
    try:
        yield from _unpacked(content, (), budget)
    except Over as problem:
        yield NotOpened(str(problem), is_limit=True)


def _unpacked(content: bytes, names: tuple[bytes, ...], budget: Budget) -> Iterator[Member | NotOpened]:
    if kind := _kind(content, _UNKNOWN):
        yield NotOpened(f"an archive of a kind that is not opened ({kind})")
        return
    budget.enter(len(names))
    for member in _members(content, budget):
        if isinstance(member, NotOpened):
            yield member
            continue
        name, inner = member
        below = (*names, name[:_LONGEST_NAME])
        if is_archive(inner):
            yield from _unpacked(inner, below, budget)
        yield Member(b"!".join(filter(None, below)), inner, len(below))


def _members(content: bytes, budget: Budget) -> Iterator[Raw]:
    kind = "tar" if content[_TAR_MARK] == _TAR else _opened(content) or ("tar" if is_header(content) else "")
    if not kind:
        return iter(())
    from keyhole.scanners.archives.openers import OPENERS  # noqa: PLC0415  # see there

    return OPENERS[kind](content, budget)


def ends_as_zip(content: bytes) -> bool:
    """Whether a ZIP file ends here, by the last record that says so and the list of files before it."""
    reach = max(0, len(content) - _ZIP_END_REACH)
    # Each script of a history is asked. A record has zeros, which a script has not, and one byte is found fast.
    if content.find(b"\0", reach) < 0:
        return False
    place = content.rfind(_ZIP_END, reach)
    if place < 0:
        return False
    # Programs that read ZIP files hold these four bytes, too.
    size = int.from_bytes(content[place + 12 : place + 16], "little")
    return content.startswith(_ZIP_ENTRY, max(0, place - size)) or content.startswith(
        _ZIP64_LOCATOR, max(0, place - _ZIP64_LOCATOR_SIZE)
    )


def _opened(content: bytes) -> str:
    """The kind of it that is opened; empty for all else."""
    if content.startswith(_PROGRAMS):
        return "zip" if ends_as_zip(content) else ""
    if kind := _kind(content, _OPENED):
        return kind
    return "LZMA" if content.startswith(_LZMA) and _is_lzma(content) else ""


def _is_lzma(content: bytes) -> bool:
    """Whether the header of LZMA without a container is as programs write it: it has no mark of its own."""
    window = int.from_bytes(content[1:5], "little")
    size = int.from_bytes(content[5:13], "little")
    lowest = window & -window
    return (
        window > 0
        and window in {lowest, 3 * lowest}  # 2^n, or 2^n + 2^(n-1)
        and (size == _UNKNOWN_SIZE or size < _LARGEST_SIZE)
        and content[13:14] == b"\0"  # what the coder begins with
    )


def _kind(content: bytes, marks: Mapping[bytes, str]) -> str:
    return next((kind for mark, kind in marks.items() if content.startswith(mark)), "")
