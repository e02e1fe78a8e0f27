"""The files of the newest commit alone: read in the order of their paths, each content once."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from keyhole.scanners.ahead import Ahead
from keyhole.scanners.collect import Collector
from keyhole.scanners.examination import Examination, Found, from_plain, plain
from keyhole.scanners.forked import Here, Pool, processors, shared
from keyhole.scanners.gitpipe import Facts, Git
from keyhole.scanners.interface import Examiner
from keyhole.scanners.introduction import Introduction, introduced_in
from keyhole.scanners.limits import Limits
from keyhole.scanners.named import sought
from keyhole.scanners.objects import Entry, OutOfTime, Trouble, affordable, read_objects, reader
from keyhole.scanners.reporter import Report
from keyhole.scanners.spawned import Spawned
from keyhole.scanners.tree import MISSING, listed

_FEW = 512 << 10
"""Bytes that are read by one process without another: starting one takes as long as reading so much."""
_SHARES_PER_PROCESS = 16
"""Enough that none is left alone with much when the others are done."""
_LARGEST_SHARE = 4 << 20
_MOST_SHARES = 256
_PER_OBJECT = 32 << 10
"""Bytes that are read while what is done once for each object is done."""


class Head:
    """One scan of them. Its findings name this commit, and not the one that brought them."""

    def __init__(
        self,
        git: Git,
        examiners: Mapping[str, Examiner],
        limits: Limits,
        trouble: Trouble,
        report: Report,
        ahead: Ahead | None = None,
    ) -> None:
        self._git = git
        self._examiners = examiners
        self._limits = limits
        self._trouble = trouble
        self._report = report
        self._ahead = ahead
        self._readers: list[Spawned] = []
        self._reader: Spawned | None = None
        self._paths: dict[bytes, list[bytes]] = {}
        self._shares: list[list[Entry]] = []
        self._commit = b""
        self.collector = Collector(limits, trouble)
        """What was found."""
        self.closed = Trouble()
        """What nobody could look into."""
        self.objects = 0
        """Read so far."""
        self.size = 0
        """Bytes of those."""

    def facts(self) -> Facts:
        """What must be known before. To be called once."""
        self._commit = self._ahead.newest().strip() if self._ahead is not None else b""
        if not self._commit:
            self._ahead = None
            return self._git.facts()
        return Facts(self._git.folder(), self._commit.partition(b",")[0].decode("ascii"))

    def read(self, _facts: Facts) -> None:
        """All of it."""
        entries: dict[bytes, Entry] = {}
        for path, entry, _ in listed(
            self._git, self._trouble, self._report.tick, links=True, sizes=True, begun=self._ahead
        ):
            self._paths.setdefault(entry.object_id, []).append(path)
            if entry.size != MISSING:
                entries[entry.object_id] = entry
        self._report.phase("reading")
        wanted = affordable(entries.values(), self._limits, self._trouble)
        self._shares = _shares(wanted)
        processes = processors() if len(self._shares) > 1 else 0
        with ExitStack() as stack:
            # git begins while this process makes copies of itself, which takes about as long.
            for _ in self._shares[:processes]:
                self._readers.append(stack.enter_context(reader(self._git)))
            pool = stack.enter_context(shared(len(self._shares), self._read, processes, self._take_reader))
            # Beside those who read, so that nobody waits for it.
            newest = stack.enter_context(self._git.newest()) if not self._commit else None
            try:
                self._take_all(pool, len(wanted))
            finally:
                if newest is not None:
                    self._commit = newest.stdout.readline().strip()

    def _take_all(self, pool: Pool | Here, total: int) -> None:
        ended = 0
        for _, answer in pool.results(lambda: self._report.tick(self.objects, total)):
            self._take(answer, total)
            ended += 1
        if ended < len(self._shares):
            self._trouble.note("a reading process ended early, perhaps for want of memory")

    def _take_reader(self, number: int) -> None:
        """What each of those who read does first: one of these is its own."""
        self._reader = self._readers[number]

    def _read(self, number: int) -> dict[str, Any]:
        """What is found in one share, as JSON."""
        examination = Examination(self._examiners, self._limits)
        trouble = Trouble()
        found: list[Found] = []
        objects = size = 0
        late = False
        try:
            for piece in read_objects(self._git, self._shares[number], self._limits, trouble, self._reader):
                found += examination.examine(piece)
                if piece.is_last:
                    objects += 1
                    size += piece.entry.size
                    if len(self._shares) == 1:
                        self._report.tick(objects, len(self._shares[0]))
        except OutOfTime:
            late = True
        if late or trouble.counts:
            self._reader = None
        taken = examination.taken()
        trouble.take(taken["left_out"])
        return {
            "found": [plain(each) for each in found],
            "objects": objects,
            "size": size,
            "trouble": trouble.told(),
            "closed": taken["closed"],
            "late": late,
        }

    def _take(self, answer: Mapping[str, Any], total: int) -> None:
        for each in answer["found"]:
            self.collector.add(from_plain(each))
        self.objects += answer["objects"]
        self.size += answer["size"]
        self._trouble.take(answer["trouble"])
        self.closed.take(answer["closed"])
        if answer["late"]:
            raise OutOfTime
        self._report.tick(self.objects, total)

    def places(self) -> dict[bytes, list[Introduction]]:
        """Every path of each object with something in it, or that a reason is about."""
        commit, _, authored = self._commit.partition(b",")
        objects = self.collector.objects() | sought(self._trouble, self.closed)
        return {
            object_id: [introduced_in(commit, authored, path) for path in self._paths.get(object_id, ())]
            for object_id in objects
        }

    def notes(self) -> list[str]:
        """What was not read, for people."""
        return ["Only the files of the newest commit were read, and not its history."]

    def to_remember(self, _identity: str) -> None:
        """Nothing: it takes no longer to read them again."""
        return


def _shares(entries: list[Entry]) -> list[list[Entry]]:
    """The entries in shares, those that take longest first; a single one where there is little to read."""
    costs = [entry.size + _PER_OBJECT for entry in entries]
    if sum(entry.size for entry in entries) <= _FEW:
        return [entries] if entries else []
    most = min(_LARGEST_SHARE, sum(costs) // (processors() * _SHARES_PER_PROCESS))
    most = max(most, sum(costs) // _MOST_SHARES)
    shares: list[list[Entry]] = []
    held: list[int] = []
    for entry, cost in zip(entries, costs, strict=True):
        if not held or held[-1] + cost > most:
            shares.append([])
            held.append(0)
        shares[-1].append(entry)
        held[-1] += cost
    return [share for _, share in sorted(zip(held, shares, strict=True), key=lambda each: -each[0])]
