"""Archives of advisories, as OSV publishes one for each ecosystem: read in memory, within limits, never unpacked.

Layout: https://google.github.io/osv.dev/data/#data-dumps.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from keyhole.core.errors import InvalidInput
from keyhole.scanners.dependencies.osv import Advisory, parse
from keyhole.scanners.dependencies.package import Malformed

LARGEST_RECORD = 16 << 20
MOST_RECORDS = 2_000_000
LARGEST_ALTOGETHER = 16 << 30
LARGEST_RATIO = 200
"""Limits on what one archive may hold: a bomb is refused, and npm's quarter of a million records are not."""
_SMALL = 64 << 10
"""Bytes below which the ratio says nothing: a small record of one repeated word is no bomb."""
_SUFFIX = ".json"
_HEAD = struct.Struct("<4s22xHH")
"""A member's own header, of which only the lengths of what follows it are needed: the directory has the rest."""
_LOCAL = b"PK\x03\x04"
_ENCRYPTED = 1

_DAMAGED = (
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    struct.error,
)

Wanted = Callable[[str], bool]


def _every(_identity: str) -> bool:
    return True


def records(name: str, source: IO[bytes], wanted: Wanted = _every) -> Iterator[Advisory]:
    """The advisories of an archive, but for those whose id is not wanted.

    InvalidInput, naming the archive, when it is not what OSV publishes.
    """
    try:
        with zipfile.ZipFile(source) as archive:
            members = [member for member in archive.infolist() if member.filename.endswith(_SUFFIX)]
            _check(name, members)
            for member in members:
                if wanted(identity_of(member)):
                    yield parse(_content(source, member))
    except Malformed as problem:
        raise InvalidInput(f"{name} holds something that is no advisory: {problem}.") from problem
    except _DAMAGED as problem:
        raise _no_archive(name) from problem


def ids(name: str, source: IO[bytes]) -> set[str]:
    """The ids of all advisories of an archive, by the names of its members. InvalidInput as with `records`."""
    try:
        with zipfile.ZipFile(source) as archive:
            return {identity_of(each) for each in archive.infolist() if each.filename.endswith(_SUFFIX)}
    except _DAMAGED as problem:
        raise _no_archive(name) from problem


def identity_of(member: zipfile.ZipInfo) -> str:
    """The id of the advisory in this member."""
    return member.filename.rpartition("/")[2].removesuffix(_SUFFIX)


def _check(name: str, members: list[zipfile.ZipInfo]) -> None:
    if (
        len(members) > MOST_RECORDS
        or sum(member.file_size for member in members) > LARGEST_ALTOGETHER
        or any(
            member.file_size > LARGEST_RECORD
            or member.file_size > max(_SMALL, member.compress_size * LARGEST_RATIO)
            for member in members
        )
    ):
        raise InvalidInput(f"{name} holds more than an archive of advisories does.")


def _content(source: IO[bytes], member: zipfile.ZipInfo) -> bytes:
    """What a member holds. `ZipFile.open` does the same, and takes five times as long for files as small as these."""
    source.seek(member.header_offset)
    head = source.read(_HEAD.size)
    if len(head) != _HEAD.size or not head.startswith(_LOCAL):
        raise zipfile.BadZipFile
    names = sum(_HEAD.unpack(head)[-2:])
    raw = source.read(names + member.compress_size)[names:]
    if member.compress_type == zipfile.ZIP_DEFLATED:
        inflate = zlib.decompressobj(wbits=-15)
        content = inflate.decompress(raw, member.file_size + 1)
    elif member.compress_type == zipfile.ZIP_STORED:
        content = raw
    else:
        raise NotImplementedError
    if len(content) != member.file_size or zlib.crc32(content) != member.CRC or member.flag_bits & _ENCRYPTED:
        raise zipfile.BadZipFile
    return content


def _no_archive(name: str) -> InvalidInput:
    return InvalidInput(
        f"{name} is not an archive of advisories.",
        hint="Give the all.zip of an ecosystem, as OSV publishes it.",
    )
