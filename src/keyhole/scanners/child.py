"""Runs a scan in a process of its own that can be killed, and never says more than that process proved.

The child reads hostile input, so the parent treats what it says as hostile, too: lines have a longest length,
everything is decoded strictly, and whatever does not fit makes the scan incomplete.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import keyhole
from keyhole.core.escaping import escape
from keyhole.core.finding import ScanResult, Status
from keyhole.core.git_safety import GIT_PATH
from keyhole.core.secret import Secret
from keyhole.core.strict_json import decode
from keyhole.scanners.interface import Limits, Progress
from keyhole.scanners.programs.configured import configured
from keyhole.scanners.registry import chosen
from keyhole.scanners.rules_version import rules_version
from keyhole.scanners.secrets import own

_GRACE_SECONDS = 15.0
"""What the child may take beyond its own time limit, to say what it found until then."""
_POLL_SECONDS = 0.1
_LONGEST_LINE = 256 << 20
_CHUNK = 1 << 16
_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")


class _Ended(Exception):
    """The scan ended without a result; the message is the reason, for people."""


def run(
    git_dir: Path,
    *,
    hmac_secret: Secret,
    scanners: Iterable[str] = ("secrets",),
    tips: Iterable[str] = (),
    advisories: Path | None = None,
    kept: Path | None = None,
    limits: Limits = Limits(),  # noqa: B008  # frozen
    on_progress: Callable[[Progress], None] | None = None,
    stop: threading.Event | None = None,
) -> ScanResult:
    """Scans the repository with this git dir (see `locate.git_dir_of`) and waits for the result.

    `tips` are full object ids, of commits or tags, whose history is scanned; none means every ref and HEAD.
    `advisories` is the index that packages are compared with, `kept` the folder for what need not be made twice.
    `hmac_secret` keys the fingerprints: the same secret finds the same finding again. `on_progress` is called in
    this thread; if it raises, the scan is killed and the error passed on. `stop` ends the scan within a second.

    Whatever happens to the child (killed, out of memory, out of time, stopped), the answer is a result that says
    `incomplete` and why; no process and no file is left. Raises UnknownScanner, NotInstalled and WrongRules before
    anything is started.
    """
    selected = chosen(scanners)
    own.own_rules()
    start = time.monotonic()
    order = {
        "git_dir": str(git_dir.resolve()),
        "scanners": [scanner.id for scanner in selected],
        "tips": _object_ids(tips),
        "programs": configured().to_json(),
        "own_rules": own.texts(),
        "advisories": str(advisories.resolve()) if advisories is not None else "",
        "kept": str(kept.resolve()) if kept is not None else "",
        "limits": asdict(limits),
        "hmac_secret": hmac_secret.reveal(),
    }
    try:
        return _run(json.dumps(order), limits, on_progress or _ignore, stop or threading.Event())
    except _Ended as ended:
        return ScanResult(
            status=Status.INCOMPLETE,
            reasons=(str(ended),),
            commit="",
            objects=0,
            bytes_read=0,
            findings=(),
            notes=(),
            scanners=tuple(scanner.id for scanner in selected),
            rules_version=rules_version(selected),
            duration=round(time.monotonic() - start, 3),
            isolation=(),
        )


def _object_ids(tips: Iterable[str]) -> list[str]:
    checked = list(tips)
    if not all(_OBJECT_ID.fullmatch(tip) for tip in checked):
        raise ValueError("tips are full object ids: git would take anything else for a name or an option")
    return checked


def _ignore(_progress: Progress) -> None:
    """Nobody watches."""


def _run(
    order: str, limits: Limits, on_progress: Callable[[Progress], None], stop: threading.Event
) -> ScanResult:
    with tempfile.TemporaryDirectory(prefix="keyhole-scan-") as folder, _started(folder) as child:
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018  # for the type checker
        try:
            child.stdin.write(order.encode() + b"\n")
            child.stdin.close()
        except BrokenPipeError:
            raise _Ended(_ending(child)) from None
        deadline = time.monotonic() + limits.seconds + _GRACE_SECONDS
        for line in _lines(child.stdout, deadline, stop):
            result = _understood(line, on_progress)
            if result is not None:
                return result
        raise _Ended(_ending(child))


class _started:  # noqa: N801  # reads as a function: a context that starts and surely ends the child
    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __enter__(self) -> subprocess.Popen[bytes]:
        source = str(Path(keyhole.__file__).parents[1])
        self._child = subprocess.Popen(
            # -P: the working directory is no place to import from; -s: nor is anybody's home.
            [sys.executable, "-P", "-s", "-B", "-m", "keyhole.scanners.worker"],
            env={"PATH": GIT_PATH, "LC_ALL": "C", "PYTHONPATH": source, "PYTHONUTF8": "1"},
            cwd=self._folder,
            start_new_session=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        return self._child

    def __exit__(self, *_error: object) -> None:
        # The group outlives its leader: a git of the scan may still run when the child is gone.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None and not pipe.closed:
                pipe.close()
        self._child.wait()


def _lines(stdout: IO[bytes], deadline: float, stop: threading.Event) -> Iterator[bytes]:
    os.set_blocking(stdout.fileno(), False)
    pending = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while True:
            if stop.is_set():
                raise _Ended("stopped")
            if time.monotonic() > deadline:
                raise _Ended("out of time")
            if not selector.select(_POLL_SECONDS):
                continue
            chunk = os.read(stdout.fileno(), _CHUNK)
            if not chunk:
                return
            pending += chunk
            if len(pending) > _LONGEST_LINE:
                raise _Ended("the scanning process said too much")
            if b"\n" in chunk:
                *lines, rest = bytes(pending).split(b"\n")
                pending = bytearray(rest)
                yield from lines


def _understood(line: bytes, on_progress: Callable[[Progress], None]) -> ScanResult | None:
    try:
        message: Any = json.loads(line)
        kind, data = next(iter(message.items()))
        if kind == "result":
            return ScanResult.from_json(data)
        progress = decode(Progress, data) if kind == "progress" else None
    except (ValueError, AttributeError, StopIteration, RecursionError):
        raise _Ended("the scanning process said something that is not a result") from None
    if progress is None:
        raise _Ended(f"the scanning process failed: {escape(str(data)[:200].encode('utf-8', 'replace'))}")
    on_progress(progress)
    return None


def _ending(child: subprocess.Popen[bytes]) -> str:
    try:
        code = child.wait(timeout=_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        return "the scanning process fell silent"
    if code >= 0:
        return f"the scanning process ended with exit code {code}"
    if -code == signal.SIGXCPU:
        return "out of processor time"
    if -code == signal.SIGKILL:
        return "the scanning process was killed, perhaps for want of memory"
    return f"the scanning process was ended by signal {-code}"
