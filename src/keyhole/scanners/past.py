"""The history of a repository: read whole, or only as far as it has changed since it was read before.

Whichever it is, the findings are the same. What is remembered is used only as long as all of it is still there; after
anything else everything is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from keyhole.scanners.attribution import (
    Commits,
    Places,
    Sought,
    all_commits,
    commits_read,
    in_history,
    introductions,
)
from keyhole.scanners.collect import Collector, Record
from keyhole.scanners.gitpipe import Facts, Git
from keyhole.scanners.history import begun
from keyhole.scanners.interface import Examiner
from keyhole.scanners.introduction import Introduction
from keyhole.scanners.limits import Limits
from keyhole.scanners.memory.ids import Ids, joined, names_of
from keyhole.scanners.memory.memory import MOST_BYTES, Grown, Memory
from keyhole.scanners.named import MOST_SOUGHT, sought
from keyhole.scanners.objects import DAMAGED, Entry, Trouble
from keyhole.scanners.packs.store import Store
from keyhole.scanners.reading import Reading
from keyhole.scanners.remembered import REMEMBERED
from keyhole.scanners.reporter import Report

if TYPE_CHECKING:
    from keyhole.scanners.joining import Joined
    from keyhole.scanners.packs.index import Numbers


class Past:
    """One scan of one history."""

    def __init__(
        self,
        git: Git,
        examiners: Mapping[str, Examiner],
        limits: Limits,
        trouble: Trouble,
        report: Report,
        memory: Memory | None = None,
    ) -> None:
        self._git = git
        self._limits = limits
        self._trouble = trouble
        self._report = report
        self._memory = memory if memory is not None and self._can_use(memory) else None
        self._recalled = 0
        self.collector = Collector(limits, trouble)
        """What was found."""
        self.reading = Reading(git, examiners, self.collector, limits, trouble, report.tick)
        self._store: Store | None = None
        self._commits: Commits | None = None
        self._early: Commits | None = None
        self._joined: Joined | None = None
        self._now: Ids | None = None
        self._all: Ids | None = None
        self._places: Places = {}
        self._packs_gone = False
        self._whole = False
        self._before: tuple[Ids, Numbers] = (Ids.of(), np.zeros(0, np.int64))

    def _can_use(self, memory: Memory) -> bool:
        return not memory.part

    @property
    def objects(self) -> int:
        """Read so far, by this scan or by those that are remembered."""
        return self.reading.objects

    @property
    def size(self) -> int:
        """Bytes of those."""
        return self.reading.bytes

    @property
    def closed(self) -> Trouble:
        """What nobody could look into."""
        return self.reading.closed

    def notes(self) -> list[str]:
        """What was not done again, for people."""
        if not self._recalled:
            return []
        now = self.objects - self._recalled
        return [f"{REMEMBERED}{self._recalled:,} objects were read by an earlier scan, {now:,} by this one."]

    def read(self, facts: Facts) -> None:
        """Everything there is that has not been read before."""
        store = self._opened(Path(facts.folder, "objects")) if facts.folder else None
        self._store = self._recall(store) if store is not None else None
        if self._store is None:
            self._memory = None
            entries = self.reading.listed()
            self._report.phase("reading")
            self.reading.through_git(entries)
        else:
            self._read_store(self._store)

    def places(self) -> dict[bytes, list[Introduction]]:
        """Where each object is with something in it, or that a reason is about, oldest first."""
        if self._store is not None:
            self._store.rest()
        kept_out = self._kept_out()
        found = self.collector.objects()
        objects = frozenset(found).union(*kept_out.values())
        self._commits, wanted = self._sought(objects, sought(self._trouble, self.reading.closed) - objects)
        with self._commits.begun or nullcontext():
            self._places = introductions(
                self._git, self._commits, wanted, self._limits, self._trouble, self._report.tick
            )
        self._whole = not self._trouble.counts
        # What is remembered does not tell that something of it was not read whole, so nothing is.
        self._forget(kept_out, found)
        return in_history(self._places)

    def _kept_out(self) -> dict[str, frozenset[bytes]]:
        """What limits kept out, by the reasons, where packs were read with all that is in them: of that, what no ref
        reaches is nobody's, as findings in it are. Nothing if it is so much that nobody looks for where it is.
        """
        if self._store is None or self._git.tips:
            return {}
        kept_out = {why: frozenset(each) for why, each in self._trouble.objects.items() if why != DAMAGED}
        return kept_out if sum(map(len, kept_out.values())) <= MOST_SOUGHT else {}

    def _forget(self, kept_out: Mapping[str, frozenset[bytes]], found: set[bytes]) -> None:
        """Takes back the reasons that are about nothing but what no ref reaches."""
        counts, about = self._trouble.counts, self._trouble.objects
        for why, objects in kept_out.items():
            gone = objects - self._places.keys()
            if gone == objects:
                del counts[why], about[why]
            elif counts[why] == len(objects):
                counts[why] -= len(gone)
                about[why] -= gone
        for each in self._places.keys() & set().union(*kept_out.values()) - found:
            if b"" in self._places[each]:  # without a path of its own it has a better name in its id
                del self._places[each]

    def to_remember(self, identity: str) -> Memory | None:
        """What the next scan need not do again; None if this one was not whole when it knew all places."""
        store, commits = self._store, self._commits
        if not self._whole or store is None or commits is None:
            return None
        ids, seconds = joined(*self._before, commits.seconds)
        memory = Memory(
            identity=identity,
            packs=store.names,
            loose=Ids.of_names(*store.only_loose()),
            read=self._all_read(),
            commits=ids,
            seconds=seconds,
            tips=tuple(tip.encode() for tip in self._git.tips) or tuple(commits.tips),
            objects=self.reading.objects,
            size=self.reading.bytes,
            closed=self.reading.closed.told(),
            found=tuple(self.collector.all()),
            places={
                object_id: {path: place for path, place in paths.items() if place.commit}
                for object_id, paths in self._places.items()
            },
            part=bool(self._git.tips),
            grown=self._since_written(commits),
        )
        return memory if memory.bytes_at_least <= MOST_BYTES else None

    def _since_written(self, commits: Commits) -> Grown | None:
        """What joined since the ids were written that this scan began with; None if something left, or it had none."""
        memory, since = self._memory, self._joined
        grown = memory.grown if memory is not None else None
        if memory is None or grown is None or since is None or since.stay[0] is not memory.commits:
            return None
        ids, seconds = joined(grown.commits, grown.seconds, commits.seconds)
        return Grown(grown.beside, grown.read | (self._read_now() - memory.read), ids, seconds)

    def _opened(self, objects: Path) -> Store | None:
        """The store, with those packs opened that have to be."""
        memory = self._memory
        if memory is None:
            return self.reading.store(objects)
        store = self.reading.store(objects, memory.packs)
        self._packs_gone = store is not None and not memory.packs <= store.names
        return self.reading.store(objects) if self._packs_gone else store

    def _gone(self, store: Store, ids: Ids) -> bool:
        """Whether one of these objects is neither in an open pack nor in a file of its own."""
        left = ids - Ids.of_names(*store.loose)
        for pack in store.packs:
            if len(left):
                left -= Ids.of(pack.ids)
        return len(left) > 0

    def _recall(self, store: Store) -> Store | None:
        """Takes what is remembered for read, if all of that is still there. The store, with all open that has to be."""
        memory = self._memory
        if memory is None:
            return store
        # With a pack gone all are open, and everything is looked for; else only what lay in files of its own.
        if self._gone(store, memory.read if self._packs_gone else memory.loose):
            self._memory = None
            return self.reading.store(store.folder)
        self._take_all(memory)
        return store

    def _take_all(self, memory: Memory) -> None:
        """Takes all that is remembered for read."""
        self._take(memory.objects, memory.size, memory.found)
        self.reading.closed.take(memory.closed)

    def _take(self, objects: int, size: int, found: Iterable[Record]) -> None:
        """Takes so much for read, with what was found in it."""
        self._recalled = self.reading.objects = objects
        self.reading.bytes = size
        self.collector.take(found)

    def _read_store(self, store: Store) -> None:
        """Reads what is stored here in a way that can be read here."""
        left = self._read_packs(store, None, self._memory.read if self._memory is not None else None)
        loose = store.only_loose()
        if self._memory is not None and loose:
            names = Ids.of_names(*loose) - (self._memory.loose | self._memory.read)
            loose = names_of(names.rows)
        self.reading.through_git(self.reading.described(left + loose))

    def _read_packs(self, store: Store, entries: list[Entry] | None, read: Ids | None) -> list[bytes]:
        """Reads everything in packs, or those of the entries that are there, but for what was `read`; the ids of what
        could not be.
        """
        families = self.reading.prepare(store, entries, read)
        self._report.phase("reading")
        with self.reading.pool() as pool:  # forked before there is a second thread
            self._look_back()
            left = self.reading.packs(pool, self._commits_read)
        return left + [each.pack.name(position) for each in families for position in each.stuck]

    def _look_back(self) -> None:
        """Asks git what has become of the history that is remembered: other processes, if there are any, read files."""
        if self._memory is None or self._packs_gone:
            return
        self._joined = self._since(self._memory)
        if self._joined is not None:
            self._joined.commits.begun = begun(self._git, self._joined.commits.ordered)

    def _since(self, memory: Memory) -> Joined | None:
        from keyhole.scanners.joining import joined_since  # noqa: PLC0415  # only where there is a memory

        return joined_since(self._git, memory)

    def _sought(self, objects: frozenset[bytes], named: frozenset[bytes]) -> tuple[Commits, Sought]:
        """The commits to look at for where these are, and what is known of that."""
        memory, joined = self._memory, self._joined
        if memory is not None and joined is not None:
            self._before = joined.stay
            return joined.commits, Sought(objects, self._all_read, memory.places, named)
        commits = self._early or all_commits(self._git, self.reading.graph, self._trouble)
        return commits, Sought(objects, self._all_read if self._store is not None else None, named=named)

    def _all_read(self) -> Ids:
        """All files and messages that were read, by this scan or before."""
        if self._all is None:
            now = self._read_now()
            self._all = now if self._memory is None else self._memory.read | now
        return self._all

    def _commits_read(self) -> None:
        """Puts history in order while other processes read files, and not when they have ended."""
        if self._early is None and self._memory is None:
            self._early = commits_read(self._git, self.reading.graph)

    def _read_now(self) -> Ids:
        """All files and messages in the packs that are open, and in files of their own."""
        store = self._store
        if self._now is None and store is not None:
            self._now = Ids.of(*store.rows()) | Ids.of_names(*store.only_loose())
        return self._now or Ids.of()
