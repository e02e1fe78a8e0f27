"""Asks the process that starts programs; used by the process that reads the repository."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import keyhole
from keyhole.core.git_safety import GIT_PATH
from keyhole.scanners.limits import Limits
from keyhole.scanners.programs.configured import configured
from keyhole.scanners.programs.ran import Ran

SECONDS = 600.0
"""The longest that one program may run."""
_GONE = Ran(0, "could not be watched: the process that starts programs has ended", b"", b"")
_LONGEST_LINE = 64 << 20


class Bench:
    """The other process while the block lasts. It has to be started before this one gives up its rights."""

    def __init__(self, scanners: Iterable[str], folder: Path, limits: Limits) -> None:
        self._order = {
            "scanners": list(scanners),
            "folder": str(folder),
            "programs": configured().to_json(),
            "limits": limits._asdict(),
        }
        self._end = time.monotonic() + limits.seconds
        self.held: tuple[str, ...] = ()
        """What holds it in, in words."""

    def __enter__(self) -> Self:
        source = str(Path(keyhole.__file__).parents[1])
        # In the process group of the scan, so that whoever ends the scan ends this, too.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-s", "-B", "-m", "keyhole.scanners.programs.bench"],
            env={
                "PATH": GIT_PATH,
                "LC_ALL": "C",
                "PYTHONPATH": source,
                "PYTHONUTF8": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        answer = self._told(json.dumps(self._order).encode() + b"\n")
        self.held = tuple(answer["held"]) if answer else ()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        self._process.wait()

    def run(self, scanner: str, files: Sequence[tuple[str, bytes]], seconds: float | None = None) -> Ran:
        """See `interface.Programs`. Whatever happens to the other process, this returns."""
        seconds = min(SECONDS if seconds is None else seconds, self._end - time.monotonic())
        if seconds <= 0:
            return Ran(0, "was not started: the time of the scan is used up", b"", b"")
        header = {
            "scanner": scanner,
            "seconds": seconds,
            "files": [(name, len(content)) for name, content in files],
        }
        line = json.dumps(header).encode() + b"\n"
        answer = self._told(b"".join((line, *(content for _, content in files))))
        if answer is None:
            return _GONE
        output, errors = (self._read(size) for size in answer["sizes"])
        if output is None or errors is None:
            return _GONE
        return Ran(answer["code"], answer["ended"], output, errors, tuple(answer["unwritten"]))

    def _told(self, message: bytes) -> dict[str, Any] | None:
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018  # for the type checker
        try:
            self._process.stdin.write(message)
            self._process.stdin.flush()
            line = self._process.stdout.readline(_LONGEST_LINE)
            answer: dict[str, Any] | None = json.loads(line) if line else None
        except (BrokenPipeError, ValueError):
            return None
        return answer

    def _read(self, size: int) -> bytes | None:
        assert self._process.stdout is not None  # noqa: S101  # for the type checker
        text = self._process.stdout.read(size)
        return text if len(text) == size else None
