"""The earlier scans of a repository: their result where nothing changed, and what is remembered where something did.

All of it is kept per repository and sealed with the key of the installation, so that no repository can speak for
another, and nobody else for any.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from keyhole.core.secret import Secret
from keyhole.scanners.code import code
from keyhole.scanners.interface import Remembers, Scanner
from keyhole.scanners.kept import Kept
from keyhole.scanners.remembered import DIGEST, REMEMBERED, ids_of
from keyhole.scanners.standing import holding, standing, standing_of

if TYPE_CHECKING:
    from keyhole.core.finding import ScanResult

_REPOSITORIES_KEPT = 200
_REFS_KEPT = 200
_RELATIVES = 2
_OF_REFS = "ref-"


class Earlier:
    """What earlier scans left for this one."""

    def __init__(
        self,
        git_dir: Path,
        key: Secret,
        scanners: Sequence[Scanner],
        tips: Sequence[str],
        measure: object,
        folder: Path | None,
        *,
        ref: str = "",
    ) -> None:
        """Nothing where there is no folder, where nobody looks at history, or where it is not known what is scanned.

        `tips` are where the scanned part of history begins, and `ref` is what this part is called: what its earlier
        scans left is found by that. Where more than history matters to one of the scanners, what was read is
        remembered, and the result is not.

        `measure` is whatever else the result depends on, as something whose `repr` tells it.
        """
        self._kept: Kept | None = None
        self._stands: Callable[[], None] = _nowhere
        self._standing = self.memory = self.code = self._name = ""
        """`memory`: the name under which is kept what is remembered; `code`: of which version that has to be."""
        self._repository = ""
        self._holding: frozenset[str] = frozenset()
        self._kind = _OF_REFS if tips else ""
        remembering = [scanner for scanner in scanners if isinstance(scanner, Remembers)]
        if folder is None or (tips and not ref) or not remembering:
            return
        self._kept = Kept(folder, key)
        self._repository = _hashed(str(git_dir.resolve()))
        name = f"{self._repository}-{_hashed(ref)}" if tips else self._repository
        self.memory, self._name = f"{self._kind}history-{name}", f"{self._kind}result-{name}"
        self.code = code(self._kept)
        if len(remembering) == len(scanners):
            measure = self.code, measure
            self._stands = partial(self._stand, git_dir, tips, [scanner.id for scanner in scanners], measure)

    def relatives(self) -> list[str]:
        """Where this branch or tag has no memory of its own: those that know some of its history, the best first."""
        kept = self._kept
        if kept is None or not self._kind or (kept.exists(self.memory) and kept.exists(ids_of(self.memory))):
            return []
        others = kept.newest(f"{self._kind}history-{self._repository}-")
        return [*others[:_RELATIVES], f"history-{self._repository}"]

    def _stand(self, git_dir: Path, tips: Sequence[str], scanners: Sequence[str], measure: object) -> None:
        if not tips:
            self._standing = standing(git_dir, scanners, measure)
            return
        self._holding = holding(git_dir)
        if self._holding:
            self._standing = standing_of(tips, git_dir, scanners, measure)

    def result(self, start: float) -> ScanResult | None:
        """The result of the last complete scan, if nothing has changed since. `start` is when this one began.

        How things stand when this is asked is what the result of this scan is kept for, so it is asked first.
        """
        self._stands()
        content = self._kept.read(self._name) if self._kept is not None and self._standing else None
        if content is None:
            return None
        from dataclasses import replace  # noqa: PLC0415  # most scans have none

        from keyhole.core.finding import ScanResult  # noqa: PLC0415

        try:
            head, _, line = content.partition(b"\n")
            data = json.loads(head)
            if data["standing"] != self._standing or not self._holding.issuperset(data["holding"]):
                return None
            result, at = ScanResult.from_json(json.loads(line)["result"]), str(data["at"])
        except (ValueError, KeyError, TypeError):
            return None
        notes = tuple(note for note in result.notes if not note.startswith(REMEMBERED))
        what = "nothing of this branch or tag" if self._kind else "nothing"
        again = f"{REMEMBERED}{what} has changed since the scan of {at}. This is its result; nothing was read again."
        return replace(result, notes=(again, *notes), duration=round(time.monotonic() - start, 3))

    def keep(self, memory: bytes, ids: bytes) -> None:
        """Keeps what is to be remembered. Without ids those that are there stay, if they are what it belongs to."""
        kept, beside = self._kept, ids_of(self.memory)
        if kept is None or not (kept.write(beside, ids) if ids else kept.touch(beside, memory[:DIGEST])):
            return
        kept.write(self.memory, memory)
        histories = f"{self._kind}history-"
        self._only(histories)
        if ids:
            self._only(ids_of(histories))
            for name in kept.newest(histories):
                if not kept.exists(ids_of(name)):
                    kept.remove(name)

    def forget(self) -> None:
        """Lets go of what was remembered: a scan that began with it failed."""
        if self._kept is not None:
            self._kept.remove(self.memory)

    def note(self, result: ScanResult, line: bytes) -> None:
        """Keeps a complete result for as long as nothing changes, as the `line` that the scanning process said.

        Nothing if something has changed meanwhile: the result may be of that, and what changed may be changed back.
        """
        before, holding_ = self._standing, self._holding
        if self._kept is None or not before or result.reasons:
            return
        self._stands()
        if self._standing != before:
            return
        at = datetime.now(UTC).isoformat(timespec="seconds")
        head = {"standing": self._standing, "holding": sorted(holding_), "at": at}
        if self._kept.write(self._name, json.dumps(head).encode() + b"\n" + line):
            self._only(self._kind + "result-")

    def _only(self, what: str) -> None:
        """Lets go of the oldest, so that many branches do not take the place of whole repositories."""
        if self._kept is not None:
            self._kept.only(what, _REFS_KEPT if self._kind else _REPOSITORIES_KEPT)


def _nowhere() -> None:
    """What is scanned depends on more than can be told."""


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]
