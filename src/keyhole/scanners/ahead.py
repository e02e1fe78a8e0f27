"""What git says first of the newest commit, asked for while this process still makes its scanners ready.

A copy of this process asks: it is held in before git starts, which this one is not yet, as it may have to write down
what it compiles.
"""

from __future__ import annotations

import os
from _signal import SIGKILL  # type: ignore[import-not-found]  # what `signal` is made of
from typing import IO, NoReturn, Self

from keyhole.scanners.gitpipe import Git
from keyhole.scanners.isolation import isolate
from keyhole.scanners.limits import Limits
from keyhole.scanners.tree import listing

_CHUNK = 1 << 20


class Ahead:
    """The newest commit of a repository and its files, with sizes, as `tree.listed` reads them."""

    def __init__(self, git: Git, limits: Limits) -> None:
        """Starts it. Must be called while there is one thread. Raises OSError if there is no process to be had."""
        said, saying = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            os.close(said)
            _ask(git, limits, saying)
        os.close(saying)
        self.stdout: IO[bytes] = os.fdopen(said, "rb", _CHUNK)
        """First a line about the commit, then the files."""
        self._code: int | None = None

    def newest(self) -> bytes:
        """What `Git.newest` tells; nothing if there is no such commit, or if nobody could ask. To be called once, and
        before the files are read.
        """
        line = self.stdout.readline()
        return line if line.endswith(b"\n") else b""

    def wait(self) -> int:
        """How it ended: 0 if all files were told."""
        if self._code is None:
            _, status = os.waitpid(self._process, 0)
            self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends it, if it has not ended. The git that it started ends with it: nobody reads what that says any more."""
        self.stdout.close()
        if self._code is None:
            os.kill(self._process, SIGKILL)  # not collected yet, so the number is still its own
            self.wait()


def _ask(git: Git, limits: Limits, saying: int) -> NoReturn:
    status = 1
    try:
        isolate(limits)
        with os.fdopen(saying, "wb", 0) as out, listing(git, sizes=True) as files, git.newest() as newest:
            out.write(newest.stdout.readline() or b"\n")  # the files have line breaks in them, too
            while chunk := files.stdout.read1(_CHUNK):  # type: ignore[attr-defined]  # a pipe has a buffered reader
                out.write(chunk)
            status = 0 if files.wait() == 0 else 1
    finally:
        os._exit(status)  # whatever happened: this copy must not go on as if it were the original
