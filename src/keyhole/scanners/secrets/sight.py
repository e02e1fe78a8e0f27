"""The fast pass: where in a text patterns match, and what of that is known from a text that it is like.

A file's versions are stored as differences from one another. A match in what two of them share is in both, so only the
parts around what differs are looked at again. What comes out is exactly what looking at all of it would give.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

import hyperscan

from keyhole.scanners.packs.difference import Copied, copied

_NUMBER_BITS = 18
_NUMBERS = (1 << _NUMBER_BITS) - 1
_WIDEST = 4096
"""Patterns that may reach further make looking at parts dearer than looking at everything."""
_WORTH = 10_000
"""Bytes of a text that takes no longer to look at than to compare."""
_FEW = 128
"""A difference is short if the text is so many times as long."""
_MOST_NOTED = 10_000
_BEHIND = 2  # bytes that tell a match's end from the end of the text

Seen: TypeAlias = "array[int]"
"""Matches in order of their ends, each a number: its end, then that of its pattern in the lowest 18 bits."""


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
            append(end << _NUMBER_BITS | number)

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
            or any(match & _NUMBERS in self._once for match in before)
        ):
            return self.of(text)[:]
        kept: list[int] = []
        for window in _windows(before, copied(difference), len(text), self._reach, kept):
            start = max(0, window.after - self._reach)
            for match in self.of(text[start : window.to + _BEHIND]):
                if match & _NUMBERS in self._once:
                    return self.of(text)[:]  # nobody knows where else it is
                end = (match >> _NUMBER_BITS) + start
                if window.after < end <= window.to:
                    kept.append(end << _NUMBER_BITS | match & _NUMBERS)
        kept.sort()
        return array("Q", kept)


def noted(seen: Seen) -> Seen | None:
    """What to know of a text when another follows: its matches, unless these are so many that it does not pay."""
    return seen if len(seen) <= _MOST_NOTED else None


def pairs(seen: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Number of the pattern and end of each match."""
    return ((match & _NUMBERS, match >> _NUMBER_BITS) for match in seen)


class _Window(NamedTuple):
    """Matches are to be looked for that end behind `after` and not behind `to`."""

    after: int
    to: int


def _windows(before: Seen, parts: list[Copied], size: int, reach: int, kept: list[int]) -> Iterator[_Window]:
    """Where to look again. What is known of the rest is added to `kept`.

    A match is in both texts if all of it is in a part that they share, with a byte before it and two behind: what is
    there decides about word boundaries, and whether the text ends there or with one more line break.
    """
    after = 0
    for part in parts:
        begins_both = part.start == part.base == 0
        first = part.start if begins_both else part.start + reach
        last = part.start + part.size - _BEHIND
        if last - first < reach:
            continue
        if first > after or not begins_both:
            yield _Window(after, first)
        moved = part.start - part.base
        low = bisect_right(before, (first - moved) << _NUMBER_BITS | _NUMBERS)
        high = bisect_right(before, (last - moved) << _NUMBER_BITS | _NUMBERS)
        kept.extend(match + (moved << _NUMBER_BITS) for match in before[low:high])
        after = last
    yield _Window(after, size)
