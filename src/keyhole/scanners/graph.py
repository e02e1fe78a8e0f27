"""The commits of a repository: which ones refs reach, and in which order.

The order puts parents before children and is the same whatever else the repository holds: it follows each commit's
own date, or where that is before a parent's, the first moment after it. So a commit that joins history, or leaves it,
moves no other, and nobody's clock can put a commit before what it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

_HEAD = re.compile(
    rb"tree ([0-9a-f]{40,64})\n((?:parent [0-9a-f]{40,64}\n)*)"
    rb"(?:author [^\0\n<>]*<[^\0\n<>]*> (\d{1,18}) [+-]\d+\ncommitter [^\0\n<>]*<[^\0\n<>]*> (\d{1,18}) [+-]\d+\n)?"
)
_DATE = re.compile(rb"[ \t\r]*(\d+)[ \t\r]*[+-]\d")
"""Behind an address. Without an offset, says git, it is no date."""
_LONGEST_HEAD = 1 << 20
_LATEST, _MOST_DIGITS = 1 << 60, 18
TOLD = "--format=%H,%at,%ct,%P,%T"
"""Makes `git rev-list` tell what `told` tells, each after a line that only names the commit."""
Order = tuple[int, str]
"""The place of a commit: seconds, corrected so that parents are first, and then its id."""
LAST: Order = (1 << 63, "")
"""Behind every commit."""


class Commit(NamedTuple):
    """What matters of a commit here. Ids are hexadecimal."""

    authored: bytes
    """Seconds, as git says them: nothing before 1970, or of more digits than any date has; may be nonsense."""
    committed: int
    parents: tuple[bytes, ...]
    tree: bytes


def told(object_id: bytes, text: bytes) -> bytes:
    """The facts of a commit as one line, from its text; an empty one if it is none."""
    match = _HEAD.match(text, 0, _LONGEST_HEAD)
    if match is None:
        return b""
    tree, parents, authored, committed = match.groups()
    if committed is None or not _ends(text, match.end()):
        authored, committed = _dates(text)
    ids = parents.replace(b"parent ", b"").replace(b"\n", b" ")
    return b",".join([object_id, authored, committed, ids.rstrip(), tree])


def _ends(text: bytes, at: int) -> bool:
    """Whether no line behind these says once more who wrote a commit, of which git takes the last word."""
    if text.startswith(b"\n", at):
        return True
    end = text.find(b"\n\n", at, _LONGEST_HEAD)
    end = end if end >= 0 else _LONGEST_HEAD
    return text.find(b"author ", at, end) < 0 and text.find(b"committer ", at, end) < 0


def _dates(text: bytes) -> list[bytes]:
    """What git tells of when a commit was written, by its author and by who made it, whatever is there instead."""
    lines = text[:_LONGEST_HEAD].replace(b"\0", b"\n").partition(b"\n\n")[0]  # to git a zero ends a line, too
    return [_date(lines, name) for name in (b"\nauthor ", b"\ncommitter ")]


def _date(lines: bytes, name: bytes) -> bytes:
    """The seconds in the last line of this name; empty if git would not tell any."""
    at = lines.rfind(name)
    line = lines[at + 1 :].partition(b"\n")[0] if at >= 0 else b""
    if b">" not in line.partition(b"<")[2]:
        return b""
    match = _DATE.match(line.rpartition(b">")[2])
    return match[1] if match is not None else b""


class Graph:
    """Commits and their parents."""

    def __init__(self) -> None:
        self.commits: dict[bytes, Commit] = {}

    def take(self, line: bytes) -> None:
        """Adds a commit as `told` tells it; nothing if that is empty."""
        if not line:
            return
        object_id, authored, committed, parents, tree = line.rstrip().split(b",")
        seconds = int(committed or b"0") if len(committed) <= _MOST_DIGITS else _LATEST
        authored = authored if len(authored) <= _MOST_DIGITS else b""
        self.commits[object_id] = Commit(authored, seconds, tuple(parents.split()), tree)

    def take_listed(self, lines: Iterable[bytes]) -> list[bytes]:
        """Adds the commits that `git rev-list` lists with TOLD; returns their ids."""
        ids = []
        for line in lines:
            if not line.startswith(b"commit "):
                self.take(line)
                ids.append(line.partition(b",")[0])
        return ids

    def reached(
        self, tips: Iterable[bytes], known: Mapping[bytes, int] = MappingProxyType({})
    ) -> tuple[dict[bytes, int], set[bytes]]:
        """Every commit that a tip leads to, with its corrected seconds, and those that are missing.

        `known` are commits whose seconds are known; they are among the result, and what leads to them is not.
        """
        seconds: dict[bytes, int] = dict(known)
        missing: set[bytes] = set()
        commits = self.commits
        for tip in tips:
            stack = [tip]
            while stack:  # a stack of its own: histories are longer than Python's
                each = stack[-1]
                if each in seconds or each in missing:
                    stack.pop()
                    continue
                commit = commits.get(each)
                if commit is None:
                    missing.add(each)
                    continue
                parents = commit.parents
                open_ = [parent for parent in parents if parent not in seconds and parent not in missing]
                if open_:
                    stack += open_
                    continue
                stack.pop()
                after = max((seconds[parent] for parent in parents if parent in seconds), default=-1) + 1
                seconds[each] = max(commit.committed, after)
        return seconds, missing


def in_order(seconds: Mapping[bytes, int]) -> list[bytes]:
    """The commits, parents before children."""
    return [object_id for _, object_id in sorted((each, object_id) for object_id, each in seconds.items())]
