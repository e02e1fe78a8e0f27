"""The earlier scans of a repository: their result where nothing changed, and what is remembered where something did.

All of it is kept per repository and sealed with the key of the installation, so that no repository can speak for
another, and nobody else for any.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from keyhole.core.finding import ScanResult, Status
from keyhole.core.secret import Secret
from keyhole.scanners.interface import Remembers, Scanner
from keyhole.scanners.kept import Kept
from keyhole.scanners.remembered import REMEMBERED
from keyhole.scanners.standing import code, standing

_REPOSITORIES_KEPT = 200


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
    ) -> None:
        """Nothing where there is no folder, where only a part of history is scanned, or where nobody looks at history.

        Where more than history matters to one of the scanners, what was read is remembered, and the result is not.

        `measure` is whatever else the result depends on, as something whose `repr` tells it.
        """
        self._kept: Kept | None = None
        self._standing = self.memory = self.code = self._name = ""
        """`memory`: the name under which is kept what is remembered; `code`: of which version that has to be."""
        remembering = [scanner for scanner in scanners if isinstance(scanner, Remembers)]
        if folder is None or tips or not remembering:
            return
        self._kept = Kept(folder, key)
        name = hashlib.sha256(str(git_dir.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        self.memory, self._name, self.code = f"history-{name}", f"result-{name}", code()
        if len(remembering) == len(scanners):
            self._standing = standing(git_dir, [scanner.id for scanner in scanners], measure)

    def result(self, start: float) -> ScanResult | None:
        """The result of the last complete scan, if nothing has changed since. `start` is when this one began."""
        content = self._kept.read(self._name) if self._kept is not None and self._standing else None
        if content is None:
            return None
        try:
            data = json.loads(content)
            if data["standing"] != self._standing:
                return None
            result, at = ScanResult.from_json(data["result"]), str(data["at"])
        except (ValueError, KeyError, TypeError):
            return None
        notes = tuple(note for note in result.notes if not note.startswith(REMEMBERED))
        again = f"{REMEMBERED}nothing has changed since the scan of {at}. This is its result; nothing was read again."
        return dataclasses.replace(result, notes=(again, *notes), duration=round(time.monotonic() - start, 3))

    def keep(self, memory: bytes) -> None:
        """Keeps what is to be remembered."""
        if self._kept is not None and self._kept.write(self.memory, memory):
            self._kept.only("history-", _REPOSITORIES_KEPT)

    def note(self, result: ScanResult) -> None:
        """Keeps a complete result for as long as nothing changes."""
        if self._kept is None or not self._standing or result.status is not Status.COMPLETE:
            return
        at = datetime.now(UTC).isoformat(timespec="seconds")
        content = {"standing": self._standing, "at": at, "result": result.to_json()}
        if self._kept.write(self._name, json.dumps(content).encode()):
            self._kept.only("result-", _REPOSITORIES_KEPT)
