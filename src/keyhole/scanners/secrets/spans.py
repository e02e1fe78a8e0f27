"""Parts of a text, and whether something touches one of them, however many there are."""

from __future__ import annotations

import bisect
from collections.abc import Iterable


class Spans:
    """A set of parts, each from its first offset up to, but without, its second."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def touch(self, start: int, end: int) -> bool:
        """Whether one of the parts and this one have a byte in common."""
        number = bisect.bisect_left(self._starts, end) - 1
        return number >= 0 and self._ends[number] > start

    def end_of(self, offset: int) -> int:
        """Where the part ends that this offset is in; 0 if it is in none."""
        number = bisect.bisect_right(self._starts, offset) - 1
        return self._ends[number] if number >= 0 and self._ends[number] > offset else 0
