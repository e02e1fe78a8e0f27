"""Every commit compared with its parents, by several git processes at once: one cannot use a second processor."""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple, Self

from keyhole.scanners.gitpipe import Git, feeding
from keyhole.scanners.graph import Graph
from keyhole.scanners.spawned import Spawned

_CHUNK = 1 << 20
_WORTH = 1 << 18
_PAUSE = 0.002
_MOST_CHUNKS = 16
"""16 MiB; git waits when nobody has read for so long."""
_MOST_SHARES = 6
"""Of a process. Each begins with nothing in git's cache."""
_WORTH_A_SHARE = 2_500
_FEWEST_COMMITS = 500
"""For fewer a process of their own does not pay."""
_MOST_TREES = 64 << 20
"""Bytes of trees that one process may be asked for by name: it keeps them all to its end."""
_SAMPLES = 200
# --always: so that every answer begins with what was asked, also where nothing differs.
_COMPARE = ("--stdin", "--always", "-r", "-c", "--root", "--raw", "--no-abbrev", "--no-renames")


class Asked(NamedTuple):
    """One comparison."""

    words: bytes
    """What git is asked, and begins its answer with: a commit, which it compares with its parents, or the trees of its
    only parent and of itself. With these it has no commits to look up, which takes a fifth of the time."""
    commit: bytes


class LeftOut(Exception):
    """git did not answer what it was asked."""


def by_commits(commits: Sequence[bytes]) -> list[Asked]:
    """What to ask for each of these commits, in this order: nothing but them."""
    return [Asked(each, each) for each in commits]


def by_trees(graph: Graph, commits: Sequence[bytes]) -> list[Asked]:
    """The same, by trees where that can be said."""
    there = graph.commits
    asked = []
    for each in commits:
        commit = there[each]
        parent = there.get(commit.parents[0]) if len(commit.parents) == 1 else None
        asked.append(Asked(each if parent is None else b"%b %b" % (parent.tree, commit.tree), each))
    return asked


def trees_fit(git: Git, graph: Graph, commits: Sequence[bytes], processes: int) -> bool:
    """Whether it pays to ask for these commits by their trees, and there seems to be memory for all of them."""
    if len(commits) <= _FEWEST_COMMITS:
        return False
    some = {graph.commits[each].tree + b"\n" for each in commits[:: max(1, len(commits) // _SAMPLES)]}
    with (
        git.start("cat-file", "--batch-check=%(objectsize)", fed=True) as asked,
        feeding(asked, sorted(some)),
    ):
        sizes = [int(line) for line in asked.stdout if line.strip().isdigit()]
    return max(sizes, default=0) * _share(len(commits), processes) <= _MOST_TREES


def _share(commits: int, processes: int) -> int:
    """How many commits to compare with one process, and then another.

    In neighbourhoods: commits that follow each other have nearly all of their trees in common. Several for each
    process that runs, as late commits have larger trees than early ones and take longer.
    """
    each = min(_MOST_SHARES, max(1, commits // (processes * _WORTH_A_SHARE)))
    return max(_FEWEST_COMMITS, -(-commits // (processes * each)))


def begun(git: Git, commits: Sequence[bytes]) -> History | None:
    """What git says of these commits, with git at work on it already; None if they are many, and worth some thought."""
    if len(commits) > _FEWEST_COMMITS:
        return None
    history = History(git, commits, by_commits, 1)
    history.begin()
    return history


class History:
    """What git says of these commits. Use as a context."""

    def __init__(
        self,
        git: Git,
        commits: Sequence[bytes],
        asking: Callable[[Sequence[bytes]], list[Asked]],
        processes: int,
    ) -> None:
        """`asking` says what to ask for some of the commits: one comparison for each, in the same order."""
        self.whole = False
        """Whether all was answered; known when the lines have ended."""
        self._git = git
        share = _share(len(commits), processes)
        self._shares = [commits[start : start + share] for start in range(0, len(commits), share)]
        self._asking = asking
        self._expected: dict[int, Iterator[Asked]] = {}
        self._left_out = False
        self._chunks: queue.Queue[tuple[int, bytes]] = queue.Queue(_MOST_CHUNKS)
        self._running: list[Spawned] = []
        self._ended = threading.Event()
        self._codes: list[int | None] = []
        self._next = reversed(range(len(self._shares)))  # the late ones take longest, and would be waited for
        self._threads = [
            threading.Thread(target=self._compare_shares, daemon=True)
            for _ in range(min(processes, len(self._shares)))
        ]

    def __enter__(self) -> Self:
        """Begins, if that has not been done by `begin`."""
        self.begin()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        for process in list(self._running):
            process.kill()
        while any(thread.is_alive() for thread in self._threads):  # they may wait for room
            try:
                self._chunks.get(timeout=0.01)
            except queue.Empty:
                continue
        for thread in self._threads:
            thread.join()

    def begin(self) -> None:
        """Has git begin before anybody listens. What is never used as a context goes on until this process ends."""
        for thread in self._threads:
            if thread.ident is None:
                thread.start()

    def lines(self, patience: float) -> Iterator[tuple[int, list[bytes]]]:
        """What the processes say, some lines at a time, each with its number; those of one are in order.

        Raises TimeoutError when none says anything for that many seconds.
        """
        rests = [b"" for _ in self._shares]
        left = len(rests)
        while left:
            try:
                number, chunk = self._chunks.get(timeout=patience)
            except queue.Empty:
                raise TimeoutError from None
            if chunk:
                *lines, rests[number] = (rests[number] + chunk).split(b"\n")
                yield number, lines
            else:
                left -= 1
        self._left_out |= any(map(list, self._expected.values()))
        self.whole = self._codes == [0] * len(rests) and not self._left_out

    def commit(self, number: int, line: bytes) -> bytes:
        """The commit whose changes follow this line, the first of an answer of the process with this number.

        All of them have to be shown, in order. Raises LeftOut for a line that answers nothing.
        """
        for asked in self._expected[number]:
            if asked.words == line:
                return asked.commit
            self._left_out = True  # what is answered counts none the less
        raise LeftOut

    def _compare_shares(self) -> None:
        for number in self._next:  # which is shared by the threads: each takes what is next
            self._compare(number)

    def _compare(self, number: int) -> None:
        if self._ended.is_set():
            return
        try:
            with ExitStack() as stack:
                changes = stack.enter_context(self._git.start("diff-tree", *_COMPARE, fed=True))
                self._running.append(changes)
                asked = self._asking(self._shares[number])
                self._expected[number] = iter(asked)
                stack.enter_context(feeding(changes, (each.words + b"\n" for each in asked)))
                if not self._ended.is_set():
                    self._keep(changes, number)
                    self._codes.append(changes.wait())
        finally:
            self._chunks.put((number, b""))

    def _keep(self, changes: Spawned, number: int) -> None:
        descriptor = changes.stdout.fileno()
        with contextlib.suppress(OSError, AttributeError):  # too many large ones already, or not Linux
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _CHUNK)
        while chunk := os.read(descriptor, _CHUNK):
            self._chunks.put((number, chunk))
            if len(chunk) < _WORTH:
                # git writes commit by commit, and being woken for each would take half the time.
                time.sleep(_PAUSE)
