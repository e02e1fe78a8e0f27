"""How much a text looks like words: bits per character that tell it from what people name things.

The table is made by scripts/make-trigrams.
"""

from __future__ import annotations

import functools
import zlib
from pathlib import Path

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
    table = _table()
    total, row = 0, 0
    for code in text.translate(_CODES):
        total += table[row * _SYMBOLS + code]
        row = (row % _SYMBOLS) * _SYMBOLS + code
    return total / len(text) / _PER_BIT


@functools.cache
def _table() -> bytes:
    return zlib.decompress(Path(__file__).with_name("trigrams.bin").read_bytes())
