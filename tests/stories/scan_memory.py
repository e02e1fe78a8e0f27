"""Watches how much memory everything that a process starts takes together, shared pages shared out (PSS)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_LOOK_EVERY = 0.02


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
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0  # it ended in between
