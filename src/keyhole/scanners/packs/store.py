"""All objects of a repository: those in plain packs, read here, and the others, which git reads."""

from __future__ import annotations

import mmap
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keyhole.scanners.packs.families import Families
from keyhole.scanners.packs.index import NotPlain, Pack, among, ids_of, open_pack

if TYPE_CHECKING:
    from keyhole.scanners.memory.ids import Ids
    from keyhole.scanners.packs.index import Bytes, Numbers

_ID_DIGITS = 40
_LONG_ID_DIGITS = 64


class Store:
    """What is stored in an `objects` folder."""

    def __init__(self, objects: Path, closed: frozenset[str] = frozenset()) -> None:
        """Packs with the names in `closed` are not opened.

        NotPlain when it is of a kind where reading here could miss something: git then has to read all of it.
        """
        self.folder = objects
        folder = objects / "pack"
        if any(folder.glob("*.promisor")):
            raise NotPlain("a partial clone")
        # Before packs: git may pack meanwhile what lay in a file, and then it must be seen here or there.
        self.loose = frozenset(_loose(objects))
        """Ids of objects in files of their own, hexadecimal."""
        indexes = sorted(folder.glob("*.idx"))
        self.names = frozenset(index.stem for index in indexes if index.with_suffix(".pack").is_file())
        """Of all packs."""
        self.packs = [open_pack(index) for index in indexes if index.stem not in closed]

    def families(
        self, wanted: frozenset[bytes] | None, largest: int, read: Ids | None = None
    ) -> list[Families]:
        """The families of files and messages of each pack, each object in the first pack that has it.

        None means every object. What has been `read` is left out.
        """
        starts = [_starts_of_ids(pack) for pack in self.packs]
        chosen = None if wanted is None else _starts_of_texts(wanted)
        found = []
        for number, pack in enumerate(self.packs):
            mask = np.ones(len(pack), np.bool_) if chosen is None else among(starts[number], chosen)
            mask[self._again(number, starts)] = False
            mask &= pack.examined
            if read is not None:
                mask[mask] = ~read.has(pack.ids[mask])
            found.append(Families(pack, mask, largest))
        return found

    def _again(self, number: int, starts: list[Numbers]) -> list[int]:
        """Positions in this pack of objects that an earlier one has, too."""
        earlier = starts[:number]
        if not earlier:
            return []
        likely = np.flatnonzero(among(starts[number], np.concatenate(earlier)))
        seen: set[bytes] = set()
        for pack, theirs in zip(self.packs, earlier, strict=False):
            seen.update(ids_of(pack, among(theirs, starts[number][likely])))
        mine = ids_of(self.packs[number], likely)
        return [int(position) for position, name in zip(likely, mine, strict=True) if name in seen]

    def only_loose(self) -> list[bytes]:
        """Ids of objects that are in no pack, in order."""
        return sorted(self.not_packed(self.loose))

    def not_packed(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of these objects that are in no pack that is open."""
        left = set(ids)
        starts = _starts_of_texts(left)
        for pack in self.packs:
            left.difference_update(ids_of(pack, among(_starts_of_ids(pack), starts)))
        return left

    def rest(self) -> None:
        """Lets go of the memory that content takes, until it is looked at again."""
        for pack in self.packs:
            pack.content.madvise(mmap.MADV_DONTNEED)

    def rows(self) -> list[Bytes]:
        """Ids of all files and messages in each pack, as arrays of shape (any, 20)."""
        return [pack.ids[pack.examined] for pack in self.packs]


def _loose(objects: Path) -> Iterable[bytes]:
    for folder in objects.iterdir():
        if len(folder.name) == 2 and folder.is_dir():
            for file in folder.iterdir():
                name = folder.name + file.name
                if len(name) == _LONG_ID_DIGITS:
                    raise NotPlain("ids of SHA-256")
                if len(name) == _ID_DIGITS:
                    yield name.encode("ascii", "replace")


def _starts_of_ids(pack: Pack) -> Numbers:
    """The first eight bytes of each id: enough to look for, not enough to be sure."""
    return np.ascontiguousarray(pack.ids[:, :8]).view(">i8").ravel()


def _starts_of_texts(ids: Iterable[bytes]) -> Numbers:
    return np.frombuffer(bytes.fromhex("".join(each[:16].decode() for each in ids)), ">i8")
