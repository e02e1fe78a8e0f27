"""A program that is given something to read and answers: what `subprocess.Popen` is for, without what that imports.

The process of a scan is there before anything else is, and everything else waits for it; it starts git several times.
`subprocess` takes as long to import as git takes to list a small project.
"""

from __future__ import annotations

import errno
import os
import time
from _signal import SIGCHLD, SIGKILL, SIGPIPE, SIGXFSZ  # type: ignore[import-not-found]  # what `signal` is made of
from _thread import allocate_lock
from collections.abc import Mapping

TYPE_CHECKING = False  # not from typing, see above
if TYPE_CHECKING:
    from typing import IO

_NOTHING = "/dev/null"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.0005, 0.05
"""Seconds between looks at a process that is waited for, but not for ever."""


class Spawned:
    """The process, and our ends of two pipes to it. One thread may wait for it while another one kills it.

    A copy of the process that started it may use the pipes and kill it, and never learns how it ended.
    """

    def __init__(
        self,
        argv: list[str],
        environment: Mapping[str, str],
        *,
        reads: int | None = None,
        leads: bool = False,
        buffer: int = -1,
    ) -> None:
        """Starts it with this environment, and with its PATH. Its errors are thrown away.

        `reads` is a descriptor that it reads, in the place of what is written to `stdin`. With `leads` it has a
        session and a group of its own. `buffer` is of `stdout`, in bytes.

        What is open here and was made to be inherited is open there, too. Raises OSError if there is no such program,
        and no process or memory to be had.
        """
        theirs, ours = os.pipe()
        said, saying = os.pipe()
        self.returncode: int | None = None
        self._started_by = os.getpid()
        self._waiting = allocate_lock()
        self.stdin: IO[bytes] = os.fdopen(ours, "wb")
        self.stdout: IO[bytes] = os.fdopen(said, "rb", buffer)
        try:
            self.pid = os.posix_spawn(
                _found(argv[0], environment.get("PATH", "")),
                argv,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs if reads is None else reads, 0),
                    (os.POSIX_SPAWN_DUP2, saying, 1),
                    (os.POSIX_SPAWN_OPEN, 2, _NOTHING, os.O_WRONLY, 0),
                ],
                setsid=leads,
                # SIGCHLD: ignored, as it may be here, nobody would learn how its own processes end. The others are
                # ignored by Python, and only by Python.
                setsigdef=[SIGCHLD, SIGPIPE, SIGXFSZ],
            )
        except BaseException:  # whatever it is, these two would stay open
            self.close()
            raise
        finally:
            os.close(theirs)
            os.close(saying)

    def poll(self) -> int | None:
        """Its exit code, or the number of the signal that ended it as a negative one; None while it runs."""
        # Else there is nothing to learn, or somebody is at it.
        if self.returncode is None and self._is_ours and self._waiting.acquire(blocking=False):
            try:
                self._waited(os.WNOHANG)
            finally:
                self._waiting.release()
        return self.returncode

    def wait(self, seconds: float | None = None) -> int | None:
        """The same once it has ended, or after so many seconds."""
        if seconds is None:
            with self._waiting:
                if self.returncode is None and self._is_ours:
                    self._waited(0)
            return self.returncode
        end, pause = time.monotonic() + seconds, _FIRST_PAUSE
        while self.poll() is None and time.monotonic() < end:
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)
        return self.returncode

    def kill(self) -> None:
        """Ends it, if it has not ended."""
        if self.poll() is None:
            try:  # noqa: SIM105  # see above
                os.kill(self.pid, SIGKILL)
            except ProcessLookupError:
                pass  # it has just ended, and the kernel collects what ends

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

    @property
    def _is_ours(self) -> bool:
        return os.getpid() == self._started_by


def _found(program: str, places: str) -> str:
    """Where it is: as it is named, or in one of these folders. Those that we were given ourselves do not count."""
    if "/" in program:
        return program
    for place in places.split(":"):
        if os.access(path := f"{place}/{program}", os.X_OK):
            return path
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), program)
