"""Every commit compared with its parents, by git, beside whatever else the scan is doing.

Comparing takes git as long as reading takes us, so it begins before anybody knows what was found, and its answer
waits here.
"""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from subprocess import PIPE, Popen
from typing import Self

from keyhole.scanners.gitpipe import Git, feeding

_CHUNK = 1 << 16
_MOST_CHUNKS = 4096
"""A quarter of a gigabyte; git waits when nobody has read for so long."""
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
    """The comparison of one scan. Parents come before their children. Use as a context."""

    def __init__(self, git: Git) -> None:
        self.commits = 0
        """How many there are; 0 until they have been counted."""
        self.whole = False
        """Whether git went through all of it; known when the lines have ended."""
        self._git = git
        self._chunks: queue.Queue[bytes] = queue.Queue(_MOST_CHUNKS)
        self._running: list[Popen[bytes]] = []
        self._counted = threading.Event()
        self._ended = threading.Event()
        self.started = False
        """Whether it was begun."""
        self._thread = threading.Thread(target=self._compare, daemon=True)

    def __enter__(self) -> Self:
        self.started = True
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        for process in list(self._running):
            process.kill()
        while self._thread.is_alive():  # it may wait for room
            try:
                self._chunks.get(timeout=0.01)
            except queue.Empty:
                continue
        self._thread.join()

    def lines(self, patience: float, waiting: Callable[[], None]) -> Iterator[bytes]:
        """What git says, line by line. Raises TimeoutError when it says nothing for that many seconds.

        Until the commits are counted, which may take longer, `waiting` is called now and then; it may raise.
        """
        while not self._counted.wait(0.1):
            waiting()
        rest = b""
        while True:
            try:
                chunk = self._chunks.get(timeout=patience)
            except queue.Empty:
                raise TimeoutError from None
            if not chunk:
                break
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest

    def _compare(self) -> None:
        try:
            with ExitStack() as stack:
                # All ids first, not from pipe to pipe: ordering them takes longer than anybody's patience.
                commits = stack.enter_context(
                    self._git.start("rev-list", "--topo-order", "--reverse", *self._git.from_)
                )
                self._running.append(commits)
                ids = list(commits.stdout or ())
                ordered = commits.wait() == 0
                self.commits = len(ids)
                self._counted.set()
                changes = stack.enter_context(self._git.start("diff-tree", *_COMPARE, stdin=PIPE))
                self._running.append(changes)
                stack.enter_context(feeding(changes, ids))
                if not self._ended.is_set():
                    self._keep(changes)
                    self.whole = changes.wait() == 0 and ordered
        finally:
            self._counted.set()
            self._chunks.put(b"")

    def _keep(self, changes: Popen[bytes]) -> None:
        assert changes.stdout is not None  # noqa: S101  # for the type checker
        descriptor = changes.stdout.fileno()
        while chunk := os.read(descriptor, _CHUNK):
            self._chunks.put(chunk)
