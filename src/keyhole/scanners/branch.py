"""The history of one branch or tag: read whole, or only as far as it has changed since it was read before.

Packs hold what other branches have, too, which was not read and may be merged some day. So the objects that are the
branch's are what is remembered, and git is asked which ones joined them. Where some may have left, as after a force
push, git lists all that it leads to, and what was read before is still not read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from keyhole.scanners.attribution import Commits, Sought, all_commits
from keyhole.scanners.collect import Record
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.interface import Examiner
from keyhole.scanners.limits import Limits
from keyhole.scanners.memory.ids import Ids, rows_of
from keyhole.scanners.memory.memory import Grown, Memory
from keyhole.scanners.objects import Entry, Trouble, list_since
from keyhole.scanners.packs.store import Store
from keyhole.scanners.past import Past
from keyhole.scanners.reporter import Report

if TYPE_CHECKING:
    from keyhole.scanners.joining import Joined

_FEW = 2_000
"""So many objects git finds in packs sooner than these are opened here."""


class Branch(Past):
    """One scan of it."""

    def __init__(
        self,
        git: Git,
        examiners: Mapping[str, Examiner],
        limits: Limits,
        trouble: Trouble,
        report: Report,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(git, examiners, limits, trouble, report, memory)
        self._entries: list[Entry] = []
        self._taken = Ids.of()
        self._elsewhere: set[bytes] = set()

    def _can_use(self, memory: Memory) -> bool:
        # That of another branch, or of everything, is like this one's own from before a push that took some away.
        return True

    def _recall(self, store: Store) -> Store:
        if self._trouble.counts:
            self._memory = None  # history may be cut off: what is remembered was of more
        self._joined = super()._since(self._memory) if self._memory is not None else None
        entries = self._grown(store)
        self._entries = entries = self._listed() if entries is None else entries
        if len(store.packs) < len(store.names):
            self._elsewhere = store.not_packed(entry.object_id for entry in entries)
            if self._memory is not None and len(self._elsewhere) <= _FEW:
                return store
            store = self.reading.store(store.folder) or store
        whole = len(store.packs) == len(store.names)
        self._elsewhere = set(store.only_loose()) if whole else store.not_packed(self._elsewhere)
        return store

    def _read_store(self, store: Store) -> None:
        left = self._elsewhere.union(self._read_packs(store, self._entries, None))
        self.reading.through_git([entry for entry in self._entries if entry.object_id in left])

    def _grown(self, store: Store) -> list[Entry] | None:
        """What joined all that was read before; None if some of that may not be there any more, or not be its."""
        memory, joined = self._memory, self._joined
        if memory is None or not memory.part or joined is None or joined.less:
            return None
        if self._packs_gone or self._gone(store, memory.loose):
            return None
        entries: list[Entry] | None = []
        if set(memory.tips) != {tip.encode() for tip in self._git.tips}:
            entries = list_since(self._git, memory.tips, self._limits, self._report.tick)
        if entries is None:
            return None
        new, _ = _apart(entries, memory.read)
        if memory.size + _size(new) > self._limits.total_bytes:
            return None
        self._taken = memory.read
        self._take_all(memory)
        return new

    def _listed(self) -> list[Entry]:
        """What there is to read of all that git lists: what was read before is taken from there."""
        entries = self.reading.listed()
        memory = self._memory
        if memory is None:
            return entries
        # What could not be looked into is read again: of that only the number is remembered, which may be less now.
        new, again = _apart(entries, memory.read - Ids.of_names(*memory.closed_in))
        self._taken = Ids.of_names(*(entry.object_id for entry in again))
        if not again or self._trouble.counts or _size(entries) > self._limits.total_bytes:
            self._memory, self._taken = None, Ids.of()
            return entries
        left = {entry.object_id for entry in again}
        self._take(len(again), _size(again), _in_these(memory.found, left))
        return new

    def _since(self, memory: Memory) -> Joined | None:
        return self._joined  # what joined is what is read, so it is known

    def _sought(self, objects: frozenset[bytes], named: frozenset[bytes]) -> tuple[Commits, Sought]:
        memory, joined = self._memory, self._joined
        if memory is None or joined is None:
            commits = self._early or all_commits(self._git, self.reading.graph, self._trouble)
            return commits, Sought(objects, named=named)
        self._before = joined.stay
        places = {each: memory.places[each] for each in (objects | named) & memory.places.keys()}
        return joined.commits, Sought(objects, before=places, named=named)

    def _since_written(self, commits: Commits) -> Grown | None:
        all_taken = self._memory is not None and self._taken is self._memory.read
        return super()._since_written(commits) if all_taken else None

    def _all_read(self) -> Ids:
        return self._taken | self._read_now()

    def _read_now(self) -> Ids:
        return Ids.of_names(*(entry.object_id for entry in self._entries))


def _in_these(found: Iterable[Record], objects: set[bytes]) -> Iterator[Record]:
    """What was found in these objects."""
    for record in found:
        sites = [site for site in record.sites if site.object_id in objects]
        if sites:
            yield record._replace(sites=sites)


def _apart(entries: list[Entry], read: Ids) -> tuple[list[Entry], list[Entry]]:
    """Those that have not been read, and those that have."""
    known = read.has(rows_of([entry.object_id for entry in entries])).tolist()
    pairs = list(zip(entries, known, strict=True))
    return [entry for entry, yes in pairs if not yes], [entry for entry, yes in pairs if yes]


def _size(entries: list[Entry]) -> int:
    return sum(entry.size for entry in entries)
