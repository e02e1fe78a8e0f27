"""The process that scans: how it is started, also before there is anything to scan, and how it is surely ended.

Started early it makes itself ready while whoever wants the scan still does, too. On the command line that is the very
first thing that happens, so this module imports next to nothing.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading

import keyhole
from keyhole.core.git_safety import GIT_PATH

# Not -m: what is run that way is compiled from its source each time. Nor is garbage looked for in what is imported.
_RUN = "import gc, sys; gc.disable(); from keyhole.scanners.worker import main; sys.exit(main())"
HEAD = "head"
"""Said to a process that will read the newest commit alone, and needs less for that."""

_waiting: list[subprocess.Popen[bytes]] = []
_one_at_a_time = threading.Lock()


def start_early(*words: str) -> None:
    """Starts the process of the next scan. It waits for its order, and ends with this process at the latest."""
    with _one_at_a_time:
        if _waiting:
            return
        with contextlib.suppress(OSError):  # no process or memory to be had now: the next scan starts its own
            process = started("early", *words)
            _waiting.append(process)
            atexit.register(ended, process)


def taken() -> subprocess.Popen[bytes] | None:
    """The process that was started early, if there is one and it waits. Whoever takes it ends it."""
    with _one_at_a_time:
        if not _waiting:
            return None
        process = _waiting.pop()
        atexit.unregister(ended)
    if process.poll() is None:
        return process
    ended(process)
    return None


def started(*words: str) -> subprocess.Popen[bytes]:
    """A process that waits for an order. It has a group of its own, with all that it will start."""
    return subprocess.Popen(
        # -P: the working directory is no place to import from; -s: nor is anybody's home.
        [sys.executable, "-P", "-s", "-B", "-c", _RUN, *words],
        env={
            "PATH": GIT_PATH,
            "LC_ALL": "C",
            "PYTHONPATH": os.path.dirname(os.path.dirname(os.path.abspath(keyhole.__file__))),  # noqa: PTH100, PTH120  # no pathlib, see above
            "PYTHONUTF8": "1",
            "OPENBLAS_NUM_THREADS": "1",  # numpy's would spin beside us for work that never comes
        },
        cwd="/",
        start_new_session=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


def ended(process: subprocess.Popen[bytes]) -> None:
    """Ends it with all that it started."""
    with contextlib.suppress(ProcessLookupError):  # all of it may be gone
        # The group outlives its leader: a git of the scan may still run when the leader is gone.
        os.killpg(process.pid, signal.SIGKILL)
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and not pipe.closed:
            pipe.close()
    process.wait()
