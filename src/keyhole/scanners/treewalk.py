"""One commit and one path for every object, at a cost that depends on unique trees and never on paths.

The slow, certain way, for histories that were built so that comparing commits never ends: ten subfolders that are
all the same tree, twelve levels deep, are thirteen objects and a million million paths.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.objects import Tick

_ENTRY = {size: re.compile(rb"([0-7]+) ([^\0]+)\0(.{%d})" % size, re.DOTALL) for size in (20, 32)}
_FOLDER = b"40000"
_REPORT_EVERY = 1_000


class Seen(NamedTuple):
    """The first commit, in an order that puts parents first, whose tree holds an object."""

    commit: str
    seconds: bytes
    path: bytes


class _Step(NamedTuple):
    name: bytes
    child: bytes


_Ways = dict[bytes, _Step]
"""For one tree: how to get one step nearer to each wanted object below it."""


def first_places(git: Git, wanted: set[bytes], tick: Tick) -> Iterator[tuple[bytes, Seen]]:
    """For each wanted object that a commit leads to: the object and where it was first seen. Passes on OutOfTime."""
    left = set(wanted)
    with (
        git.start("rev-list", "--topo-order", "--reverse", "--format=%T %at", *git.from_) as commits,
        git.start("cat-file", "--batch", fed=True) as trees,
    ):
        assert commits.stdout and trees.stdin and trees.stdout  # noqa: S101, PT018  # for the type checker
        known: dict[bytes, _Ways] = {}
        commit = b""
        for count, line in enumerate(commits.stdout):
            if count % _REPORT_EVERY == 0:
                tick(count // 2, 0)
            if line.startswith(b"commit "):
                commit = line.split()[1]
                continue
            root, _, seconds = line.rstrip(b"\n").partition(b" ")  # some commits have no date
            _explore(root, wanted, known, trees.stdin, trees.stdout)
            for object_id in sorted(left & known[root].keys()):
                yield object_id, Seen(commit.decode("ascii"), seconds, _path(object_id, root, known))
                left.discard(object_id)
            if not left:
                return


def _explore(
    root: bytes, wanted: set[bytes], known: dict[bytes, _Ways], ask: IO[bytes], answers: IO[bytes]
) -> None:
    """Fills in `known` for this tree and all below it; with a stack of its own, as trees may be thousands deep."""
    stack = [root]
    opened: dict[bytes, list[tuple[bytes, bytes, bytes]]] = {}
    while stack:
        tree = stack[-1]
        if tree in known:
            stack.pop()
        elif tree not in opened:
            opened[tree] = _entries(tree, ask, answers)
            # A tree that is open already would be its own ancestor: impossible without a collision, but then endless.
            stack += [
                child
                for mode, _, child in opened[tree]
                if mode == _FOLDER and child not in known and child not in opened
            ]
        else:
            known[tree] = _ways(opened.pop(tree), wanted, known)


def _ways(entries: list[tuple[bytes, bytes, bytes]], wanted: set[bytes], known: dict[bytes, _Ways]) -> _Ways:
    ways: _Ways = {}
    for mode, name, child in entries:
        if child in wanted:
            ways.setdefault(child, _Step(name, b""))
        if mode == _FOLDER:
            for object_id in known.get(child, ()):
                ways.setdefault(object_id, _Step(name, child))
    return ways


def _entries(tree: bytes, ask: IO[bytes], answers: IO[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    """Mode, name and hexadecimal id of everything directly in a tree; nothing if it cannot be read."""
    try:
        ask.write(tree + b"\n")
        ask.flush()
    except BrokenPipeError:
        return []  # git has ended at a tree that is damaged
    header = answers.readline().split()
    if len(header) != 3:
        return []
    content = answers.read(int(header[2]) + 1)[:-1]
    found = _ENTRY[len(tree) // 2].findall(content) if header[1] == b"tree" else []
    return [(mode, name, raw.hex().encode()) for mode, name, raw in found]


def _path(object_id: bytes, tree: bytes, known: dict[bytes, _Ways]) -> bytes:
    names = []
    while tree:
        step = known[tree][object_id]
        names.append(step.name)
        tree = step.child
    return b"/".join(names)
