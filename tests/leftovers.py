"""No process that a test started is left when the tests are over: it would go on, and be in the way of the next run.

Each pytest process marks its environment, which whatever it starts inherits, also what has lost its parent since.
"""

from __future__ import annotations

import os

import psutil

MARK = "PYTEST_KEYHOLE_SESSION"
_PATIENCE = 5.0
"""Seconds that a process which was told to end has for it."""


def mark() -> None:
    """Before anything is started: from now on it is this process's. One that pytest itself starts marks its own."""
    os.environ[MARK] = str(os.getpid())


def end_all() -> list[str]:
    """Ends what is left, in a hard way; returns what it was, with the test that started it."""
    left = [process for process in psutil.process_iter() if _is_mine(process)]
    _, alive = psutil.wait_procs(left, timeout=_PATIENCE)
    told = [_described(process) for process in alive]
    for process in alive:
        process.kill()
    psutil.wait_procs(alive, timeout=_PATIENCE)
    return [each for each in told if each]


def _is_mine(process: psutil.Process) -> bool:
    try:
        return (
            process.pid != os.getpid()
            and process.status() != psutil.STATUS_ZOMBIE
            and (process.ppid() == os.getpid() or process.environ().get(MARK) == str(os.getpid()))
        )
    except psutil.Error:  # it has ended, or is somebody else's
        return False


def _described(process: psutil.Process) -> str:
    try:
        by = process.environ().get("PYTEST_CURRENT_TEST", "no test, or one that hides it")
        return f"{process.pid}: {' '.join(process.cmdline())} (started by {by})"
    except psutil.Error:
        return ""
