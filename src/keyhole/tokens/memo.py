"""What this process has written lately of what tokens were seen doing, so that it is not written at every request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime

Thing = tuple[int, str, str]
"""Token, kind and what."""
_KEPT = 50_000
_HOUR = 3600


class Memo:
    """Things seen, with the hour in which each was written last. Used by one writing thread at a time."""

    def __init__(self) -> None:
        self._hours: OrderedDict[Thing, int] = OrderedDict()

    def fresh(self, things: Iterable[Thing], at: datetime) -> list[Thing]:
        """Those that were not written in this hour, in an order that no two transactions would lock differently."""
        hour = int(at.timestamp() // _HOUR)
        return sorted(thing for thing in things if self._hours.get(thing) != hour)

    def remember(self, things: Iterable[Thing], at: datetime) -> None:
        """They are on disk: called after the commit, since what was rolled back must be written again."""
        hour = int(at.timestamp() // _HOUR)
        for thing in things:
            self._hours[thing] = hour
            self._hours.move_to_end(thing)
        while len(self._hours) > _KEPT:
            self._hours.popitem(last=False)
