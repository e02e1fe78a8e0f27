"""What is inside a backup: a manifest, and the files that it names with their sizes and hashes. Files and no Django.

The format, which old backups depend on: a gzipped tar whose first member is `manifest.json`; members are plain files
without folders, and only those whose names are known here.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from keyhole.core.errors import InvalidInput

MANIFEST = "manifest.json"
DATABASE = "keyhole.sqlite3"
KEYS = "vault.keys"
HEAD = "audit.head"
REVOKED = "revoked.log"
FORGOTTEN = "forgotten.log"
FORMAT = 1
_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}\.secret")
_KNOWN = frozenset({DATABASE, KEYS, HEAD, REVOKED, FORGOTTEN})
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Held:
    """One file of a backup."""

    name: str
    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    version: str
    """Of the Keyhole that made it."""
    made_at: str
    """ISO 8601, UTC."""
    url: str
    """Address of that Keyhole, so that people recognise it."""
    schema: Mapping[str, str]
    """The last migration of each room."""
    with_keys: bool
    """Whether the keys of the vault are in it."""
    records: int
    """Audit records in it."""
    files: tuple[Held, ...]
    format: int = FORMAT

    def names(self) -> frozenset[str]:
        """The names of its files."""
        return frozenset(held.name for held in self.files)


def known(name: str) -> bool:
    """Whether a file of this name belongs into a backup."""
    return name in _KNOWN or _NAME.fullmatch(name) is not None


def hash_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def held(path: Path) -> Held:
    """A file as the manifest names it."""
    return Held(path.name, path.stat().st_size, hash_of(path))


def pack(folder: Path, manifest: Manifest, target: Path) -> None:
    """Write the manifest and its files, which lie in the folder, into a new archive."""
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    with tarfile.open(target, "x:gz", compresslevel=3, format=tarfile.PAX_FORMAT) as tar:
        for name in (MANIFEST, *(held.name for held in manifest.files)):
            tar.add(folder / name, arcname=name, recursive=False, filter=_anonymous)


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def unpack(archive: Path, folder: Path) -> Manifest:
    """Unpack into an empty folder, and check every hash. InvalidInput when anything is not as the manifest says.

    Only plain files with known names are taken, so that an archive can put nothing elsewhere.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            manifest = _manifest(tar)
            left = {held.name: held for held in manifest.files}
            while (member := tar.next()) is not None:
                expected = left.pop(member.name, None)
                if expected is None or not member.isreg() or member.size != expected.size:
                    raise _not_ours(f"it holds {member.name[:80]!r}, which its manifest does not")
                _extract(tar, member, folder / expected.name, expected)
    except (tarfile.TarError, EOFError, OSError, UnicodeError) as problem:
        if isinstance(problem, OSError) and problem.errno is not None:
            raise
        raise _not_ours("it cannot be unpacked") from problem
    if left:
        raise _not_ours(f"it lacks {', '.join(sorted(left))}")
    return manifest


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or not first.isreg() or first.size > _LARGEST_MANIFEST:
        raise _not_ours("it does not begin with a manifest")
    try:
        return _understood(json.loads(_opened(tar, first).read()))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as problem:
        raise _not_ours("its manifest is not understood") from problem


def _understood(raw: dict[str, Any]) -> Manifest:
    if raw["format"] != FORMAT:
        raise InvalidInput(
            f"This backup has format {str(raw['format'])[:20]}, and this Keyhole knows format {FORMAT}.",
            hint=f"Restore it with the Keyhole that made it ({str(raw.get('version'))[:40]}) or a later one.",
        )
    files = tuple(Held(str(one["name"]), int(one["size"]), str(one["sha256"])) for one in raw["files"])
    if not all(known(one.name) and one.size >= 0 for one in files) or len({one.name for one in files}) != len(
        files
    ):
        raise ValueError("files that are not known")
    if DATABASE not in {one.name for one in files}:
        raise ValueError("no database")
    return Manifest(
        version=str(raw["version"]),
        made_at=str(raw["made_at"]),
        url=str(raw["url"]),
        schema={str(app): str(name) for app, name in raw["schema"].items()},
        with_keys=raw["with_keys"] is True,
        records=int(raw["records"]),
        files=files,
    )


def _opened(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    opened = tar.extractfile(member)
    if opened is None:
        raise _not_ours(f"{member.name[:80]!r} is no file")
    return opened


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, expected: Held) -> None:
    found = hashlib.sha256()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as written:
        read = _opened(tar, member)
        while chunk := read.read(_CHUNK):
            found.update(chunk)
            written.write(chunk)
        written.flush()
        os.fsync(written.fileno())
    if found.hexdigest() != expected.sha256:
        raise _not_ours(f"{expected.name} is not what its hash says")


def _not_ours(why: str) -> InvalidInput:
    return InvalidInput(f"This is not a whole backup of Keyhole: {why}.", hint="Nothing was restored.")
