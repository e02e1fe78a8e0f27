"""What the process of a scan says while it is at work, and whether it has any time left."""

from __future__ import annotations

import json
import time
from typing import IO, Any, Protocol

from keyhole.scanners.objects import OutOfTime

_REPORT_SECONDS = 0.1


class Report(Protocol):
    """Whom to tell how far it is."""

    def phase(self, name: str) -> None:
        """What is done next."""

    def tick(self, done: int, total: int) -> None:
        """How far it is; may raise OutOfTime."""


class Reporter:
    """Writes progress lines, not too many, and watches the clock."""

    def __init__(self, out: IO[str], seconds: float) -> None:
        self._out = out
        self._seconds = seconds
        self.begin()
        self._next = 0.0
        self._phase = ""

    def begin(self) -> None:
        """The time begins now."""
        self._end = time.monotonic() + self._seconds

    def phase(self, name: str) -> None:
        """The next reports are about this phase; the first of them is always written."""
        self._phase = name
        self._next = 0.0

    def allow(self, seconds: float) -> None:
        """Grants at least so much more time, to say where things are that were found in the time there was."""
        self._end = max(self._end, time.monotonic() + seconds)

    def tick(self, done: int, total: int) -> None:
        """Reports if it is time to. Raises OutOfTime when the whole scan has taken too long."""
        now = time.monotonic()
        if now > self._end:
            raise OutOfTime
        if now >= self._next:
            self._next = now + _REPORT_SECONDS
            self.write("progress", {"phase": self._phase, "done": done, "total": total})

    def write_bytes(self, kind: str, content: bytes) -> None:
        """A JSON line with the length, and so many bytes."""
        self.write(kind, len(content))
        self._out.buffer.write(content)  # type: ignore[attr-defined]  # there is one below standard output
        self._out.flush()

    def write(self, kind: str, data: Any) -> None:
        """One JSON line."""
        self._out.write(json.dumps({kind: data}, separators=(",", ":")) + "\n")
        self._out.flush()
