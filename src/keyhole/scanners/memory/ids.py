"""Sets of object ids that are kept in files: twenty bytes each, in order, and looked up without being read first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from keyhole.scanners.packs.index import Bytes, Numbers

_ID = 20
_NAME = re.compile(rb"[0-9a-f]{40}")
_NAMES = re.compile(rb"[0-9a-f]*")
_KIND = "S20"  # compared byte by byte; the bytes that numpy leaves off at the end are zeros on both sides


class Ids:
    """A set of ids."""

    def __init__(self, raw: bytes) -> None:
        """`raw` is what another set's `raw` was."""
        if len(raw) % _ID:
            raise ValueError("not ids")
        self.raw = raw
        self.strings = np.frombuffer(raw, _KIND)

    @classmethod
    def of(cls, *rows: Bytes) -> Ids:
        """The ids in arrays of shape (any, 20)."""
        together = np.ascontiguousarray(np.concatenate([*rows, np.zeros((0, _ID), np.uint8)]))
        ordered = np.sort(together.view(_KIND).ravel())
        # Not np.unique: its first call imports what takes as long as all else here.
        return cls(ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]].tobytes())

    @classmethod
    def of_names(cls, *names: bytes) -> Ids:
        """The ids with these hexadecimal names."""
        return cls.of(rows_of(names))

    def __len__(self) -> int:
        return len(self.strings)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, bytes) and bool(_NAME.fullmatch(name)) and bool(self.has(rows_of([name]))[0])

    def __or__(self, other: Ids) -> Ids:
        small, large = sorted((self, other), key=len)
        if not len(small):
            return large
        new = small.strings[~large.has(small.rows)]
        return Ids(np.insert(large.strings, np.searchsorted(large.strings, new), new).tobytes())

    def __sub__(self, other: Ids) -> Ids:
        return Ids(self.strings[~other.has(self.rows)].tobytes())

    @property
    def rows(self) -> Bytes:
        """All of them, an array of shape (any, 20)."""
        return np.frombuffer(self.raw, np.uint8).reshape(-1, _ID)

    def has(self, rows: Bytes) -> npt.NDArray[np.bool_]:
        """For each of these ids whether it is in the set."""
        where, sought = self._where(rows)
        return np.asarray(self.strings[where] == sought) if len(self) else np.zeros(len(rows), np.bool_)

    def lacks(self, names: set[bytes]) -> set[bytes]:
        """Those of the names that are not in the set, and whatever else is no name of this length."""
        likely = [each for each in names if len(each) == 2 * _ID and each.isalnum()]
        if not _NAMES.fullmatch(b"".join(likely)):  # all at once, as nearly always all of them are names
            likely = [each for each in likely if _NAME.fullmatch(each)]
        has = self.has(rows_of(likely))
        return names.difference(compress(likely, has.tolist()))

    def places(self, names: list[bytes]) -> list[int]:
        """Where in the order of the set each of these is; -1 for one that is not in it."""
        rows = rows_of(names)
        where, _ = self._where(rows)
        return np.where(self.has(rows), where, -1).tolist()

    def _where(self, rows: Bytes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bytes_]]:
        sought = np.ascontiguousarray(rows).view(_KIND).ravel()
        return np.minimum(np.searchsorted(self.strings, sought), max(len(self) - 1, 0)), sought


def rows_of(names: list[bytes] | tuple[bytes, ...] | frozenset[bytes]) -> Bytes:
    """Hexadecimal names as an array of shape (any, 20)."""
    return np.frombuffer(bytes.fromhex(b"".join(names).decode()), np.uint8).reshape(-1, _ID)


def names_of(rows: Bytes) -> list[bytes]:
    """The hexadecimal names of ids in an array."""
    text = rows.tobytes().hex().encode()
    return [text[start : start + 2 * _ID] for start in range(0, len(text), 2 * _ID)]


def joined(ids: Ids, values: Numbers, new: Mapping[bytes, int]) -> tuple[Ids, Numbers]:
    """Ids with a value each, and those of these names that are not among them."""
    rows = rows_of(tuple(new))
    numbers = np.fromiter(new.values(), np.int64, len(new))
    others = ~ids.has(rows)
    added, numbers = np.ascontiguousarray(rows[others]).view(_KIND).ravel(), numbers[others]
    order = np.argsort(added)
    where = np.searchsorted(ids.strings, added[order])
    together = np.insert(ids.strings, where, added[order])
    return Ids(together.tobytes()), np.insert(values, where, numbers[order])
