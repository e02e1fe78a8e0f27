"""What is remembered of a repository from one complete scan to the next: what was read, what was in it, and where.

No value of a secret is in it, only what findings say anyway. It belongs to one repository, one set of rules and one
key: for any other it is as good as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from keyhole.scanners.attribution import Places
from keyhole.scanners.collect import Record
from keyhole.scanners.memory.ids import Ids

if TYPE_CHECKING:
    from keyhole.scanners.packs.index import Numbers

_BYTES_OF_A_HIT = 200
MOST_BYTES = 256 << 20
"""Of a memory. A repository that would need more is read anew each time."""


class Grown(NamedTuple):
    """What joined the ids of a repository since all of them were written."""

    beside: bytes
    """A digest of what was written."""
    read: Ids
    commits: Ids
    seconds: Numbers


@dataclass(frozen=True, slots=True)
class Memory:
    """One repository as it was when a scan ended."""

    identity: str
    """Rules, limits and scanners that it holds for."""
    packs: frozenset[str]
    """Names of the packs that there were. All of them was read, but of a part."""
    loose: Ids
    """Objects that were in files of their own."""
    read: Ids
    """All files and messages that were read."""
    commits: Ids
    """All commits that refs reached, or those of the part."""
    seconds: Numbers
    """Of each commit, in the order of `commits`, the seconds that its place in the order is made of."""
    tips: tuple[bytes, ...]
    """Commits that refs named; of a part, what was asked for, which may be a tag."""
    objects: int
    """How many were read, of all kinds that are."""
    size: int
    """Bytes of those."""
    closed: list[list[Any]]
    """What nobody could look into, as `Trouble.told` told it."""
    found: tuple[Record, ...]
    """Every hit."""
    places: Places
    """Of the objects with hits that a commit leads to."""
    part: bool = False
    """Whether it is of one branch or tag: then packs hold objects that were not read, and all that were are its."""
    grown: Grown | None = None
    """None if nothing was written of these ids yet, or if some of those that were have left."""

    def elsewhere(self) -> Memory:
        """The same for a scan that leaves what it remembers in another place, where none of these ids are."""
        return replace(self, grown=None)

    @property
    def closed_in(self) -> frozenset[bytes]:
        """The objects that `closed` counts something in."""
        return frozenset(each.encode() for _, _, objects in self.closed for each in objects)

    @property
    def bytes_at_least(self) -> int:
        """How much is to be written, without most of the words between."""
        hits = sum(len(each.sites) for each in self.found) + sum(map(len, self.places.values()))
        return len(self.read.raw) + len(self.loose.raw) + 28 * len(self.commits) + _BYTES_OF_A_HIT * hits
