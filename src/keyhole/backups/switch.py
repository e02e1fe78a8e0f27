"""Putting restored files in the place of those that are there, all of them or none. Files only, no Django.

The settings call `finish` before they look at the data folder. Until the journal is written nothing has changed; once
it is, whoever opens the folder next finishes what it says, so that nobody ever sees half of each.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

JOURNAL = "restore.journal"
STAGING = re.compile(r"\.restore-[0-9a-f]{8}")
_REPLACED = re.compile(r"replaced-[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")
# What belongs to the database that is replaced and would be taken for the new one's, or is about work that it ran.
_LEFTOVERS = (
    "keyhole.sqlite3-wal",
    "keyhole.sqlite3-shm",
    "keyhole.sqlite3-journal",
    "jobs.sqlite",
    "jobs.sqlite-wal",
    "jobs.sqlite-shm",
)


def begin(data: Path, staging: str, replaced: str, names: list[str]) -> None:
    """Exchange `names` for those in the folder `staging`; what was there lies in the folder `replaced` afterwards."""
    draft = data / f".{JOURNAL}"
    with draft.open("w", encoding="ascii") as file:
        json.dump({"staging": staging, "replaced": replaced, "names": names}, file)
        file.flush()
        os.fsync(file.fileno())
    flush(data / staging)
    draft.replace(data / JOURNAL)
    flush(data)
    finish(data)


def finish(data: Path) -> bool:
    """Do, or go on with, what the journal says; returns whether there was one. Safe at any time and in any process."""
    if not (data / JOURNAL).exists():
        return False
    with _alone(data):
        try:
            journal = json.loads((data / JOURNAL).read_text("ascii"))
        except FileNotFoundError:
            return False  # another process was faster
        staging, replaced = data / journal["staging"], data / journal["replaced"]
        if not STAGING.fullmatch(staging.name) or not _REPLACED.fullmatch(replaced.name):
            raise ValueError(f"{data / JOURNAL} is not what a restore writes; move it away to go on without")
        _exchange(data, staging, replaced, journal["names"])
        import shutil  # noqa: PLC0415  # the settings look here each time, and there is nearly never anything

        shutil.rmtree(staging, ignore_errors=True)
        (data / JOURNAL).unlink()
        flush(data)
    return True


def _exchange(data: Path, staging: Path, replaced: Path, names: list[str]) -> None:
    replaced.mkdir(mode=0o700, exist_ok=True)
    for name in _LEFTOVERS:
        _move(data / name, replaced / name)
    for name in names:
        # A name that is not in the staging folder any more has its new file already.
        if (staging / name).exists():
            _move(data / name, replaced / name)
            _move(staging / name, data / name)
    flush(data)
    flush(replaced)
    if not any(replaced.iterdir()):
        replaced.rmdir()


def _move(source: Path, target: Path) -> None:
    if source.exists():
        source.replace(target)


def flush(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _alone(data: Path) -> Iterator[None]:
    descriptor = os.open(data / "restore.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
