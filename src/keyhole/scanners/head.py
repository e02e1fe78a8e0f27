"""The files of the newest commit alone: read in the order of their paths, each content once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from keyhole.scanners.attribution import Introduction, introduced_in
from keyhole.scanners.collect import Collector
from keyhole.scanners.examination import Examination
from keyhole.scanners.gitpipe import Git
from keyhole.scanners.interface import Examiner, Limits
from keyhole.scanners.objects import Tick, Trouble, describe, read_objects
from keyhole.scanners.tree import listed


class Head:
    """One scan of them. Its findings name this commit, and not the one that brought them."""

    def __init__(
        self, git: Git, examiners: Mapping[str, Examiner], limits: Limits, trouble: Trouble, tick: Tick
    ) -> None:
        self._git = git
        self._examination = Examination(examiners, limits)
        self._limits = limits
        self._trouble = trouble
        self._tick = tick
        self._paths: dict[bytes, list[bytes]] = {}
        self.collector = Collector(limits, trouble)
        """What was found."""
        self.closed = Trouble()
        """What nobody could look into."""
        self.objects = 0
        """Read so far."""
        self.size = 0
        """Bytes of those."""

    def read(self, _objects: Path) -> None:
        """All of it."""
        for path, object_id in listed(self._git, self._trouble, self._tick, links=True):
            self._paths.setdefault(object_id, []).append(path)
        entries = describe(self._git, list(self._paths), self._limits, self._trouble, self._tick)
        for piece in read_objects(self._git, entries, self._limits, self._trouble):
            for found in self._examination.examine(piece):
                self.collector.add(found)
            if piece.is_last:
                self.objects += 1
                self.size += piece.entry.size
                self._tick(self.objects, len(entries))
        taken = self._examination.taken()
        for reason, count in taken["left_out"].items():
            self._trouble.note(reason, count)
        for reason, count in taken["closed"].items():
            self.closed.note(reason, count)

    def places(self) -> dict[bytes, list[Introduction]]:
        """Every path of each object with something in it."""
        facts = self._git.answer("show", "-s", "--format=%H,%at", f"{self._git.head}^{{commit}}").encode()
        commit, _, authored = facts.partition(b",")
        return {
            object_id: [introduced_in(commit, authored, path) for path in self._paths[object_id]]
            for object_id in self.collector.objects()
        }

    def notes(self) -> list[str]:
        """What was not read, for people."""
        return ["Only the files of the newest commit were read, and not its history."]

    def to_remember(self, _identity: str) -> None:
        """Nothing: it takes no longer to read them again."""
        return
