"""What is handed to the workers as soon as a scan has ended, so that nobody waits until they find it by themselves.

The rooms above register here for their jobs; they do so in the modules that they offer to `afterwards`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from keyhole.jobs import engine, step
from keyhole.scans.models import Scan

log = logging.getLogger("keyhole.scans")

Rows = Callable[[Scan], Iterable[int]]
_followers: dict[str, Rows] = {}


def follow_up(kind: str) -> Callable[[Rows], Rows]:
    """Registers the decorated function, which tells for which rows jobs of that kind follow the scan."""

    def register(function: Rows) -> Rows:
        _followers[kind] = function
        return function

    return register


@step
def hand_over_follow_ups(row: int) -> None:
    """Hands them over. What goes wrong here is found by the workers a little later."""
    scan = Scan.objects.filter(pk=row).first()
    if scan is None or not scan.finished:
        return
    for kind, rows in sorted(_followers.items()):
        for each in rows(scan):
            try:
                engine.enqueue(kind, each)
            except Exception:
                # The engine has its own errors. Not lost: the job finds by itself what it has to do.
                log.exception("%s %d could not be handed to the workers at once", kind, each)
