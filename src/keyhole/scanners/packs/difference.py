"""What a difference takes over from its base: the instructions of a delta as git stores them.

Source: gitformat-pack(5), "Deltified representation".
"""

from __future__ import annotations

from typing import NamedTuple

_COPY = 0x80
_OFFSET_BITS, _SIZE_BITS = 4, 3
_DEFAULT_SIZE = 0x10000


def _shifts(bits: int) -> list[tuple[int, ...]]:
    """For each value of so many bits, where the bytes belong that these say follow."""
    return [tuple(8 * bit for bit in range(bits) if value >> bit & 1) for value in range(1 << bits)]


_OFFSET_SHIFTS, _SIZE_SHIFTS = _shifts(_OFFSET_BITS), _shifts(_SIZE_BITS)


class Copied(NamedTuple):
    """A part of a text that stands in its base, too. In bytes."""

    start: int
    """Where it begins."""
    base: int
    """Where it begins in the base."""
    size: int


def copied(difference: bytes) -> list[Copied]:
    """All parts that are taken over, in the order of the text. The difference must be one that could be applied.

    Who applied it may have ignored a last copy that leaves the base or the text, and so does this.
    """
    whole, position = _number(difference, 0)
    wanted, position = _number(difference, position)
    end = len(difference)
    parts: list[Copied] = []
    made = 0
    while position < end:
        instruction = difference[position]
        position += 1
        if instruction < _COPY:  # so many bytes of its own follow
            position += instruction
            made += instruction
            continue
        offset = size = 0
        for shift in _OFFSET_SHIFTS[instruction & 0x0F]:
            offset |= difference[position] << shift
            position += 1
        for shift in _SIZE_SHIFTS[instruction >> 4 & 0x07]:
            size |= difference[position] << shift
            position += 1
        size = size or _DEFAULT_SIZE
        if offset + size > whole or made + size > wanted:
            break
        last = parts[-1] if parts else None
        if last is not None and last.start + last.size == made and last.base + last.size == offset:
            parts[-1] = Copied(last.start, last.base, last.size + size)  # one copy takes 64 KiB at most
        else:
            parts.append(Copied(made, offset, size))
        made += size
    return parts


def _number(difference: bytes, position: int) -> tuple[int, int]:
    """The number that stands here, and where it ends."""
    number = shift = 0
    while (byte := difference[position]) >= _COPY:
        number |= (byte & 0x7F) << shift
        shift += 7
        position += 1
    return number | byte << shift, position + 1
