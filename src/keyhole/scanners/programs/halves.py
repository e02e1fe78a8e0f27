"""Files that one of them keeps from being looked at: tried in ever smaller parts, so that only that one is left out."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

MOST_RUNS = 60
"""How often a program is started again. To find one file among 20,000 takes thirty."""
SECONDS = 300.0
"""For all of these runs together; the first one had ten minutes."""


class Failed(NamedTuple):
    """A run came to nothing."""

    why: str
    """As the rest of a sentence about the program."""
    started: bool
    """Whether the program ran at all; if it did not, other files change nothing."""


_IN_VAIN = 14
"""Runs of which none came to anything, in eight parts at last: then it is the program, and not a file."""
Attempt = Callable[[Sequence[str], float | None], Failed | None]
"""Runs the program over the files with these names, for at most so many seconds; None if that came to something."""


class Left(NamedTuple):
    """What no run came to anything with."""

    alone: dict[str, str]
    """Why, by the name of a file that ended the program all by itself."""
    others: dict[str, int]
    """How many other files, of which some may, by why."""


def tried(names: Sequence[str], attempt: Attempt) -> Left:
    """Tries all together, then what came to nothing in halves, the largest parts first, within the limits."""
    left = Left({}, {})
    failed = attempt(names, None)
    if failed is None:
        return left
    parts = deque([(names, failed)])
    end = time.monotonic() + SECONDS
    runs = came = 0
    while parts:
        part, failed = parts.popleft()
        if len(part) == 1 and failed.started:
            left.alone[part[0]] = failed.why
            continue
        seconds = (end - time.monotonic()) / len(part).bit_length()
        hopeless = not failed.started or (runs >= _IN_VAIN and not came)
        if hopeless or runs + 2 > MOST_RUNS or seconds <= 0:
            left.others[failed.why] = left.others.get(failed.why, 0) + len(part)
            continue
        for half in (part[: len(part) // 2], part[len(part) // 2 :]):
            again = attempt(half, seconds)
            runs += 1
            if again is None:
                came += 1
            else:
                parts.append((half, again))
    return left
