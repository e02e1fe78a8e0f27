"""Which commit and path first had an object: one pass over history, made only when something was found.

Parents come before their children, so that the first time an object is seen at a path is where it was introduced.
Merges are compared with all their parents at once: a path shows up only if the merge itself made it, which is how
a secret that exists in no ordinary commit is still found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from subprocess import PIPE
from typing import NamedTuple

from keyhole.core.finding import escape
from keyhole.scanners.gitpipe import Git, feeding, patient_lines
from keyhole.scanners.interface import Limits
from keyhole.scanners.objects import OutOfTime, Tick, Trouble
from keyhole.scanners.treewalk import first_places

PATHS_PER_OBJECT = 100
"""How many paths of one object are kept; the first ones in history."""
PATIENCE = 8.0
"""Seconds that git may say nothing while it compares commits. The largest real ones take less than one."""
_LONGEST_PATH = 4096
_REPORT_EVERY = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SIMPLE_ESCAPES = {
    ord("a"): 7,
    ord("b"): 8,
    ord("t"): 9,
    ord("n"): 10,
    ord("v"): 11,
    ord("f"): 12,
    ord("r"): 13,
    ord('"'): 34,
    ord("\\"): 92,
}


class Introduction(NamedTuple):
    """The first commit that had an object at a path."""

    order: int
    """Counts commits from the oldest."""
    commit: str
    """Object id; empty if no commit of the walk has it."""
    author_date: str
    """RFC 3339 in UTC, or empty."""
    path: str
    """Escaped."""


@dataclass(slots=True)
class _Walk:
    wanted: set[bytes]
    found: dict[bytes, dict[bytes, Introduction]]
    order: int = 0
    commit: str = ""
    date: str = ""


def introductions(
    git: Git, objects: Iterable[bytes], limits: Limits, trouble: Trouble, tick: Tick
) -> dict[bytes, list[Introduction]]:
    """For every object, its paths with the commit that introduced each, oldest first; at least one path each.

    Where history proves too wide to compare, every object gets one commit and one path. One that no commit leads to
    (a tag can name a file directly) gets the path git names for it and no commit.
    """
    walk = _Walk(set(objects), {})
    try:
        if walk.wanted and not _walk_history(git, walk, limits, trouble, tick):
            for object_id, seen in first_places(git, walk.wanted - walk.found.keys(), tick):
                place = Introduction(walk.order + 1, seen.commit, _date(seen.seconds), _escaped(seen.path))
                walk.found[object_id] = {seen.path: place}
    except OutOfTime:
        trouble.note("out of time: not every finding has its commit")
    without = walk.wanted - walk.found.keys()
    if without:
        _name_without_commit(git, walk, without)
    return {object_id: sorted(paths.values()) for object_id, paths in walk.found.items()}


def _walk_history(git: Git, walk: _Walk, limits: Limits, trouble: Trouble, tick: Tick) -> bool:
    """Compares every commit with its parents; false if that could not be done to the end."""
    # All ids first, not from pipe to pipe: in a large repository ordering them takes longer than our patience.
    with git.start("rev-list", "--topo-order", "--reverse", *git.from_) as commits:
        ids = list(commits.stdout or ())
        whole = commits.wait() == 0
    # --always: without it a commit that changes nothing is not named, and its message would belong to nobody.
    compare = (
        "--stdin",
        "--always",
        "-r",
        "-c",
        "--root",
        "--raw",
        "--no-abbrev",
        "--no-renames",
        "--format=%H %at",
    )
    with git.start("diff-tree", *compare, stdin=PIPE) as changes, feeding(changes, ids):
        try:
            for count, line in enumerate(patient_lines(changes, PATIENCE)):
                if count >= limits.history_lines:
                    break
                if line.startswith(b":"):
                    _note_change(walk, line)
                elif line:
                    _note_commit(walk, line)
                    if walk.order % _REPORT_EVERY == 0:
                        tick(walk.order, len(ids))
            else:
                if changes.wait() == 0 and whole:
                    return True
                trouble.note("history is damaged: not every place of each finding is named")
                return False
        except TimeoutError:
            pass  # git is busy with a commit that has no end: the same as too many lines
    trouble.note("history is too wide: not every place of each finding is named")
    return False


def _note_commit(walk: _Walk, line: bytes) -> None:
    commit, _, seconds = line.strip().partition(b" ")
    walk.order += 1
    walk.commit, walk.date = commit.decode("ascii"), _date(seconds)
    if commit in walk.wanted:  # the finding is in its message
        walk.found[commit] = {b"": Introduction(walk.order, walk.commit, walk.date, "commit message")}


def _note_change(walk: _Walk, line: bytes) -> None:
    columns, _, path = line.partition(b"\t")
    parents = len(columns) - len(columns.lstrip(b":"))
    object_id = columns.split(b" ")[2 * parents + 1]
    if object_id not in walk.wanted:
        return
    paths = walk.found.setdefault(object_id, {})
    if path not in paths and len(paths) < PATHS_PER_OBJECT:
        paths[path] = Introduction(walk.order, walk.commit, walk.date, _escaped(_unquote(path)))


def _name_without_commit(git: Git, walk: _Walk, without: set[bytes]) -> None:
    with git.start("rev-list", "--objects", *git.from_) as names:
        for line in names.stdout or ():
            object_id, _, path = line.rstrip(b"\n").partition(b" ")
            if object_id in without:
                place = _escaped(path) or "(no path)"
                walk.found[object_id] = {path: Introduction(walk.order + 1, "", "", place)}
    for object_id in without - walk.found.keys():
        walk.found[object_id] = {b"": Introduction(walk.order + 1, "", "", "(no path)")}


def _date(seconds: bytes) -> str:
    try:
        return (_EPOCH + timedelta(seconds=int(seconds))).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError):
        return ""  # a commit may claim any number; one that is no date is left out


def _escaped(path: bytes) -> str:
    return escape(path) if len(path) <= _LONGEST_PATH else escape(path[:_LONGEST_PATH]) + "..."


def _unquote(path: bytes) -> bytes:
    """What git wrote in C style because of special bytes; see core.quotePath in git-config(1)."""
    if not path.startswith(b'"'):
        return path
    plain, position, end = bytearray(), 1, len(path) - 1
    while position < end:
        byte = path[position]
        if byte != 0x5C:
            plain.append(byte)
            position += 1
        elif path[position + 1] in _SIMPLE_ESCAPES:
            plain.append(_SIMPLE_ESCAPES[path[position + 1]])
            position += 2
        else:
            plain.append(int(path[position + 1 : position + 4], 8))
            position += 4
    return bytes(plain)
