"""Which commit and path first had an object: one pass over history.

Parents come before their children, so that the first time an object is seen at a path is where it was introduced.
Merges are compared with all their parents at once: a path shows up only if the merge itself made it, which is how
a secret that exists in no ordinary commit is still found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from keyhole.core.escaping import escape
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.history import History
from keyhole.scanners.interface import Limits
from keyhole.scanners.objects import DAMAGED, OutOfTime, Tick, Trouble, list_objects
from keyhole.scanners.treewalk import first_places

PATHS_PER_OBJECT = 100
"""How many paths of one object are kept; the first ones in history."""
PATIENCE = 4.0
"""Seconds that git may say nothing while it compares commits. The largest real ones take less than one."""
_NO_FILE = frozenset({b"000000", b"160000"})
"""Modes of what is not an object of this repository: a path that went, a submodule's commit."""
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
    known: frozenset[bytes] | None
    found: dict[bytes, dict[bytes, Introduction]]
    order: int = 0
    commit: str = ""
    date: str = ""
    missing: int = 0


def introductions(
    git: Git,
    history: History,
    objects: Iterable[bytes],
    limits: Limits,
    trouble: Trouble,
    tick: Tick,
    *,
    known: frozenset[bytes] | None = None,
) -> dict[bytes, list[Introduction]]:
    """For every object that a ref reaches, its paths with the commit that introduced each, oldest first.

    Where history proves too wide to compare, every object gets one commit and one path. One that no commit leads to
    (a tag can name a file directly) gets the path git names for it and no commit.

    `known` are all objects that there are: a file of a commit that is none of them is trouble, also when nothing was
    found. None where that has been looked at already.
    """
    walk = _Walk(set(objects), known, {})
    try:
        if walk.wanted or known is not None:
            _walk(git, history, walk, limits, trouble, tick)
    except OutOfTime:
        trouble.note("out of time: not every finding has its commit")
    without = walk.wanted - walk.found.keys()
    if without:
        _name_without_commit(git, walk, without)
    return {object_id: sorted(paths.values()) for object_id, paths in walk.found.items()}


def _walk(git: Git, history: History, walk: _Walk, limits: Limits, trouble: Trouble, tick: Tick) -> None:
    problem = _compared(history, walk, limits, tick)
    if walk.missing:
        trouble.note(DAMAGED, walk.missing)
    if not problem:
        return
    if walk.wanted:
        trouble.note(problem)
        for object_id, seen in first_places(git, walk.wanted - walk.found.keys(), tick):
            place = Introduction(walk.order + 1, seen.commit, _date(seen.seconds), _escaped(seen.path))
            walk.found[object_id] = {seen.path: place}
    if walk.known is not None:
        # What was compared does not tell whether all is there, so git walks it, which ends whatever its width.
        list_objects(git, limits, trouble, tick)


def _compared(history: History, walk: _Walk, limits: Limits, tick: Tick) -> str:
    """Looks at all changes; the reason, for people, if that could not be done to the end."""
    try:
        for count, line in enumerate(history.lines(PATIENCE, lambda: tick(0, 0))):
            if count >= limits.history_lines:
                break
            if line.startswith(b":"):
                _note_change(walk, line)
            elif line:
                _note_commit(walk, line)
                if walk.order % _REPORT_EVERY == 0:
                    tick(walk.order, history.commits)
        else:
            return "" if history.whole else "history is damaged: not every place of each finding is named"
    except TimeoutError:
        pass  # git is busy with a commit that has no end: the same as too many lines
    return "history is too wide: not every place of each finding is named"


def _note_commit(walk: _Walk, line: bytes) -> None:
    commit, _, seconds = line.strip().partition(b" ")
    walk.order += 1
    walk.commit, walk.date = commit.decode("ascii"), _date(seconds)
    if commit in walk.wanted:  # the finding is in its message
        walk.found[commit] = {b"": Introduction(walk.order, walk.commit, walk.date, "commit message")}


def _note_change(walk: _Walk, line: bytes) -> None:
    columns, _, path = line.partition(b"\t")
    parents = len(columns) - len(columns.lstrip(b":"))
    words = columns.split(b" ")
    object_id = words[2 * parents + 1]
    if object_id not in walk.wanted:
        if walk.known is not None and object_id not in walk.known and words[parents][-6:] not in _NO_FILE:
            walk.missing += 1
        return
    paths = walk.found.setdefault(object_id, {})
    if path not in paths and len(paths) < PATHS_PER_OBJECT:
        paths[path] = Introduction(walk.order, walk.commit, walk.date, _escaped(_unquote(path)))


def _name_without_commit(git: Git, walk: _Walk, without: set[bytes]) -> None:
    """Names what no commit leads to. What git does not list at all is reached by no ref, and stays without a place."""
    with git.start("rev-list", "--objects", *git.from_) as names:
        for line in names.stdout or ():
            object_id, _, path = line.rstrip(b"\n").partition(b" ")
            if object_id in without:
                place = _escaped(path) or "(no path)"
                walk.found[object_id] = {path: Introduction(walk.order + 1, "", "", place)}
        if names.wait() == 0:
            return
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
