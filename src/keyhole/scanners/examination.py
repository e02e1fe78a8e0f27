"""What scanners see of an object, and where in it their hits are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from keyhole.scanners.interface import Examiner, Hit
from keyhole.scanners.objects import Piece

_LONGEST_LINE = 1 << 20


class Site(NamedTuple):
    """One hit in one object."""

    object_id: bytes
    kind: str
    line: int
    column: int
    note: str = ""
    """See `keyhole.core.finding.Location.note`."""


class Found(NamedTuple):
    """A hit, by which scanner and where."""

    scanner: str
    hit: Hit
    site: Site


def examine(examiners: Mapping[str, Examiner], piece: Piece) -> list[Found]:
    """Everything that the scanners find in a piece of an object."""
    text, from_, to = readable(piece)
    return [
        Found(name, hit, _site(piece, text, hit))
        for name, examiner in examiners.items()
        for hit in examiner.examine(text)
        if from_ <= hit.start < to
    ]


def readable(piece: Piece) -> tuple[bytes, int, int]:
    """The text to examine, and the offsets between which hits count."""
    text = piece.text
    if piece.entry.kind != "blob":
        message = text.partition(b"\n\n")[2]  # the lines before are ids and names
        return message, 0, len(message)
    if text[:2] in {b"\xff\xfe", b"\xfe\xff"} and piece.keep_to == len(text) and piece.keep_from == 0:
        text = text.decode("utf-16", "replace").encode("utf-8", "replace")
        return text, 0, len(text)
    return text, piece.keep_from, piece.keep_to


def _site(piece: Piece, text: bytes, hit: Hit) -> Site:
    start = hit.start
    line_start = text.rfind(b"\n", 0, start) + 1
    line = piece.lines_before + text.count(b"\n", 0, start) + 1
    before = text[line_start:start]
    # Characters, as editors count; in a line beyond any editor, bytes.
    column = len(before) if len(before) > _LONGEST_LINE else len(before.decode("utf-8", "replace"))
    column += 1 + (piece.column_before if line_start == 0 else 0)
    return Site(piece.entry.object_id, piece.entry.kind, line, column, hit.note)
