"""A digest of the scanners themselves, with their rules: another version may say something else.

Reading two hundred files takes longer than all else that is done to start a scan, so the digest is kept, with what
changes whenever one of them is touched. Two that were put there at different times have the same digest all the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator

import keyhole
from keyhole.scanners.kept import Kept

_PREFIX = "code-"
_FOLDERS_KEPT = 4
_NOT_OURS = (".pyc", "github_permissions.json")
"""What no scanner depends on."""
_PARTS = ("scanners", "core")
_known: list[str] = []
"""The digest, once it is known."""


def code(kept: Kept) -> str:
    """The digest, in hexadecimal."""
    if not _known:
        _known.append(_recalled(kept))
    return _known[0]


def _recalled(kept: Kept) -> str:
    folder = os.path.dirname(os.path.abspath(keyhole.__file__))
    files = sorted(entry for part in _PARTS for entry in _files(os.path.join(folder, part)))
    touched = hashlib.sha256(repr(files).encode("utf-8", "surrogateescape")).hexdigest()
    name = _PREFIX + hashlib.sha256(os.fsencode(folder)).hexdigest()[:32]
    before, _, digest = (kept.read(name) or b"").decode("ascii", "replace").partition(" ")
    if before != touched:
        digest = _digest(folder, [path for path, *_ in files])
        if kept.write(name, f"{touched} {digest}".encode("ascii")):
            kept.only(_PREFIX, _FOLDERS_KEPT)
    return digest


def _files(folder: str) -> Iterator[tuple[str, int, int, int, int]]:
    """The path of each file below the folder, with what cannot all stay the same when it is touched."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif not entry.name.endswith(_NOT_OURS):
                status = entry.stat()
                # The time of its last change of any kind, too: unlike the other one it cannot be set.
                yield entry.path, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


def _digest(folder: str, files: list[str]) -> str:
    digest = hashlib.sha256()
    for file in files:
        with open(file, "rb", buffering=0) as opened:
            digest.update(f"{file.removeprefix(folder)}\0".encode() + opened.read() + b"\0")
    return digest.hexdigest()
