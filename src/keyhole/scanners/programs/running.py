"""One run of one program: files written into a folder of its own, started, watched, ended with all it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from keyhole.core.git_safety import GIT_PATH
from keyhole.scanners.programs.ran import Ran

FILE_BYTES = 64 << 20
"""How large a file may become that a program writes, its output included."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_PIECE = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.@+=,~-]{0,99}")
_DEEPEST = 30
_LONGEST = 1000
_ENDING = 10.0


def is_plain(name: str) -> bool:
    """Whether a relative name can be written as it is: nothing in it climbs, hides, or looks like an option."""
    pieces = name.split("/")
    return (
        len(name) <= _LONGEST
        and len(pieces) <= _DEEPEST
        and all(_PIECE.fullmatch(piece) and piece not in {".", ".."} for piece in pieces)
    )


def adopt_orphans() -> None:
    """What loses its parent below this process becomes its child, so that nothing started can hide from `end_all`."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run(
    argv: Sequence[str],
    environment: Mapping[str, str],
    files: Iterable[tuple[str, bytes]],
    folder: Path,
    seconds: float,
    memory_bytes: int,
) -> Ran:
    """Runs a program over these files in `folder`, which must not exist and is gone afterwards.

    `memory_bytes` is the private memory that each of its processes may have.
    """
    for place in (folder, folder / "files", folder / "home", folder / "tmp"):
        place.mkdir(mode=0o700)
    try:
        unwritten = tuple(name for name, content in files if not _written(folder / "files", name, content))
        ran = _run(argv, environment, folder, seconds, memory_bytes)
        return Ran(ran.code, ran.ended, ran.output, ran.errors, unwritten)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _written(root: Path, name: str, content: bytes) -> bool:
    if not is_plain(name):
        return False
    try:
        (root / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Only ever a new file: two names that are one on this file system must not hide each other.
        with (root / name).open("xb") as file:
            file.write(content)
    except OSError:
        return False
    return True


def _run(
    argv: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float, memory_bytes: int
) -> Ran:
    output, errors = folder / "output", folder / "errors"
    with output.open("xb") as out, errors.open("xb") as err:
        try:
            process = subprocess.Popen(
                argv,
                cwd=folder / "files",
                env={
                    "PATH": GIT_PATH,
                    "HOME": str(folder / "home"),
                    "TMPDIR": str(folder / "tmp"),
                    "LC_ALL": "C.UTF-8",
                    # No module comes from the working directory or anybody's home, and none is compiled to disk.
                    "PYTHONSAFEPATH": "1",
                    "PYTHONNOUSERSITE": "1",
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "PYTHONUTF8": "1",
                    **environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                preexec_fn=partial(_before, memory_bytes),  # noqa: PLW1509 - one thread, and only prctl is called
            )
        except OSError:
            return Ran(0, "could not be started", b"", b"")
        ended = _waited(process, seconds)
    end_all()
    return Ran(process.returncode, ended, output.read_bytes(), errors.read_bytes())


def _waited(process: subprocess.Popen[bytes], seconds: float) -> str:
    try:
        code = process.wait(timeout=max(seconds, 0.0))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return f"was stopped after {seconds:.0f} seconds"
    if code == -signal.SIGXFSZ:
        return f"wrote more than {FILE_BYTES >> 20} MiB"
    if code == -signal.SIGXCPU:
        return "used up its processor time"
    return f"was ended by signal {-code}" if code < 0 else ""


def _before(memory_bytes: int) -> None:
    """In the new process, before the program: it may have so much memory, and dies with its parent."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def end_all() -> None:
    """Kills and reaps every process below this one. On Linux nothing is overlooked, whatever it did to hide."""
    end = time.monotonic() + _ENDING
    # What a dead one leaves behind becomes ours, hence again and again until there is none.
    while (children := _children()) and time.monotonic() < end:
        for child in children:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)


def _children() -> list[int]:
    tasks = Path("/proc/self/task")
    if not tasks.is_dir():
        return []
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]
