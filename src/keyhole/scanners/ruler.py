"""Offsets in a text as people name them: lines and columns, from 1."""

from __future__ import annotations

_LONGEST_LINE = 1 << 20
_CONTINUES = range(0x80, 0xC0)  # in UTF-8: a byte that no character begins with
_MOST_CONTINUING = 3


class Ruler:
    """Laid along a text once. Offsets that rise cost no more than the text together, however many there are.

    Counting for each from where the text begins would take hours of a text that is nothing but hits.
    """

    def __init__(self, text: bytes, lines_before: int, column_before: int) -> None:
        self._text = text
        self._before = lines_before, column_before
        self._begin()

    def _begin(self) -> None:
        self._lines = self._line_start = self._to = 0
        self._characters = self._counted = 0

    def measure(self, offset: int) -> tuple[int, int]:
        """Line and column. Columns are characters, as editors count; in a line beyond any editor, bytes."""
        if offset < self._to:
            self._begin()
        if breaks := self._text.count(b"\n", self._to, offset):
            self._lines += breaks
            self._line_start = self._counted = self._text.rfind(b"\n", self._to, offset) + 1
            self._characters = 0
        self._to = offset
        column = offset - self._line_start
        if column <= _LONGEST_LINE:
            column = self._characters_to(offset)
        lines_before, column_before = self._before
        return lines_before + self._lines + 1, column + 1 + (column_before if not self._line_start else 0)

    def _characters_to(self, offset: int) -> int:
        """Of the line. What was counted is kept up to where a character ends, so that none is counted in halves."""
        whole = self._ended(offset)
        self._characters += _count(self._text[self._counted : whole])
        self._counted = whole
        return self._characters + _count(self._text[whole:offset])

    def _ended(self, offset: int) -> int:
        for place in range(offset, max(offset - _MOST_CONTINUING, self._counted) - 1, -1):
            if place == self._counted or place == len(self._text) or self._text[place] not in _CONTINUES:
                return place
        return offset  # behind as many as one character has there is none to be cut


def _count(part: bytes) -> int:
    return len(part.decode("utf-8", "replace"))
