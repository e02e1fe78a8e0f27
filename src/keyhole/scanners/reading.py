"""Reads everything there is to examine: plain packs here, by several processes at once, and the rest through git."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyhole.scanners.collect import Collector
from keyhole.scanners.examination import Examination, Found, from_plain, plain
from keyhole.scanners.forked import MOST_PARTS, Here, Pool, processors, shared
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.graph import Graph, told
from keyhole.scanners.interface import Examiner
from keyhole.scanners.limits import Limits
from keyhole.scanners.objects import (
    SEGMENT,
    Entry,
    Piece,
    Tick,
    Trouble,
    describe,
    list_objects,
    read_objects,
)
from keyhole.scanners.packs.families import Families, Part, Text, Unread
from keyhole.scanners.packs.index import BLOB, COMMIT, KINDS, NotPlain
from keyhole.scanners.packs.store import Store

if TYPE_CHECKING:
    from keyhole.scanners.memory.ids import Ids

_PARTS_PER_PROCESS = 32
"""Enough that no process is left alone with much when the others are done."""
_SMALL = 256 << 10
"""Bytes in packs that are read by this process alone: starting others takes longer."""
_TICK_EVERY = 64


class Reading:
    """One reading of a repository by some scanners."""

    def __init__(
        self,
        git: Git,
        examiners: Mapping[str, Examiner],
        collector: Collector,
        limits: Limits,
        trouble: Trouble,
        tick: Tick,
    ) -> None:
        self._git = git
        self._examination = Examination(examiners, limits)
        self._collector = collector
        self._limits = limits
        self._trouble = trouble
        self._tick = tick
        self.objects = 0
        """Read so far."""
        self.bytes = 0
        self.total = 0
        """Objects to read; 0 while that is not known."""
        self.closed = Trouble()
        """What nobody could look into: it is told, but does not make the scan incomplete."""
        self.graph = Graph()
        """The commits read so far."""
        self._processes = 0
        self._parts: list[tuple[Families, Callable[[], Part]]] = []

    def store(self, objects: Path, closed: frozenset[str] = frozenset()) -> Store | None:
        """The store in this folder, if it can be read here, without opening the packs that are `closed`."""
        try:
            store = Store(objects, closed)
        except (NotPlain, OSError, ValueError):
            return None  # git has its own word for whatever it is
        return store if sum(map(len, store.packs)) <= self._limits.objects else None

    def prepare(self, store: Store, entries: list[Entry] | None, read: Ids | None = None) -> list[Families]:
        """What `packs` will read: all of the store but what was read, or those of the entries that it has."""
        wanted = None if entries is None else frozenset(entry.object_id for entry in entries)
        families = store.families(wanted, min(SEGMENT, self._limits.object_bytes), read)
        small = sum(each.stored for each in families) <= _SMALL
        self._processes = 0 if small else processors()
        number = (
            1 if small else max(1, min(_PARTS_PER_PROCESS * self._processes, MOST_PARTS // len(families) - 1))
        )
        self._parts = [(each, part) for each in families for part in each.parts(number)]
        if len(self._parts) > MOST_PARTS:
            self._processes = 0  # thousands of packs; nobody has them for long
        self.total = self.objects + sum(each.count for each in families)
        return families

    def pool(self) -> AbstractContextManager[Pool | Here]:
        """The processes that read the parts that were prepared; a context."""
        return shared(len(self._parts), self._read_part, self._processes)

    def packs(self, pool: Pool | Here, commits_read: Callable[[], None]) -> list[bytes]:
        """Takes in what the processes find; the ids of what they could not read.

        `commits_read` is called when it seems that there are no more commits to come: in packs they lie before the
        rest. It may be wrong, and be called again.
        """
        left: list[bytes] = []
        ended = told = 0
        for part, answer in pool.results(lambda: self._tick(self.objects, self.total)):
            ended += 1
            family = self._parts[part][0]
            left += [family.pack.name(position) for position in answer["unread"]]
            self.objects += answer["objects"]
            self.bytes += answer["bytes"]
            self._note(answer)
            for line in answer["commits"].encode().splitlines():
                self.graph.take(line)
            for each in answer["found"]:
                self._collector.add(from_plain(each))
            if not answer["commits"] and len(self.graph.commits) > told:
                told = len(self.graph.commits)
                commits_read()
            if self.bytes > self._limits.total_bytes:
                self._trouble.note(
                    f"objects beyond the first {self._limits.total_bytes >> 20} MiB were not read"
                )
                return []
        if ended < len(self._parts):
            self._trouble.note("a reading process ended early, perhaps for want of memory")
        return left

    def _read_part(self, number: int) -> dict[str, Any]:
        family, part = self._parts[number]
        kinds = family.pack.kinds.tobytes()
        commits: list[bytes] = []
        unread: list[int] = []
        found: list[Found] = []
        objects = total = 0
        for item in family.read(part()):
            if isinstance(item, Unread):
                unread.append(item.position)
                continue
            text = item.text
            objects += 1
            total += len(text)
            kind = kinds[item.position]
            if kind == COMMIT:
                commits.append(told(family.pack.name(item.position), text))
            if not (self._needed(item) if kind == BLOB else self._examination.needs_message(text)):
                continue  # nearly all of them, so that nothing more is made of them
            entry = Entry(family.pack.name(item.position), KINDS[kind], len(text))
            found += self._examination.examine(Piece(entry, text, 0, len(text), 0, 0))
        return {
            "unread": unread,
            "found": [plain(each) for each in found],
            "commits": b"\n".join(commits).decode(),
            "objects": objects,
            "bytes": total,
            **self._examination.taken(),
        }

    def _needed(self, item: Text) -> bool:
        """Whether there is anything to say about a file; what was seen is noted for what differs from it."""
        base = item.base
        before = base.note if base is not None else None
        needed, item.note = self._examination.needs(item.text, before, item.difference)
        return needed

    def through_git(self, entries: list[Entry]) -> None:
        """Reads these objects with git, in this process."""
        self.total = self.objects + len(entries)
        for piece in read_objects(self._git, entries, self._limits, self._trouble):
            if self.objects % _TICK_EVERY == 0 or len(piece.text) > 1 << 20:
                self._tick(self.objects, self.total)
            if piece.entry.kind == "commit" and piece.keep_from == 0:
                self.graph.take(told(piece.entry.object_id, piece.text))
            for found in self._examination.examine(piece):
                self._collector.add(found)
            if piece.is_last:
                self.objects += 1
                self.bytes += piece.entry.size
        self._note(self._examination.taken())

    def _note(self, taken: Mapping[str, Any]) -> None:
        self._trouble.take(taken["left_out"])
        self.closed.take(taken["closed"])

    def listed(self) -> list[Entry]:
        """What git says there is to read."""
        return list_objects(self._git, self._limits, self._trouble, self._tick)

    def described(self, ids: list[bytes]) -> list[Entry]:
        """What git says these objects are."""
        return describe(self._git, ids, self._limits, self._trouble, self._tick)
