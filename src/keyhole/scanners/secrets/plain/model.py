"""How much a text looks like words: bits per character that tell it from what people name things.

The table is made by scripts/make-trigrams.
"""

from __future__ import annotations

import functools
import zlib

_SYMBOLS = 28
_PER_BIT = 16
_CODES = bytes(
    (byte | 32) - 96 if 65 <= byte <= 90 or 97 <= byte <= 122 else 27 if 48 <= byte <= 57 else 0
    for byte in range(256)
)


def surprise(text: bytes) -> float:
    """Mean bits of each character after the two before it: about 3 for words, 5 and more for random letters."""
    if not text:
        return 0.0
    rows = _rows()
    total, before, last = 0, 0, 0
    for code in text.translate(_CODES):
        total += rows[before][last][code]
        before, last = last, code
    return total / len(text) / _PER_BIT


@functools.cache
def _rows() -> list[list[bytes]]:
    """For the two symbols before, what each symbol costs."""
    with open(f"{__file__.rpartition('/')[0]}/trigrams.bin", "rb") as file:
        table = zlib.decompress(file.read())
    rows = [table[start : start + _SYMBOLS] for start in range(0, len(table), _SYMBOLS)]
    return [rows[start : start + _SYMBOLS] for start in range(0, len(rows), _SYMBOLS)]
