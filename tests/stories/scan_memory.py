"""Watches how much memory everything that a process starts takes together, shared pages shared out (PSS)."""

from __future__ import annotations

import ctypes
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_LOOK_EVERY = 0.02
_KCMP = {"x86_64": 312, "aarch64": 272}
_KCMP_VM = 1
_libc = ctypes.CDLL(None)


@contextmanager
def watched() -> Iterator[list[int]]:
    """The largest sum so far over all processes that began below this one, in bytes, as the only element of a list.

    Those that were there before, a server for other stories say, do not count, nor do those that they start.
    """
    peak, ended, others = [0], threading.Event(), set(psutil.Process().children())

    def watch() -> None:
        while not ended.wait(_LOOK_EVERY):
            begun = set(psutil.Process().children()) - others
            below = [process for each in begun for process in _below(each)]
            peak[0] = max(peak[0], sum(map(_pss, [*begun, *below])))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return list(process.children(recursive=True))
    except psutil.Error:
        return []  # it ended in between


def _pss(process: psutil.Process) -> int:
    try:
        if _in_memory_of(process.ppid(), process.pid):
            return 0
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0  # it ended in between


def _in_memory_of(parent: int, child: int) -> bool:
    """Whether a child has no memory of its own yet: until its program begins it lives in its parent's (vfork).

    That would count all of the parent once more, or all of this process. Asked before looking at the memory: who has
    its own by now does not go back. Where the system does not say (kcmp(2)), everybody counts.
    """
    number = _KCMP.get(platform.machine())
    return number is not None and _libc.syscall(number, parent, child, _KCMP_VM, 0, 0) == 0
