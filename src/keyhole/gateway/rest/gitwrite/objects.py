"""New objects, written one by one into the repository; unreachable, and so without effect, until a ref names them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from keyhole.core.errors import InvalidInput
from keyhole.gateway.rest.gitread.process import capture, output
from keyhole.gateway.rest.gitread.trees import FOLDER, Entry, entry_at, list_tree
from keyhole.providers.gitcli import GitError, said

_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f<>]")


@dataclass(frozen=True, slots=True)
class Signed:
    """Who is recorded as author, committer or tagger, and when."""

    name: str
    email: str
    at: datetime
    """With time zone."""

    def line(self) -> str:
        """As git writes it. What git would read as the end of the name is dropped from it."""
        offset = self.at.utcoffset()
        minutes = int(offset.total_seconds() // 60) if offset is not None else 0
        zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
        return f"{_clean(self.name) or 'unknown'} <{_clean(self.email)}> {int(self.at.timestamp())} {zone}"


def _clean(text: str) -> str:
    return _NOT_IN_NAMES.sub("", text).strip(" .,:;\"'\\")


@dataclass(frozen=True, slots=True)
class Put:
    """One path of a new tree."""

    path: str
    mode: str
    oid: str
    """All zeros takes the path out."""


async def write_blob(git_dir: Path, data: bytes) -> str:
    """The id of a blob with this content, which is now in the repository."""
    return _oid(await output(git_dir, "hash-object", "-w", "-t", "blob", "--stdin", stdin=data, timeout=60))


async def write_tree(git_dir: Path, base: str | None, puts: Sequence[Put]) -> str:
    """The id of the tree that `base` (None: nothing) becomes with these changes.

    Made in an index of its own, because that is where git checks paths: `.git` in any spelling that some file
    system reads so, `..`, empty names and a file below a file are refused. InvalidInput for those.
    """
    lines = [line for put in puts for line in await _lines(git_dir, base, put)]
    with tempfile.TemporaryDirectory(prefix="keyhole-index-") as folder:
        env = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        await output(git_dir, "read-tree", *([base] if base is not None else ["--empty"]), env=env)
        try:
            put_in = await capture(
                git_dir, "update-index", "-z", "--replace", "--index-info", stdin=b"".join(lines), env=env
            )
            if put_in.complaint:  # "Ignoring path .git/config": git says so, leaves it out and is content
                raise GitError(said(put_in.complaint))
            return _oid(await output(git_dir, "write-tree", env=env))
        except GitError as problem:
            raise InvalidInput(f"The tree cannot be made: {problem.message}") from problem


async def _lines(git_dir: Path, base: str | None, put: Put) -> list[bytes]:
    """What `update-index --index-info` is told. An index has no folders, so they are taken out and put in file by
    file; a whole folder of another tree is thereby checked like everything else.
    """
    was = await entry_at(git_dir, base, put.path) if base is not None else None
    gone = await _files(git_dir, was.oid) if was is not None and was.kind == "tree" else []
    lines = [_line("0", "0" * len(put.oid), f"{put.path}/{entry.path}") for entry in gone]
    if put.mode != FOLDER:
        return [*lines, _line(put.mode, put.oid, put.path)]
    return [
        *lines,
        *(
            _line(entry.mode, entry.oid, f"{put.path}/{entry.path}")
            for entry in await _files(git_dir, put.oid)
        ),
    ]


async def _files(git_dir: Path, tree: str) -> list[Entry]:
    listing = await list_tree(git_dir, tree, recursive=True)
    if listing.truncated:
        raise InvalidInput("The tree has too many files to be changed through the API.")
    return [entry for entry in listing.entries if entry.kind != "tree"]


def _line(mode: str, oid: str, path: str) -> bytes:
    return f"{mode} {oid}\t".encode() + path.encode("utf-8", "surrogateescape") + b"\0"


async def write_commit(
    git_dir: Path,
    *,
    tree: str,
    parents: Sequence[str],
    author: Signed,
    committer: Signed,
    message: str,
    signature: str = "",
) -> str:
    """The id of a new commit; git checks its form."""
    lines = [
        f"tree {tree}",
        *(f"parent {oid}" for oid in parents),
        f"author {author.line()}",
        f"committer {committer.line()}",
    ]
    if signature:
        lines.append("gpgsig " + signature.strip("\n").replace("\n", "\n "))
    return await _write(git_dir, "commit", "\n".join(lines), message)


async def write_tag(git_dir: Path, *, oid: str, kind: str, name: str, tagger: Signed, message: str) -> str:
    """The id of a new annotated tag object."""
    head = f"object {oid}\ntype {kind}\ntag {name}\ntagger {tagger.line()}"
    return await _write(git_dir, "tag", head, message)


async def _write(git_dir: Path, kind: str, head: str, message: str) -> str:
    data = f"{head}\n\n{message}".encode()
    if b"\0" in data:
        raise InvalidInput("A message has no NUL.", field="message")
    try:
        return _oid(await output(git_dir, "hash-object", "-w", "-t", kind, "--stdin", stdin=data))
    except GitError as problem:
        raise InvalidInput(f"git refuses the {kind}: {problem.message}") from problem


def _oid(out: bytes) -> str:
    return out.decode("ascii").strip()
