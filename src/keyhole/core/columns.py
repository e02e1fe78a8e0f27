"""Tables for terminals: columns that fit, and cells cut where it hurts least."""

from __future__ import annotations

from collections.abc import Sequence

GAP = "  "
"""Between two columns."""
_LEAST = 12
"""Characters below which no column is made narrower: then the terminal may as well break the lines."""
_MORE = "…"


def fitted(widths: Sequence[int], room: int) -> list[int]:
    """The widths of columns, the widest made narrower until a line has no more than `room` characters."""
    made = list(widths)
    beyond = sum(made) + len(GAP) * (len(made) - 1) - room
    while beyond > 0 and max(made) > _LEAST:
        widest = made.index(max(made))
        others = [width for number, width in enumerate(made) if number != widest]
        step = max(1, min(beyond, made[widest] - max([_LEAST, *others])))
        made[widest] -= step
        beyond -= step
    return made


def shortened(text: str, width: int) -> str:
    """The text in so many characters. A place keeps its end: the file's name and the number of the line."""
    if len(text) <= width:
        return text
    _, colon, line = text.rpartition(":")
    if "/" in text or (colon and line.isdigit()):
        return _MORE + text[len(text) - width + 1 :]
    return text[: width - 1] + _MORE


def lines(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> list[str]:
    """Each row as a line; what is wider than its column moves the others."""
    return [
        GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
