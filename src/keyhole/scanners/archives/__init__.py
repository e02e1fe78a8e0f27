"""Archives and compressed files, opened in memory: nothing is ever written, and no name in one is ever a path of ours.

Each kind is a module that yields its members as (name, content) while it reads, and takes every byte from one budget,
so that it makes no difference how a bomb is built: deep, wide, overlapping or of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keyhole.scanners.archives.budget import Budget, Member, NotOpened, Over, Raw
from keyhole.scanners.limits import Limits

_TAR_MARK = slice(257, 262)
_LONGEST_NAME = 1024
_OPENED = {
    b"PK\3\4": "zip",
    b"PK\5\6": "zip",
    b"\x1f\x8b\x08": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
}
_UNKNOWN = {
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "compress",
    b"!<arch>\n": "ar",
}
BEGINNINGS = frozenset(mark[:2] for mark in (*_OPENED, *_UNKNOWN))
"""The first two bytes of everything that may be an archive, but for tar, which has its mark elsewhere."""


def is_archive(content: bytes) -> bool:
    """Whether it begins like an archive or compressed file that is opened, or that people should know is not."""
    return (
        content[:2] in BEGINNINGS and (_kind(content, _OPENED) or _kind(content, _UNKNOWN)) != ""
    ) or _is_tar(content)


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
        yield Member(b"!".join(filter(None, below)), inner)


def _members(content: bytes, budget: Budget) -> Iterator[Raw]:
    kind = "tar" if _is_tar(content) else _kind(content, _OPENED)
    if not kind:
        return iter(())
    # Imported where there is an archive: that takes longer than reading a small repository without one.
    from keyhole.scanners.archives import squeezed, tarred, zipped  # noqa: PLC0415

    openers = {
        "tar": tarred.members,
        "zip": zipped.members,
        "gzip": squeezed.gzip,
        "bzip2": squeezed.bzip2,
        "xz": squeezed.xz,
        "zstandard": squeezed.zstandard,
    }
    return openers[kind](content, budget)


def _kind(content: bytes, marks: Mapping[bytes, str]) -> str:
    return next((kind for mark, kind in marks.items() if content.startswith(mark)), "")


def _is_tar(content: bytes) -> bool:
    return content[_TAR_MARK] == b"ustar"
