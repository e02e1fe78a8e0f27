"""Every commit compared with its parents, by several git processes at once: one cannot use a second processor."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from subprocess import PIPE, Popen
from typing import Self

from keyhole.scanners.gitpipe import Git, feeding

_CHUNK = 1 << 16
_MOST_CHUNKS = 256
"""16 MiB; git waits when nobody has read for so long."""
_FEWEST_COMMITS = 500
"""For fewer a process of their own does not pay."""
# --always: without it a commit that changes nothing is not named, and its message would belong to nobody.
_COMPARE = (
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


class History:
    """The comparison of these commits. Use as a context."""

    def __init__(self, git: Git, commits: Sequence[bytes], processes: int) -> None:
        self.whole = False
        """Whether git went through all of it; known when the lines have ended."""
        self._git = git
        # In neighbourhoods: commits that follow each other have nearly all of their trees in common.
        share = max(_FEWEST_COMMITS, -(-len(commits) // processes))
        self._shares = [commits[start : start + share] for start in range(0, len(commits), share)]
        self._chunks: queue.Queue[tuple[int, bytes]] = queue.Queue(_MOST_CHUNKS)
        self._running: list[Popen[bytes]] = []
        self._ended = threading.Event()
        self._codes: list[int] = []
        self._threads = [
            threading.Thread(target=self._compare, args=(number,), daemon=True)
            for number in range(len(self._shares))
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
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

    def lines(self, patience: float) -> Iterator[tuple[int, list[bytes]]]:
        """What the processes say, some lines at a time, each with its number; those of one are in order.

        Raises TimeoutError when none says anything for that many seconds.
        """
        rests = [b"" for _ in self._threads]
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
        self.whole = self._codes == [0] * len(rests)

    def _compare(self, number: int) -> None:
        try:
            with ExitStack() as stack:
                changes = stack.enter_context(self._git.start("diff-tree", *_COMPARE, stdin=PIPE))
                self._running.append(changes)
                stack.enter_context(feeding(changes, (each + b"\n" for each in self._shares[number])))
                if not self._ended.is_set():
                    self._keep(changes, number)
                    self._codes.append(changes.wait())
        finally:
            self._chunks.put((number, b""))

    def _keep(self, changes: Popen[bytes], number: int) -> None:
        assert changes.stdout is not None  # noqa: S101  # for the type checker
        descriptor = changes.stdout.fileno()
        while chunk := os.read(descriptor, _CHUNK):
            self._chunks.put((number, chunk))
