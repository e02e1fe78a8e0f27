"""A pack and its index as arrays: where each object begins, what it is, and what it is a difference from."""

from __future__ import annotations

import mmap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt  # 20 ms that no scan has to wait for

    Numbers = npt.NDArray[np.int64]
    Bytes = npt.NDArray[np.uint8]

COMMIT, TREE, BLOB, TAG, _UNUSED, _OFS_DELTA, _REF_DELTA = 1, 2, 3, 4, 5, 6, 7
KINDS = {COMMIT: "commit", BLOB: "blob", TAG: "tag"}
"""The kinds of objects that are examined, by their number in a pack."""
_EXAMINED = np.array([kind in (*KINDS, 0) for kind in range(256)])
NO_BASE = -1
_ID_BYTES = 20
_HEADER = 12
_MAGIC = b"\377tOc\0\0\0\2"
_FANOUT = 256 * 4
_LARGE = 0x80000000
_BITS = 16
_LONGEST_NUMBER = 9
_LONGEST_CHAIN = 16
"""Doublings: a chain of more than 65,536 differences is left to git."""


class NotPlain(Exception):
    """The pack is damaged or of a kind that is not read here; git reads it instead."""


@dataclass(frozen=True, slots=True, eq=False)
class Pack:
    """One pack. All arrays have an entry per object, in the order in which the objects lie in the file."""

    content: mmap.mmap
    ids: Bytes
    """Shape (objects, 20)."""
    starts: Numbers
    """Where the compressed bytes begin."""
    ends: Numbers
    """Where the next object begins: the compressed bytes end at or before it."""
    sizes: Numbers
    """Bytes when inflated: of the object, or of the difference."""
    bases: Numbers
    """Position of the object that it is a difference from, or NO_BASE."""
    roots: Numbers
    """Position of the object at the end of the chain of bases: itself if it is stored whole."""
    kinds: Bytes
    """What the object is; for a difference what its root is. 0 where the chain does not end."""

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def examined(self) -> npt.NDArray[np.bool_]:
        """For each object whether it is of a kind that is examined, or could be: that of its base is not known."""
        return np.asarray(_EXAMINED[self.kinds])

    def name(self, position: int) -> bytes:
        """The object's id, hexadecimal."""
        return self.ids[position].tobytes().hex().encode()


def open_pack(index: Path) -> Pack:
    """The pack of an index file. NotPlain when it is not exactly as documented, OSError when it cannot be read."""
    ids, offsets = _read_index(index.read_bytes())
    with index.with_suffix(".pack").open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    data = np.frombuffer(content, np.uint8)
    count = len(offsets)
    if content[:8] != b"PACK\0\0\0\2" or int.from_bytes(content[8:_HEADER], "big") != count:
        raise NotPlain("not a pack of version 2 with as many objects as its index has")
    order = _order(offsets)
    ids, offsets = np.take(ids, order, axis=0), offsets[order]  # three times as fast as ids[order]
    ends = np.append(offsets[1:], len(data) - _ID_BYTES)
    if count and (offsets[0] != _HEADER or bool((ends <= offsets).any())):
        raise NotPlain("objects overlap")
    kinds, sizes, starts = _headers(data, offsets)
    bases, starts = _bases(data, ids, offsets, kinds, starts)
    if bool((starts >= ends).any()):
        raise NotPlain("an object has no content")
    roots = _roots(bases)
    of_root = kinds[roots]
    of_root[of_root >= _OFS_DELTA] = 0
    return Pack(content, ids, starts, ends, sizes, bases, roots, of_root)


def _read_index(table: bytes) -> tuple[Bytes, Numbers]:
    """Ids and offsets, in the order of ids. Only version 2 with 20-byte ids.

    With 32-byte ids (SHA-256) an entry is 12 bytes longer, so that such an index is never as long as it had to be.
    """
    if table[:8] != _MAGIC:
        raise NotPlain("not an index of version 2")
    count = int.from_bytes(table[8 + _FANOUT - 4 : 8 + _FANOUT], "big")
    at = 8 + _FANOUT
    small = at + count * (_ID_BYTES + 4)
    large = small + count * 4
    trailer = 2 * _ID_BYTES
    if len(table) < large + trailer:
        raise NotPlain("the index is too short")
    ids = np.frombuffer(table, np.uint8, count * _ID_BYTES, at).reshape(count, _ID_BYTES)
    offsets = np.frombuffer(table, ">u4", count, small).astype(np.int64)
    far = offsets >= _LARGE
    if len(table) != large + 8 * int(far.sum()) + trailer:
        raise NotPlain("an index of another length than its entries, as one with ids of another kind is")
    if far.any():
        longs = np.frombuffer(table, ">u8", int(far.sum()), large).astype(np.int64)
        where = offsets[far] - _LARGE
        if bool((where >= len(longs)).any()):
            raise NotPlain("the index points outside of itself")
        offsets[far] = longs[where]
    return ids, offsets


def _order(offsets: Numbers) -> Numbers:
    """The places of the numbers in ascending order: as np.argsort, in a third of the time.

    By sixteen bits after the other, which numpy sorts without comparing.
    """
    order = np.argsort(offsets.astype(np.uint16), kind="stable")
    for shift in range(_BITS, int(offsets.max(initial=0)).bit_length(), _BITS):
        order = order[np.argsort((offsets[order] >> shift).astype(np.uint16), kind="stable")]
    return order


def _at(data: Bytes, where: Numbers) -> Numbers:
    if len(where) and (int(where.max()) >= len(data) or int(where.min()) < 0):
        raise NotPlain("a header leaves the pack")
    return data[where].astype(np.int64)


def _headers(data: Bytes, offsets: Numbers) -> tuple[Bytes, Numbers, Numbers]:
    """Kind, size, and where the header ends, of all objects at once."""
    byte = _at(data, offsets)
    kinds = ((byte >> 4) & 7).astype(np.uint8)
    sizes, position = byte & 15, offsets + 1
    going = np.flatnonzero(byte & 0x80)
    for turn in range(_LONGEST_NUMBER):
        if not len(going):
            break
        byte = _at(data, position[going])
        sizes[going] |= (byte & 0x7F) << (4 + 7 * turn)
        position[going] += 1
        going = going[(byte & 0x80) != 0]
    if len(going) or bool((sizes < 0).any()) or bool(((kinds == 0) | (kinds == _UNUSED)).any()):
        raise NotPlain("a header is not understood")
    return kinds, sizes, position


def _bases(
    data: Bytes, ids: Bytes, offsets: Numbers, kinds: Bytes, position: Numbers
) -> tuple[Numbers, Numbers]:
    """The base of each difference, and where its compressed bytes begin."""
    bases = np.full(len(offsets), NO_BASE, np.int64)
    near = np.flatnonzero(kinds == _OFS_DELTA)
    byte = _at(data, position[near])
    position[near] += 1
    back = byte & 0x7F
    going = np.flatnonzero(byte & 0x80)
    for _ in range(_LONGEST_NUMBER):
        if not len(going):
            break
        byte = _at(data, position[near[going]])
        back[going] = ((back[going] + 1) << 7) | (byte & 0x7F)
        position[near[going]] += 1
        going = going[(byte & 0x80) != 0]
    wanted = offsets[near] - back
    # A number of more than 63 bits leads anywhere, also behind the last object.
    bases[near] = np.minimum(np.searchsorted(offsets, wanted), len(offsets) - 1)
    if len(going) or bool((back < 0).any()) or bool((offsets[bases[near]] != wanted).any()):
        raise NotPlain("a difference is from something that is no object")
    named = np.flatnonzero(kinds == _REF_DELTA)
    if len(named):
        bases[named] = _positions(data, ids, position[named])
        position[named] += _ID_BYTES
    return bases, position


def _positions(data: Bytes, ids: Bytes, where: Numbers) -> list[int]:
    by_id = {row.tobytes(): position for position, row in enumerate(ids)}
    found = [by_id.get(data[start : start + _ID_BYTES].tobytes()) for start in where.tolist()]
    if None in found:
        raise NotPlain("a difference is from an object of another pack")
    return [position for position in found if position is not None]


def _roots(bases: Numbers) -> Numbers:
    roots = np.where(bases == NO_BASE, np.arange(len(bases)), bases)
    for _ in range(_LONGEST_CHAIN):
        further = roots[roots]
        if bool((further == roots).all()):
            break
        roots = further
    return roots


def among(values: Numbers, wanted: Numbers) -> npt.NDArray[np.bool_]:
    """For each value whether it is among the wanted ones. As np.isin, whose first call imports for 20 ms."""
    if not len(wanted):
        return np.zeros(len(values), np.bool_)
    ordered = np.sort(wanted)
    where = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    return np.asarray(ordered[where] == values)


def ids_of(pack: Pack, chosen: npt.NDArray[Any]) -> list[bytes]:
    """Hexadecimal ids of the chosen positions."""
    text = pack.ids[chosen].tobytes().hex().encode()
    width = 2 * _ID_BYTES
    return [text[start : start + width] for start in range(0, len(text), width)]
