"""Where a hostile repository is built: what git itself refuses to write is written here byte by byte.

Formats: gitformat-pack(5), git-mktree(1), and the chapter "Git Objects" of Pro Git.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from tests.unit.scanners.conftest import History, git, quoted

BLOB, COMMIT, TREE, TAG, OFFSET, NAMED = 3, 1, 2, 4, 6, 7
WHO = b"A <a@example.invalid> 1700000000 +0000"


class Verdict(Enum):
    """What a scan of such a repository must come to."""

    FOUND = "its secret is found, and all was read"
    CUT = "its secret is found, and what was left out is told"
    INCOMPLETE = "what was left out is told"
    NOT_CLEAN = "its secret is found, or what was left out is told"
    CLEAN = "there is nothing of its own in it"


@dataclass(frozen=True)
class Case:
    """One repository."""

    name: str
    build: Callable[[Yard], object]
    verdict: Verdict
    reason: str
    """What the scan says was left out."""


CASES: list[Case] = []


def case(verdict, reason=""):
    """Registers the function that builds the repository."""

    def register(build):
        CASES.append(Case(build.__name__, build, verdict, reason))
        return build

    return register


class Yard:
    """A repository, and what it must not touch."""

    def __init__(self, folder: Path, token: bytes, address: str) -> None:
        self.folder = folder
        self.token = token
        self.address = address
        """Host and port of a listener that nobody may call."""
        self.repo = History(folder / "hostile.git")
        self.path = self.repo.path
        self.outside = folder / "outside"
        """A file that is not the repository's, with its secret in it."""
        self.outside.write_bytes(token)
        self.canary = folder / "canary"
        """A file that must not come to be."""
        self.program = folder / "program"
        self.program.write_text(f"#!/bin/sh\ntouch {self.canary}\n")
        self.program.chmod(0o755)

    def commit(self, files=None, **named):
        """See `History.commit`."""
        return self.repo.commit(files, **named)

    def raw(self, kind: str, content: bytes, name: str = "") -> str:
        """Writes a loose object without any check, under its own name or another; returns the name."""
        whole = b"%s %d\0%s" % (kind.encode(), len(content), content)
        return self.loose(zlib.compress(whole, 1), name or hashlib.sha1(whole).hexdigest())

    def loose(self, stored: bytes, name: str) -> str:
        """Writes the file of a loose object as it is."""
        file = self.path / "objects" / name[:2] / name[2:]
        file.parent.mkdir(exist_ok=True)
        file.unlink(missing_ok=True)
        file.write_bytes(stored)
        return name

    def tree(self, *entries) -> str:
        """Writes a tree of (mode, name, id) in the given order, however wrong."""
        return self.raw(
            "tree", b"".join(mode + b" " + name + b"\0" + bytes.fromhex(id_) for mode, name, id_ in entries)
        )

    def point(self, tree: str, message: bytes = b"work", more: bytes = b"") -> str:
        """Makes main a commit of this tree."""
        commit = self.raw(
            "commit", b"tree %s\n%sauthor %s\ncommitter %s\n\n%s\n" % (tree.encode(), more, WHO, WHO, message)
        )
        self.ref("refs/heads/main", commit)
        return commit

    def ref(self, name: str, object_id: str) -> None:
        """Writes a ref without asking git."""
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(object_id + "\n")

    def files(self, tree_of: dict[bytes, bytes]) -> str:
        """Makes main a commit of files whose names git would refuse."""
        blobs = {name: self.raw("blob", content) for name, content in tree_of.items()}
        return self.point(self.tree(*((b"100644", name, blob) for name, blob in blobs.items())))

    def pack(self, entries: list[tuple[str, bytes]]) -> Path:
        """Writes a pack and its index: for each object the name it claims and its bytes in the pack."""
        body, offsets = b"PACK" + struct.pack(">II", 2, len(entries)), {}
        for name, stored in entries:
            offsets[name] = len(body)
            body += stored
        body += hashlib.sha1(body).digest()
        names = sorted(offsets)
        counts = [sum(int(name[:2], 16) <= first for name in names) for first in range(256)]
        index = b"\377tOc" + struct.pack(">I", 2) + struct.pack(">256I", *counts)
        index += b"".join(map(bytes.fromhex, names)) + bytes(4 * len(names))
        index += b"".join(struct.pack(">I", offsets[name]) for name in names) + body[-20:]
        index += hashlib.sha1(index).digest()
        file = self.path / "objects" / "pack" / f"pack-{hashlib.sha1(body).hexdigest()}.pack"
        file.write_bytes(body)
        file.with_suffix(".idx").write_bytes(index)
        return file

    def config(self, text: str) -> None:
        """Adds to the repository's own configuration."""
        with (self.path / "config").open("a") as config:
            config.write(text)

    def packed(self) -> Path:
        """All there is, in one pack that git made."""
        self.repo.git("repack", "-adq")
        (pack,) = (self.path / "objects" / "pack").glob("*.pack")
        for file in (pack, pack.with_suffix(".idx")):
            file.chmod(0o644)
        return pack


def header(kind: int, size: int) -> bytes:
    """How an object begins in a pack."""
    made, size = [kind << 4 | size & 15], size >> 4
    while size:
        made[-1] |= 0x80
        made.append(size & 0x7F)
        size >>= 7
    return bytes(made)


def stored(kind: int, content: bytes, base: bytes = b"", size: int = -1) -> bytes:
    """An object as it lies in a pack; `size` for one that lies about its size."""
    return header(kind, len(content) if size < 0 else size) + base + zlib.compress(content, 1)


def number(value: int) -> bytes:
    """A size in a delta."""
    made = bytearray()
    while True:
        value, low = value >> 7, value & 0x7F
        made.append(low | (0x80 if value else 0))
        if not value:
            return bytes(made)


def name_of(kind: str, content: bytes) -> str:
    """The id of an object."""
    return hashlib.sha1(b"%s %d\0%s" % (kind.encode(), len(content), content)).hexdigest()


__all__ = [
    "CASES",
    "Case",
    "Verdict",
    "Yard",
    "case",
    "git",
    "header",
    "name_of",
    "number",
    "quoted",
    "stored",
]
