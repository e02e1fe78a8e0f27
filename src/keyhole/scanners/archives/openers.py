"""How each kind of archive is opened. Imported where there is one: that takes longer than reading a small project."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from keyhole.scanners.archives import squeezed, tarred, zipped
from keyhole.scanners.archives.budget import Budget, Raw

OPENERS: Mapping[str, Callable[[bytes, Budget], Iterator[Raw]]] = {
    "tar": tarred.members,
    "zip": zipped.members,
    "gzip": squeezed.gzip,
    "bzip2": squeezed.bzip2,
    "xz": squeezed.xz,
    "LZMA": squeezed.lzma_alone,
    "zstandard": squeezed.zstandard,
}
