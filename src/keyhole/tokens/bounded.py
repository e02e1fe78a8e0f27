"""Counting refusals per address and minute, so that guessing cannot fill the disk with records."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

_ADDRESSES_KEPT = 10_000


class Bounded:
    """Counts of the current minute, of the addresses seen last."""

    limit = 60
    """Refusals of one address that are recorded one by one in a minute."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, seconds: int = 60) -> None:
        """`seconds` is the length of what is called a minute here."""
        self._clock = clock
        self._seconds = seconds
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def count(self, address: str) -> tuple[int, int]:
        """How many there were in this minute with this one, and how many went unrecorded in the one before."""
        minute = int(self._clock() // self._seconds)
        with self._lock:
            known_minute, number = self._seen.pop(address, (minute, 0))
            missed = max(0, number - self.limit) if known_minute != minute else 0
            number = number + 1 if known_minute == minute else 1
            self._seen[address] = (minute, number)
            while len(self._seen) > _ADDRESSES_KEPT:
                self._seen.popitem(last=False)
        return number, missed
