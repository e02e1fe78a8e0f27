"""Refs that lead nowhere: what they name is not there, or is no object id. The others lead to what they always did."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from pathlib import Path

from keyhole.scanners.gitpipe import Git, feeding

REASON = "a ref names nothing that can be read, so what it led to was not"
"""What a scan says of them, with their names."""


def broken_refs(git: Git) -> frozenset[bytes]:
    """Their full names, as git has them, and HEAD if it is one."""
    named: dict[bytes, bytes] = {}
    with git.start("for-each-ref", "--format=%(objectname) %(refname)") as refs:
        for line in refs.stdout:
            object_id, _, name = line.rstrip(b"\n").partition(b" ")
            named[name] = object_id
    missing = _missing(git, frozenset(named.values()))
    broken = {name for name, object_id in named.items() if object_id in missing}
    broken.update(_unreadable(git.place("refs"), named.keys()))
    if not git.answer("symbolic-ref", "-q", "HEAD") and not git.answer(
        "rev-parse", "-q", "--verify", "HEAD^{}"
    ):
        broken.add(b"HEAD")
    return frozenset(broken)


def _missing(git: Git, ids: frozenset[bytes]) -> set[bytes]:
    asked = (each + b"\n" for each in ids)
    with git.start("cat-file", "--batch-check", fed=True) as sizes, feeding(sizes, asked):
        return {line.split()[0] for line in sizes.stdout if line.rstrip().endswith(b" missing")}


def _unreadable(folder: str, named: Container[bytes]) -> Iterator[bytes]:
    """Files of refs that git passes over when it lists refs, but for those that only stand for another one."""
    for place, _, files in os.walk(folder):
        for file in (Path(place, each) for each in files):
            name = os.fsencode(Path("refs", file.relative_to(folder)))
            if name not in named and file.suffix != ".lock" and not _is_symbolic(file):
                yield name


def _is_symbolic(file: Path) -> bool:
    if not file.is_file():  # reading a pipe would wait for ever
        return False
    try:
        with file.open("rb") as opened:
            return opened.read(4) == b"ref:"
    except OSError:
        return False
