"""Watches how much memory everything that a process starts takes together, shared pages shared out (PSS)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

_LOOK_EVERY = 0.02


@contextmanager
def watched() -> Iterator[list[int]]:
    """The largest sum so far over all processes below this one, in bytes, as the only element of a list."""
    peak, ended = [0], threading.Event()

    def watch() -> None:
        while not ended.wait(_LOOK_EVERY):
            peak[0] = max(peak[0], sum(map(_pss, psutil.Process().children(recursive=True))))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield peak
    finally:
        ended.set()
        thread.join()


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0  # it ended in between
