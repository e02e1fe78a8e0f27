"""Tree objects: what is in a folder, or at a path."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from keyhole.gateway.rest.gitread.process import Captured, capture

MOST_ENTRIES = 100_000
"""GitHub's limit of a recursive listing; a small repository can name millions of paths."""
MOST_BYTES = 7 << 20
"""GitHub's other limit of a recursive listing."""

SYMLINK, SUBMODULE, FOLDER = "120000", "160000", "040000"


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in a tree."""

    mode: str
    """Six octal digits; `100644`, `100755`, `120000` (symlink), `160000` (submodule) or `040000` (folder)."""
    kind: str
    """`blob`, `tree` or `commit`."""
    oid: str
    size: int | None
    """Bytes of a blob."""
    path: str
    """From the listed tree down. Bytes that are not UTF-8 are kept as surrogates."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a tree."""

    entries: tuple[Entry, ...]
    truncated: bool
    """Whether there are more than are listed."""


async def list_tree(git_dir: Path, tree: str, *, recursive: bool = False) -> Listing:
    """What is in the tree with this id, in git's order; with all levels below it when `recursive`."""
    options = ["-r", "-t"] if recursive else []
    captured = await capture(
        git_dir, "ls-tree", "-z", "-l", "--full-tree", *options, "--end-of-options", tree, limit=MOST_BYTES
    )
    # 100,000 entries take a third of a second to take apart; everybody else's requests run on this loop.
    return await asyncio.to_thread(_listing, captured)


def _listing(captured: Captured) -> Listing:
    complete = captured.out.split(b"\0")[:-1]
    entries = tuple(_entry(record) for record in complete[:MOST_ENTRIES])
    return Listing(entries, captured.truncated or len(complete) > MOST_ENTRIES)


async def entry_at(git_dir: Path, tree: str, path: str) -> Entry | None:
    """What lies at `path` below the tree; None when nothing does. The root itself is a folder called "".

    `path` has no leading, trailing or double slash; no name in it is special, not even `*` or `..`.
    """
    if not path:
        return Entry(FOLDER, "tree", tree, None, "")
    captured = await capture(
        git_dir, "ls-tree", "-z", "-l", "--full-tree", "--end-of-options", tree, path, limit=1 << 16
    )
    entries = [_entry(record) for record in captured.out.split(b"\0") if record]
    return next((entry for entry in entries if entry.path == path), None)


def _entry(record: bytes) -> Entry:
    meta, _, path = record.partition(b"\t")
    mode, kind, oid, size = meta.decode("ascii").split()
    return Entry(mode, kind, oid, None if size == "-" else int(size), path.decode("utf-8", "surrogateescape"))
