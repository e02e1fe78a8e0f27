"""A Python process that reads lines and answers: what `subprocess.Popen` would do, without what that imports.

It is there before anything else is, and everything else waits for it; `subprocess` takes as long to import as git takes
to list a small project.
"""

from __future__ import annotations

import os
import sys
import time
from _signal import SIGCHLD  # type: ignore[import-not-found]  # what `signal` is made of
from collections.abc import Mapping

_POLL_SECONDS = 0.005


class Spawned:
    """The process, and our ends of two pipes to it. Not for several threads at once."""

    def __init__(self, code: str, words: tuple[str, ...], environment: Mapping[str, str]) -> None:
        """Starts it in a group of its own, with this environment. Its errors are thrown away.

        What is open here and was made to be inherited is open there, too: closing that is its first task.
        Raises OSError if there is no process or memory to be had.
        """
        # -P: the working directory is no place to import from; -s: nor is anybody's home.
        arguments = [sys.executable, "-P", "-s", "-B", "-c", code, *words]
        theirs, ours = os.pipe()
        said, saying = os.pipe()
        nothing = os.open(os.devnull, os.O_WRONLY)
        ends = enumerate((theirs, saying, nothing))
        self.returncode: int | None = None
        self.stdin = os.fdopen(ours, "wb")
        self.stdout = os.fdopen(said, "rb")
        try:
            self.pid = os.posix_spawn(
                sys.executable,
                arguments,
                environment,
                file_actions=[(os.POSIX_SPAWN_DUP2, end, number) for number, end in ends],
                setsid=True,
                setsigdef=[
                    SIGCHLD
                ],  # ignored, as it may be here, nobody would learn how its own processes end
            )
        except BaseException:  # whatever it is, these two would stay open
            self.close()
            raise
        finally:
            for end in (theirs, saying, nothing):
                os.close(end)

    def poll(self) -> int | None:
        """Its exit code, or the number of the signal that ended it as a negative one; None while it runs."""
        if self.returncode is None:
            self._waited(os.WNOHANG)
        return self.returncode

    def wait(self, seconds: float | None = None) -> int | None:
        """The same once it has ended, or after so many seconds."""
        if seconds is None and self.returncode is None:
            self._waited(0)
        end = time.monotonic() + (seconds or 0)
        while self.poll() is None and time.monotonic() < end:
            time.sleep(_POLL_SECONDS)
        return self.returncode

    def close(self) -> None:
        """Closes our ends of its pipes, whatever becomes of what was not yet read by it."""
        for pipe in (self.stdin, self.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # it is gone, and what was meant for it with it

    def _waited(self, options: int) -> None:
        try:
            pid, status = os.waitpid(self.pid, options)
        except ChildProcessError:
            pid, status = self.pid, 0  # ended, and collected by the kernel: this process ignores SIGCHLD
        if pid:
            self.returncode = os.waitstatus_to_exitcode(status)
