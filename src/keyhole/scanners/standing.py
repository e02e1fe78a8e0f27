"""Whether anything has changed that a scan could tell apart: answered in a few milliseconds, without reading objects.

It looks at what refs name, at which files hold objects, and at our own code and rules. Where all of that is as it was
before a complete scan, that scan's result is the result.
"""

from __future__ import annotations

import functools
import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import keyhole
from keyhole.core.git_safety import git_argv, git_env

_SECONDS = 30.0


def standing(git_dir: Path, scanners: Iterable[str], measure: object) -> str:
    """A digest of all of that, and of what `measure` shows by its `repr`; empty if it cannot be said."""
    try:
        refs = subprocess.run(
            git_argv(git_dir, "show-ref", "--head"),
            env=git_env(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
        files = "\n".join(_files(git_dir))
    except (OSError, subprocess.TimeoutExpired):
        return ""
    words = (code(), *sorted(scanners), repr(measure), files)
    digest = hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape"))
    digest.update(b"\0" + refs.stdout)
    return digest.hexdigest()


def _files(git_dir: Path) -> Iterator[str]:
    """Names, sizes and times of what holds objects, and of what changes how they are understood."""
    common = git_dir
    pointer = git_dir / "commondir"
    if pointer.is_file():
        common = git_dir / pointer.read_text("utf-8", "surrogateescape").strip()
    for file in (
        git_dir / "HEAD",
        common / "shallow",
        common / "objects/info/alternates",
    ):
        yield _stamp(file)
    for folder in (common / "worktrees", common / "objects/pack"):
        if folder.is_dir():
            with os.scandir(folder) as entries:
                yield from sorted(_stamp(Path(entry.path)) for entry in entries)
    for head in sorted((common / "worktrees").glob("*/HEAD")):
        yield head.read_text("utf-8", "surrogateescape")
    with os.scandir(common / "objects") as entries:  # the time of each folder changes with what is in it
        yield from sorted(_stamp(Path(entry.path)) for entry in entries)


def _stamp(file: Path) -> str:
    try:
        status = file.stat()
    except OSError:
        return f"{file.name} -"
    # The time of its last change of any kind, too: unlike the other one it cannot be set.
    return f"{file.name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


@functools.cache
def code() -> str:
    """A digest of the scanners themselves, with their rules: another version may say something else."""
    package = Path(keyhole.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(file for part in ("scanners", "core") for file in (package / part).rglob("*.*")):
        if file.suffix != ".pyc":
            digest.update(f"{file.relative_to(package)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()
