"""The history of a repository: read whole, or only as far as it has changed since it was read before.

Whichever it is, the findings are the same. What is remembered is used only as long as all of it is still there; after
anything else everything is read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Protocol

import numpy as np

from keyhole.scanners.attribution import (
    Commits,
    Introduction,
    Places,
    Sought,
    all_commits,
    commits_read,
    in_history,
    introductions,
    tips_of,
)
from keyhole.scanners.collect import Collector
from keyhole.scanners.gitpipe import Facts, Git, feeding
from keyhole.scanners.graph import TOLD, Graph
from keyhole.scanners.interface import Examiner, Limits
from keyhole.scanners.memory.ids import Ids, joined, names_of
from keyhole.scanners.memory.memory import MOST_BYTES, Memory
from keyhole.scanners.objects import Trouble
from keyhole.scanners.packs.store import Store
from keyhole.scanners.reading import Reading
from keyhole.scanners.remembered import REMEMBERED

if TYPE_CHECKING:
    from keyhole.scanners.packs.index import Numbers


class Report(Protocol):
    """Whom to tell how far it is."""

    def phase(self, name: str) -> None:
        """What is done next."""

    def tick(self, done: int, total: int) -> None:
        """How far it is; may raise OutOfTime."""


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
        self._memory = memory if not git.tips else None
        self.collector = Collector(limits, trouble)
        """What was found."""
        self.reading = Reading(git, examiners, self.collector, limits, trouble, report.tick)
        self._store: Store | None = None
        self._commits: Commits | None = None
        self._early: Commits | None = None
        self._places: Places = {}
        self._packs_gone = False
        self._before: tuple[Ids, Numbers] = (Ids.of(), np.zeros(0, np.int64))

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
        if self._memory is None:
            return []
        now = self.objects - self._memory.objects
        return [
            f"{REMEMBERED}{self._memory.objects:,} objects were read by an earlier scan, {now:,} by this one."
        ]

    def read(self, facts: Facts) -> None:
        """Everything in the repository that has not been read before."""
        self._store = self._opened(facts.objects) if facts.objects is not None else None
        if self._store is None:
            entries = self.reading.listed()
            self._report.phase("reading")
            self.reading.through_git(entries)
        else:
            self._recall()
            self._read_store(self._store)

    def places(self) -> dict[bytes, list[Introduction]]:
        """Where each object with something in it is, oldest first."""
        if self._store is not None:
            self._store.rest()
        sought = frozenset(self.collector.objects())
        commits = self._joined(self._memory) if self._memory is not None and not self._packs_gone else None
        if commits is not None and self._memory is not None:
            stored = self._memory.read | self._new_ids()
            wanted = Sought(sought, stored, self._memory.places)
        else:
            commits = self._early or all_commits(self._git, self.reading.graph, self._trouble)
            wanted = Sought(sought, self._stored())
        self._commits = commits
        self._places = introductions(
            self._git, commits, wanted, self._limits, self._trouble, self._report.tick
        )
        return in_history(self._places)

    def to_remember(self, identity: str) -> Memory | None:
        """What the next scan need not do again; None if this one was not whole, or of a part."""
        store, commits = self._store, self._commits
        if self._trouble.counts or self._git.tips or store is None or commits is None:
            return None
        read = self._new_ids() if self._memory is None else self._memory.read | self._new_ids()
        ids, seconds = joined(*self._before, commits.seconds)
        memory = Memory(
            identity=identity,
            packs=store.names,
            loose=Ids.of_names(*store.only_loose()),
            read=read,
            commits=ids,
            seconds=seconds,
            tips=tuple(commits.tips),
            objects=self.reading.objects,
            size=self.reading.bytes,
            closed=dict(self.reading.closed.counts),
            found=tuple(self.collector.all()),
            places={
                object_id: {path: place for path, place in paths.items() if place.commit}
                for object_id, paths in self._places.items()
            },
        )
        return memory if memory.bytes_at_least <= MOST_BYTES else None

    def _opened(self, objects: Path) -> Store | None:
        """The store, with those packs opened that have to be."""
        memory = self._memory
        if memory is None:
            return self.reading.store(objects)
        store = self.reading.store(objects, memory.packs)
        self._packs_gone = store is not None and not memory.packs <= store.names
        return self.reading.store(objects) if self._packs_gone else store

    def _recall(self) -> None:
        """Takes what is remembered for read, if all of that is still there."""
        memory, store = self._memory, self._store
        if memory is None or store is None:
            return
        # With a pack gone all are open, and everything is looked for; else only what lay in files of its own.
        sought = memory.read if self._packs_gone else memory.loose
        if len(sought - (self._new_ids() | Ids.of_names(*store.loose))):
            self._memory = None
            self._store = self.reading.store(store.folder)
            return
        self.reading.objects, self.reading.bytes = memory.objects, memory.size
        for reason, count in memory.closed.items():
            self.reading.closed.note(reason, count)
        for found in memory.found:
            self.collector.add(found)

    def _read_store(self, store: Store) -> None:
        entries = self.reading.listed() if self._git.tips else None
        families = self.reading.prepare(
            store, entries, self._memory.read if self._memory is not None else None
        )
        self._report.phase("reading")
        with self.reading.pool() as pool:  # forked before there is a second thread
            left = self.reading.packs(pool, self._commits_read)
        left += [each.pack.name(position) for each in families for position in each.stuck]
        loose = store.only_loose()
        if entries is not None:
            read = frozenset(left) | frozenset(loose)
            self.reading.through_git([entry for entry in entries if entry.object_id in read])
            return
        if self._memory is not None and loose:
            names = Ids.of_names(*loose) - (self._memory.loose | self._memory.read)
            loose = names_of(names.rows)
        self.reading.through_git(self.reading.described(left + loose))

    def _commits_read(self) -> None:
        """Puts history in order while other processes read files, and not when they have ended."""
        if self._early is None and self._memory is None:
            self._early = commits_read(self._git, self.reading.graph)

    def _new_ids(self) -> Ids:
        """All files and messages in the packs that are open, and in files of their own."""
        store = self._store
        return Ids.of() if store is None else Ids.of(*store.rows()) | Ids.of_names(*store.only_loose())

    def _stored(self) -> frozenset[bytes] | None:
        """Everything there is, if it has not been listed by git."""
        if self._store is None or self._git.tips:
            return None
        if self._memory is None:
            return self._store.known()
        return frozenset(names_of((self._memory.read | self._new_ids()).rows))

    def _joined(self, memory: Memory) -> Commits | None:
        """The commits that joined history since; None if something that matters left it, or git does not know."""
        tips, whole = tips_of(self._git)
        graph = Graph()
        before, now = set(memory.tips), set(tips)
        moved = self._moved(before, now)
        if not whole or moved is None:
            return None
        left, joined_ = moved
        added = graph.take_listed(joined_)
        gone = {line.rstrip()[7:] for line in left if line.startswith(b"commit ")}
        if any(place.commit.encode() in gone for paths in memory.places.values() for place in paths.values()):
            return None
        parents = {parent for each in added for parent in graph.commits[each].parents} - graph.commits.keys()
        where = memory.commits.places(sorted(parents))
        if -1 in where:
            return None
        known = {
            parent: int(memory.seconds[place]) for parent, place in zip(sorted(parents), where, strict=True)
        }
        seconds, missing = graph.reached(added, known)
        if missing:
            return None
        stays = ~Ids.of_names(*gone).has(memory.commits.rows)
        self._before = Ids.of(memory.commits.rows[stays]), memory.seconds[stays]
        return Commits(tips, graph, {each: seconds[each] for each in added}, whole=True)

    def _moved(self, before: set[bytes], now: set[bytes]) -> tuple[list[bytes], list[bytes]] | None:
        """What git lists of the commits that left history, and of those that joined it; None if it cannot."""
        with ExitStack() as stack:
            # Both are started before one is waited for.
            left = self._listing(stack, before - now, now)
            joined_ = self._listing(stack, now - before, before)
            listed = _lines_of(left), _lines_of(joined_)
        return None if listed[0] is None or listed[1] is None else (listed[0], listed[1])

    def _listing(self, stack: ExitStack, from_: set[bytes], without: set[bytes]) -> Popen[bytes] | None:
        """Lists the commits that lead from these and not from those; None if there are none of these."""
        if not from_:
            return None
        lines = [each + b"\n" for each in sorted(from_)] + [b"^" + each + b"\n" for each in sorted(without)]
        listing = stack.enter_context(self._git.start("rev-list", TOLD, "--stdin", stdin=PIPE))
        stack.enter_context(feeding(listing, lines))
        return listing


def _lines_of(listing: Popen[bytes] | None) -> list[bytes] | None:
    """What it lists; None if it fails."""
    if listing is None:
        return []
    lines = list(listing.stdout or ())
    return lines if listing.wait() == 0 else None
