"""The process that scans: how it is started, also before there is anything to scan, and how it is surely ended.

Started early it makes itself ready while whoever wants the scan still does, too. On the command line that is the very
first thing that happens, so this module imports next to nothing.
"""

from __future__ import annotations

import atexit
import os
import sys
from _signal import SIGKILL  # type: ignore[import-not-found]  # what `signal` is made of
from _thread import allocate_lock

import keyhole
from keyhole.core.git_safety import GIT_PATH
from keyhole.scanners.spawned import Spawned

# Not -m: what is run that way is compiled from its source each time. Nor is garbage looked for in what is imported, nor
# Python taken to pieces at the end.
_RUN = "import gc, os; gc.disable(); from keyhole.scanners.worker import main; os._exit(main())"
HEAD = "head"
"""Said to a process that will read the newest commit alone, and needs less for that."""

_SURELY_TAKEN = 32 << 10
"""Bytes that an empty pipe takes, whoever reads them."""

_waiting: list[tuple[Spawned, bytes]] = []
_one_at_a_time = allocate_lock()


def start_early(*words: str, means: bytes = b"") -> None:
    """Starts the process of the next scan. It waits for its order, and ends with this process at the latest.

    `means` is the line that it is told first, where that is known and not too long.
    """
    with _one_at_a_time:
        if _waiting:
            return
        try:
            process = started("early", *words)
        except OSError:
            return  # no process or memory to be had now: the next scan starts its own
        if len(means) > _SURELY_TAKEN:
            means = b""  # nobody reads yet, and others wait for this lock
        _waiting.append((process, _digest(means)))
        atexit.register(ended, process)
        try:
            process.stdin.write(means)
            process.stdin.flush()
        except BrokenPipeError:
            return  # it has ended, as whoever takes it will see


def taken(means: bytes = b"") -> tuple[Spawned, bool] | None:
    """The process that was started early, and whether it was told these means. Whoever takes it ends it.

    None if there is none, or none that waits, or if it was told others.
    """
    with _one_at_a_time:
        if not _waiting:
            return None
        process, told = _waiting.pop()
        atexit.unregister(ended)
    if process.poll() is None and told in {b"", _digest(means)}:
        return process, bool(told)
    ended(process)
    return None


def forgotten() -> None:
    """Ends the process that was started early, if it still waits."""
    if (waiting := taken()) is not None:
        ended(waiting[0])


def _digest(means: bytes) -> bytes:
    """What tells means apart, without the key that is among them."""
    if not means:
        return b""
    from hashlib import sha256  # noqa: PLC0415  # see above

    return sha256(means).digest()


def started(*words: str) -> Spawned:
    """A process that waits for an order. It has a group of its own, with all that it will start."""
    # No pathlib here, see above.
    source = os.path.dirname(os.path.dirname(os.path.abspath(keyhole.__file__)))
    environment = {
        "PATH": GIT_PATH,
        "LC_ALL": "C",
        "PYTHONPATH": source,
        "PYTHONUTF8": "1",
        "OPENBLAS_NUM_THREADS": "1",  # numpy's would spin beside us for work that never comes
    }
    # -P: the working directory is no place to import from; -s: nor is anybody's home.
    argv = [sys.executable, "-P", "-s", "-B", "-c", _RUN, *words]
    # What was made to be inherited here is open there, too: closing that is its first task.
    return Spawned(argv, environment, leads=True)


def ended(process: Spawned) -> None:
    """Ends it with all that it started."""
    try:  # noqa: SIM105  # see above
        # The group outlives its leader: a git of the scan may still run when the leader is gone.
        os.killpg(process.pid, SIGKILL)
    except ProcessLookupError:
        pass  # all of it is gone
    process.close()
    process.wait()
