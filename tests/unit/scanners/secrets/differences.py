"""Texts made from others, with the differences that git would store."""

from __future__ import annotations

import random
from collections.abc import Sequence

SIZES = b"\xff\xff\x7f" * 2
"""What a difference begins with: how long both texts are. As long as can be, as nobody asks here."""


def copy(start: int, size: int) -> bytes:
    """The instruction that takes over a part of the base."""
    return b"\xb3" + start.to_bytes(2, "little") + size.to_bytes(2, "little")


def changed(
    chance: random.Random, base: bytes, pieces: Sequence[bytes], longest: int = 300
) -> tuple[bytes, bytes]:
    """A text made of parts of another and of its own, and the difference that makes it."""
    text, made = b"", SIZES
    for _ in range(chance.randrange(1, 9)):
        if chance.random() < 0.6 and base:
            start = chance.choice([0, chance.randrange(len(base))])
            size = min(len(base) - start, chance.randrange(1, longest))
            made += copy(start, size)
            text += base[start : start + size]
        else:
            own = b"".join(chance.choices(pieces, k=chance.randrange(1, 12)))[:127]
            made += bytes([len(own)]) + own
            text += own
    return text, made
