"""The fast pass: where in a text patterns match, and what of that is known from a text that it is like.

A file's versions are stored as differences from one another. A match in what two of them share is in both, so only the
parts around what differs are looked at again. What comes out is exactly what looking at all of it would give.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import TypeAlias

import hyperscan

from keyhole.scanners.packs.difference import copied

NUMBER_BITS = 18
NUMBERS = (1 << NUMBER_BITS) - 1
_WIDEST = 4096
"""Patterns that may reach further make looking at parts dearer than looking at everything."""
_WORTH = 10_000
"""Bytes of a text that takes no longer to look at than to compare."""
_FEW = 96
"""A difference is short if the text is so many times as long."""
_MOST_NOTED = 10_000
_BEHIND = 2  # bytes that tell a match's end from the end of the text

Seen: TypeAlias = "array[int]"
"""Matches in order of their ends, each a number: its end, then that of its pattern in the lowest 18 bits."""
_Window: TypeAlias = tuple[int, int]
"""Matches are to be looked for that end behind the first offset and not behind the second."""


class Sight:
    """The compiled patterns. Not for several threads at once."""

    def __init__(self, database: hyperscan.Database, reach: int, once: range) -> None:
        """`reach` is how many bytes the longest match has, `once` the patterns that are reported once for a text."""
        self._database = database
        self._reach = reach if reach <= _WIDEST else 0
        self._once = once
        self._found: Seen = array("Q")
        append = self._found.append

        def matched(number: int, _start: int, end: int, _flags: int, _context: object) -> None:
            append(end << NUMBER_BITS | number)

        self._matched = matched

    def of(self, text: bytes) -> Seen:
        """All matches. The array is another's from the next call on."""
        del self._found[:]
        self._database.scan(text, match_event_handler=self._matched)
        return self._found

    def following(self, text: bytes, before: Seen | None, difference: bytes) -> Seen:
        """The same, where a text is known from which this one differs so, with its matches. An array of its own."""
        if (
            before is None
            or not self._reach
            or len(text) < _WORTH
            or len(difference) * _FEW > len(text)
            or any(match & NUMBERS in self._once for match in before)
        ):
            return self.of(text)[:]
        seen = self._beside_the_shared(text, before, difference)
        return self.of(text)[:] if seen is None else seen

    def _beside_the_shared(self, text: bytes, before: Seen, difference: bytes) -> Seen | None:
        """The same, by looking at what the texts do not share. None if all has to be looked at.

        A match is in both texts if all of it is in a part that they share, with a byte before it and two behind: what
        is there decides about word boundaries, and whether the text ends there or with one more line break.
        """
        reach = self._reach
        kept: list[int] = []
        windows: list[_Window] = []
        after = 0
        for start, base, size in copied(difference, 2 * reach + _BEHIND):
            begins_both = start == base == 0
            first, last = 0 if begins_both else start + reach, start + size - _BEHIND
            if not begins_both:
                windows.append((after, first))
            moved = start - base
            low = bisect_right(before, first - moved << NUMBER_BITS | NUMBERS)
            high = bisect_right(before, last - moved << NUMBER_BITS | NUMBERS, low)
            shift = moved << NUMBER_BITS
            kept += [match + shift for match in before[low:high]] if shift else before[low:high]
            after = last
        windows.append((after, len(text)))
        if not self._look(text, windows, kept):
            return None
        kept.sort()
        return array("Q", kept)

    def _look(self, text: bytes, windows: list[_Window], kept: list[int]) -> bool:
        """Keeps what matches there. False if there is a match of which nobody knows where else one is.

        All windows are looked at together, one behind the other, each with as much before it as a match may have. What
        matches across the seam of two ends in what only is there to be before a window, and so is not kept.
        """
        pieces = [text[max(0, after - self._reach) : to + _BEHIND] for after, to in windows]
        matches = self.of(b"".join(pieces))
        if not matches:
            return True
        ends = list(accumulate(map(len, pieces)))
        for match in matches:
            number, end = match & NUMBERS, match >> NUMBER_BITS
            if number in self._once:
                return False
            piece = bisect_left(ends, end)
            after, to = windows[piece]
            end += min(to + _BEHIND, len(text)) - ends[piece]
            if after < end <= to:
                kept.append(end << NUMBER_BITS | number)
        return True


def noted(seen: Seen) -> Seen | None:
    """What to know of a text when another follows: its matches, unless these are so many that it does not pay."""
    return seen if len(seen) <= _MOST_NOTED else None


def pairs(seen: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Number of the pattern and end of each match."""
    return ((match & NUMBERS, match >> NUMBER_BITS) for match in seen)
