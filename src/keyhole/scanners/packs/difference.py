"""What a difference takes over from its base: the instructions of a delta as git stores them.

Source: gitformat-pack(5), "Deltified representation".
"""

from __future__ import annotations

from typing import NamedTuple

_COPY = 0x80
_OFFSET_BITS, _SIZE_BITS = 4, 3
_DEFAULT_SIZE = 0x10000


def _shifts(first: int, bits: int) -> list[tuple[int, ...]]:
    """For each instruction, where the bytes belong that so many of its bits say follow."""
    return [tuple(8 * bit for bit in range(bits) if byte >> first + bit & 1) for byte in range(256)]


_OFFSET_SHIFTS, _SIZE_SHIFTS = _shifts(0, _OFFSET_BITS), _shifts(_OFFSET_BITS, _SIZE_BITS)


class Copied(NamedTuple):
    """A part of a text that stands in its base, too. In bytes."""

    start: int
    """Where it begins."""
    base: int
    """Where it begins in the base."""
    size: int


def copied(difference: bytes, least: int = 1) -> list[Copied]:
    """The parts of at least so many bytes that are taken over, in the order of the text.

    The difference must be one that could be applied. Who applied it may have ignored a last copy that leaves the base
    or the text, and so does this.
    """
    whole, position = _number(difference, 0)
    wanted, position = _number(difference, position)
    end = len(difference)
    parts: list[Copied] = []
    start = base = size = made = 0
    while position < end:
        instruction = difference[position]
        position += 1
        if instruction < _COPY:  # so many bytes of its own follow
            position += instruction
            made += instruction
            continue
        offset = length = 0
        for shift in _OFFSET_SHIFTS[instruction]:
            offset |= difference[position] << shift
            position += 1
        for shift in _SIZE_SHIFTS[instruction]:
            length |= difference[position] << shift
            position += 1
        length = length or _DEFAULT_SIZE
        if offset + length > whole or made + length > wanted:
            break
        if start + size == made and base + size == offset:
            size += length  # one copy takes 64 KiB at most
        else:
            if size >= least:
                parts.append(Copied(start, base, size))
            start, base, size = made, offset, length
        made += length
    if size >= least:
        parts.append(Copied(start, base, size))
    return parts


def _number(difference: bytes, position: int) -> tuple[int, int]:
    """The number that stands here, and where it ends."""
    number = shift = 0
    while (byte := difference[position]) >= _COPY:
        number |= (byte & 0x7F) << shift
        shift += 7
        position += 1
    return number | byte << shift, position + 1
