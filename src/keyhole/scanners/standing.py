"""Whether anything has changed that a scan could tell apart: answered in a few milliseconds, without reading objects.

It looks at what refs name, and at which files hold objects; whoever asks adds our own code and rules. Where all of that
is as it was before a complete scan, that scan's result is the result. For one branch or tag it is enough that it names
the same, and that nothing has gone of what held objects then: what was added since belongs to others.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from keyhole.core.git_safety import git_argv, git_env

_SECONDS = 30.0
_FOLDER = 2
"""Letters of the name of a folder with objects in files of their own."""
_MOST_HOLDING = 20_000


def standing(git_dir: Path, scanners: Iterable[str], measure: object) -> str:
    """A digest of all of that, and of what `measure` shows by its `repr`; empty if it cannot be said."""
    import subprocess  # noqa: PLC0415  # not for a scan of the newest commit, which cannot wait for the import

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
    return _digest(scanners, measure, files.encode("utf-8", "surrogateescape"), refs.stdout)


def standing_of(tips: Iterable[str], git_dir: Path, scanners: Iterable[str], measure: object) -> str:
    """The same of these tips alone, without what holds objects: see `holding`."""
    common = _common(git_dir)
    files = (common / "shallow", common / "objects/info/alternates")
    words = (*sorted(tips), *map(_stamp, files))
    return _digest(scanners, measure, "\n".join(words).encode("utf-8", "surrogateescape"))


def holding(git_dir: Path) -> frozenset[str]:
    """What holds objects: packs, with sizes and times, and the names of objects in files of their own. Empty if it
    cannot be said, or would take long.
    """
    objects = _common(git_dir) / "objects"
    held: set[str] = set()
    try:
        with os.scandir(objects / "pack") as entries:
            held.update(
                _stamp(Path(entry.path)) for entry in entries if entry.name.endswith((".pack", ".idx"))
            )
        for name in os.listdir(objects):  # noqa: PTH208  # three times as fast, and there are 256 of them
            if len(name) == _FOLDER:
                held.update(name + rest for rest in os.listdir(objects / name))  # noqa: PTH208
            if len(held) > _MOST_HOLDING:
                return frozenset()
    except OSError:
        return frozenset()
    return frozenset(held)


def _digest(scanners: Iterable[str], measure: object, *parts: bytes) -> str:
    words = (*sorted(scanners), repr(measure))
    digest = hashlib.sha256("\0".join(words).encode("utf-8", "surrogateescape"))
    for part in parts:
        digest.update(b"\0" + part)
    return digest.hexdigest()


def _common(git_dir: Path) -> Path:
    pointer = git_dir / "commondir"
    return git_dir / pointer.read_text("utf-8", "surrogateescape").strip() if pointer.is_file() else git_dir


def _files(git_dir: Path) -> Iterator[str]:
    """Names, sizes and times of what holds objects, and of what changes how they are understood."""
    common = _common(git_dir)
    for file in (
        git_dir / "HEAD",
        common / "HEAD",  # every HEAD is read, whichever working copy was named
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
