"""Names for copies of files: as in the repository where that is harmless, and nothing hidden."""

from __future__ import annotations

import re

_PLAIN = re.compile(rb"[A-Za-z0-9_][A-Za-z0-9_.@+=,~-]{0,99}")
_SUFFIX = re.compile(rb"\.[a-z0-9]{1,12}(\.[a-z0-9]{1,12})?\Z")


def plain_path(number: int, path: bytes) -> str:
    """The path with every piece that is not plain replaced; `number` makes the replacements unlike others.

    Pieces that begin with a dot lose that, since programs pass over what is hidden, and read settings from there.
    """
    return "/".join(_piece(piece, number) for piece in path.split(b"/"))


def _piece(piece: bytes, number: int) -> str:
    if piece.startswith(b"."):
        piece = b"dot" + piece
    if _PLAIN.fullmatch(piece):
        return piece.decode("ascii")
    suffix = _SUFFIX.search(piece.lower())
    return f"_{number}{suffix[0].decode('ascii') if suffix else ''}"
