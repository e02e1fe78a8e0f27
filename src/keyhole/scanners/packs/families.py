"""A family is an object that is stored whole and all that is stored as differences from it, however indirectly.

Families share nothing, so they can be read in any order and by several processes. Inside one, bases come before what
differs from them, depth first, so that no more than one chain of bases is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from dulwich._pack import apply_delta  # type: ignore[import-not-found]  # dulwich.pack takes 20 ms to import
from dulwich.errors import ApplyDeltaError
from isal import isal_zlib

from keyhole.scanners.packs.index import BLOB, COMMIT, NO_BASE, TAG, Pack

if TYPE_CHECKING:
    import numpy.typing as npt  # 20 ms that no scan has to wait for

MOST_HELD = 192 << 20
"""Bytes of bases kept at the same time; what would need more is left to git."""
_LONGEST_HEADER = 10


class Wrong(Exception):
    """An object is damaged, or too large for here."""


class Unread(NamedTuple):
    """A position whose object, with all that differs from it, could not be read here."""

    position: int


class Text(NamedTuple):
    """One object."""

    position: int
    text: bytes


class Families:
    """The families of one pack that hold something to examine."""

    def __init__(self, pack: Pack, wanted: npt.NDArray[np.bool_], largest: int) -> None:
        """`wanted` says for each position whether its object is to be read; trees never are.

        Objects of more bytes than `largest` are left unread, and so is what differs from them.
        """
        self.pack = pack
        self._wanted = wanted & np.isin(pack.kinds, (COMMIT, BLOB, TAG))
        self.count = int(self._wanted.sum())
        """How many objects will be read."""
        differences = np.flatnonzero(pack.bases != NO_BASE)
        by_base = differences[np.argsort(pack.bases[differences], kind="stable")]
        counts = np.bincount(pack.bases[differences], minlength=len(pack))
        ends = np.cumsum(counts)
        # Plain lists: reading one number at a time out of an array takes five times as long.
        self._children: list[int] = by_base.tolist()
        self._from: list[int] = (ends - counts).tolist()
        self._to: list[int] = ends.tolist()
        self._starts: list[int] = pack.starts.tolist()
        self._ends: list[int] = pack.ends.tolist()
        self._sizes: list[int] = pack.sizes.tolist()
        self._largest = largest
        self._emit: list[bool] = self._wanted.tolist()
        self.stuck: list[int] = np.flatnonzero(wanted & (pack.kinds == 0)).tolist()
        """Wanted positions whose chain of bases does not end."""

    def parts(self, number: int) -> list[list[int]]:
        """The roots of all families with something wanted, in about that many parts of equal compressed size."""
        roots = np.unique(self.pack.roots[self._wanted])
        weights = np.bincount(
            self.pack.roots, weights=self.pack.ends - self.pack.starts, minlength=len(self.pack)
        )[roots]
        share = np.cumsum(weights) // max(1.0, float(weights.sum()) / number)
        borders = np.flatnonzero(np.diff(share)) + 1
        return [part.tolist() for part in np.split(roots, borders) if len(part)]

    def read(self, roots: list[int]) -> Iterator[Text | Unread]:
        """Every wanted object of these families. What cannot be read is named and the rest goes on."""
        for root in roots:
            yield from self._family(root)

    def _family(self, root: int) -> Iterator[Text | Unread]:
        # A stack of its own: chains may be longer than Python's. NO_BASE marks where a base is let go again.
        stack: list[tuple[int, bytes]] = [(root, b"")]
        held = 0
        while stack:
            position, base = stack.pop()
            if position == NO_BASE:
                held -= len(base)
                continue
            try:
                text = self._text(position, base if position != root else None)
            except Wrong:
                yield from map(Unread, self._below(position))
                continue
            if self._emit[position]:
                yield Text(position, text)
            children = self._children[self._from[position] : self._to[position]]
            if not children:
                continue
            if held + len(text) > MOST_HELD:
                for child in children:
                    yield from map(Unread, self._below(child))
                continue
            held += len(text)
            stack.append((NO_BASE, text))
            stack.extend((child, text) for child in reversed(children))

    def _below(self, position: int) -> Iterator[int]:
        """The wanted positions from this one on down."""
        stack = [position]
        while stack:
            each = stack.pop()
            if self._emit[each]:
                yield each
            stack.extend(self._children[self._from[each] : self._to[each]])

    def _text(self, position: int, base: bytes | None) -> bytes:
        size = self._sizes[position]
        if size > self._largest:
            raise Wrong
        inflater = isal_zlib.decompressobj()
        compressed = self.pack.content[self._starts[position] : self._ends[position]]
        try:
            # One byte more than there must be: only then is the end of the stream, with its checksum, reached.
            content = inflater.decompress(compressed, size + 1)
        except isal_zlib.IsalError as problem:  # type: ignore[misc]  # its stub says instance for class
            raise Wrong from problem
        if len(content) != size or not inflater.eof:
            raise Wrong
        return content if base is None else _patched(base, content, self._largest)


def _patched(base: bytes, difference: bytes, largest: int) -> bytes:
    if _target_size(difference) > largest:
        raise Wrong
    try:
        return b"".join(apply_delta(base, difference))
    except ApplyDeltaError as problem:
        raise Wrong from problem


def _target_size(difference: bytes) -> int:
    """The size that the difference says its object has: the second of the two numbers it begins with."""
    position, number = 0, 0
    for _ in range(2):
        number, shift = 0, 0
        while True:
            if position >= min(len(difference), 2 * _LONGEST_HEADER):
                raise Wrong
            byte = difference[position]
            position += 1
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
    return number
