"""A family is an object that is stored whole and all that is stored as differences from it, however indirectly.

Families share nothing, so they can be read in any order and by several processes. Inside one, bases come before what
differs from them, depth first, so that no more than one chain of bases is in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from dulwich._pack import apply_delta  # type: ignore[import-not-found]  # dulwich.pack takes 20 ms to import
from dulwich.errors import ApplyDeltaError
from isal import isal_zlib

from keyhole.scanners.packs.index import NO_BASE, Pack

if TYPE_CHECKING:
    import numpy.typing as npt  # 20 ms that no scan has to wait for

MOST_HELD = 192 << 20
"""Bytes of bases kept at the same time; what would need more is left to git."""
_MORE = 0x80
_LONGEST_SHIFT = 63
_LONGEST_HEADER = 10
_SURELY_SMALL = 8 << 10
"""Compressed bytes that cannot become more than a few MiB, so that they need no limit: a byte makes 1,032 at most."""


class Wrong(Exception):
    """An object is damaged, or too large for here."""


class Unread(NamedTuple):
    """A position whose object, with all that differs from it, could not be read here."""

    position: int


class Text:
    """One object."""

    __slots__ = ("base", "difference", "note", "position", "text")

    def __init__(self, position: int, text: bytes, base: Text | None = None, difference: bytes = b"") -> None:
        self.position = position
        self.text = text
        self.base = base
        """What it is stored as a difference from."""
        self.difference = difference
        """As it is stored; see `difference.copied`."""
        self.note: Any = None
        """What whoever reads it wants to know again when it reads what differs from it."""


class Part:
    """Some families, with what is needed to read them as plain lists: reading single numbers of an array is slow."""

    def __init__(self, pack: Pack, members: npt.NDArray[np.int64], emit: npt.NDArray[np.bool_]) -> None:
        """`members` are the positions of whole families, those of one family next to each other and in order."""
        self.positions: list[int] = members.tolist()
        self.emit: list[bool] = emit[members].tolist()
        """Which of them are wanted."""
        columns = (pack.starts, pack.ends, pack.sizes)
        self.stored: list[tuple[int, int, int]] = list(
            zip(*(each[members].tolist() for each in columns), strict=True)
        )
        """Where the compressed bytes begin and end, and how many these are when inflated."""
        count = len(members)
        bases = pack.bases[members]
        by_position = np.argsort(members, kind="stable")
        differences = np.flatnonzero(bases != NO_BASE)
        base = by_position[np.searchsorted(members[by_position], bases[differences])]
        order = np.argsort(base, kind="stable")
        counts = np.bincount(base, minlength=count)
        ends = np.cumsum(counts)
        self._children: list[int] = differences[order].tolist()
        self._from: list[int] = (ends - counts).tolist()
        self._to: list[int] = ends.tolist()
        self.roots: list[int] = np.flatnonzero(bases == NO_BASE).tolist()
        """Those that are stored whole. Like all numbers here, places in the lists."""

    def children(self, number: int) -> list[int]:
        """What differs from this one directly."""
        return self._children[self._from[number] : self._to[number]]

    def below(self, number: int) -> Iterator[int]:
        """The wanted positions from this one on down."""
        stack = [number]
        while stack:
            each = stack.pop()
            if self.emit[each]:
                yield self.positions[each]
            stack.extend(self.children(each))


class Families:
    """The families of one pack that hold something that is wanted."""

    def __init__(self, pack: Pack, wanted: npt.NDArray[np.bool_], largest: int) -> None:
        """`wanted` says for each position whether its object is to be read.

        Objects of more bytes than `largest` are left unread, and so is what differs from them.
        """
        self.pack = pack
        self._wanted = wanted & (pack.kinds != 0)
        self.count = int(self._wanted.sum())
        """How many objects will be read."""
        self.stored = int((pack.ends - pack.starts)[self._wanted].sum())
        """How many bytes these are in the pack."""
        self._largest = largest
        self.stuck: list[int] = np.flatnonzero(wanted & (pack.kinds == 0)).tolist()
        """Wanted positions whose chain of bases does not end."""

    def parts(self, number: int) -> list[Callable[[], Part]]:
        """All families with something wanted, in about that many parts of equal compressed size.

        Each is made when it is called for: all of them at once would take much memory.
        """
        pack = self.pack
        needed = np.zeros(len(pack), np.bool_)
        needed[pack.roots[self._wanted]] = True
        members = np.flatnonzero(needed[pack.roots])
        members = members[np.argsort(pack.roots[members], kind="stable")]
        roots = pack.roots[members]
        first = np.flatnonzero(np.append(True, roots[1:] != roots[:-1])) if len(roots) else roots
        weights = np.add.reduceat(pack.ends[members] - pack.starts[members], first) if len(first) else first
        share = np.cumsum(weights) // max(1.0, float(weights.sum()) / number)
        borders = first[np.flatnonzero(np.diff(share)) + 1] if len(first) else first
        return [
            lambda part=part: Part(pack, part, self._wanted)  # type: ignore[misc]  # bound now, not later
            for part in np.split(members, borders)
            if len(part)
        ]

    def read(self, part: Part) -> Iterator[Text | Unread]:
        """Every wanted object of these families. What cannot be read is named and the rest goes on."""
        emit = part.emit
        for root in part.roots:
            # A stack of its own: chains may be longer than Python's. NO_BASE marks where a base is let go again.
            stack: list[tuple[int, Text | None]] = [(root, None)]
            held = 0
            while stack:
                number, base = stack.pop()
                if number == NO_BASE:
                    held -= len(base.text) if base is not None else 0
                    continue
                try:
                    item = self._text(part, number, base)
                except Wrong:
                    yield from map(Unread, part.below(number))
                    continue
                if emit[number]:
                    yield item
                item.base, item.difference = None, b""  # not needed any more, and not counted as held
                children = part.children(number)
                if not children:
                    continue
                if held + len(item.text) > MOST_HELD:
                    for child in children:
                        yield from map(Unread, part.below(child))
                    continue
                held += len(item.text)
                stack.append((NO_BASE, item))
                stack.extend((child, item) for child in reversed(children))

    def _text(self, part: Part, number: int, base: Text | None) -> Text:
        """The object at this place of the part, made from its base if it is a difference. Raises Wrong."""
        start, end, size = part.stored[number]
        if size > self._largest:
            raise Wrong
        content = _inflated(self.pack.content[start:end], size)
        if base is None:
            return Text(part.positions[number], content)
        return Text(part.positions[number], _patched(base.text, content, self._largest), base, content)


def _inflated(compressed: bytes, size: int) -> bytes:
    """An object, or a difference, of so many bytes. Raises Wrong."""
    try:
        if len(compressed) < _SURELY_SMALL:
            content = isal_zlib.decompress(compressed, 15, size + 1)
        else:
            # One byte more than there must be: only then is the end, with its checksum, reached.
            inflater = isal_zlib.decompressobj()
            content = inflater.decompress(compressed, size + 1)
            if not inflater.eof:
                raise Wrong
    except isal_zlib.IsalError as problem:  # type: ignore[misc]  # its stub says instance for class
        raise Wrong from problem
    if len(content) != size:
        raise Wrong
    return content


def _patched(base: bytes, difference: bytes, largest: int) -> bytes:
    """What a difference makes of its base. Raises Wrong."""
    if _target_size(difference) > largest:
        raise Wrong
    try:
        return b"".join(apply_delta(base, difference))
    except ApplyDeltaError as problem:
        raise Wrong from problem


def _target_size(difference: bytes) -> int:
    """The size that the difference says its object has: the second of the two numbers it begins with."""
    position = number = shift = 0
    try:
        while difference[position] >= _MORE:
            position += 1
            if position > _LONGEST_HEADER:
                raise Wrong
        while True:
            position += 1
            byte = difference[position]
            number |= (byte & 0x7F) << shift
            if byte < _MORE:
                break
            shift += 7
            if shift > _LONGEST_SHIFT:
                raise Wrong
    except IndexError:
        raise Wrong from None
    return number
