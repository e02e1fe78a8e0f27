"""Which workers are alive. The engine itself never notices that one has died.

On one machine a worker holds a lock on a file of its own, which the kernel lets go of in the moment the process ends,
however it ends: no clock, no waiting. Across machines, where no kernel sees all, each worker touches a row in the
shared database and is dead after some time without; only the database's own clock is ever read, so machines whose
clocks differ agree.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Protocol

from django.db import connection, transaction

BEAT_SECONDS = 3
"""How often a worker shows that it lives."""
DEAD_AFTER_SECONDS = 20
"""Silence after which a worker on another machine counts as dead: several missed beats, not one slow one."""
_MAKING = 0x6B68_776F_726B_6572


class Beacon(Protocol):
    """How workers see one another."""

    certain: bool
    """Whether a worker that is not seen is surely dead, and not just late."""

    def light(self, worker: str) -> None:
        """Shows that this worker lives, from now on; called again every BEAT_SECONDS."""

    def alive(self) -> frozenset[str]:
        """Every worker that lives now, this one included."""

    def put_out(self, worker: str) -> None:
        """Shows that this worker has ended."""


class FileBeacon:
    """Workers of one machine, by locked files in one folder."""

    certain = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, int] = {}

    def light(self, worker: str) -> None:
        """Takes the lock once; holding it is all the beating there is."""
        if worker in self._held:
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Locked before it gets its name: whoever looks never sees a living worker's file without the lock.
        unnamed = self._folder / f"{worker}.new"
        descriptor = os.open(unnamed, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unnamed.rename(self._path(worker))
        self._held[worker] = descriptor

    def alive(self) -> frozenset[str]:
        """Workers whose file is locked; files that nobody holds are swept away."""
        if not self._folder.is_dir():
            return frozenset()
        return frozenset(path.stem for path in self._folder.glob("*.lock") if self._is_held(path))

    def put_out(self, worker: str) -> None:
        """Removes the file, then lets go of the lock."""
        descriptor = self._held.pop(worker, None)
        if descriptor is not None:
            self._path(worker).unlink(missing_ok=True)
            os.close(descriptor)

    def _path(self, worker: str) -> Path:
        return self._folder / f"{worker}.lock"

    def _is_held(self, path: Path) -> bool:
        if path.stem in self._held:
            return True
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(descriptor)


class TableBeacon:
    """Workers of several machines, by rows of the database they share."""

    certain = False

    def __init__(self) -> None:
        self._made = False

    def light(self, worker: str) -> None:
        """Writes the time of the database into the worker's row."""
        with transaction.atomic(), connection.cursor() as cursor:
            if not self._made:
                # Two that make the same table at once would get an error in spite of IF NOT EXISTS.
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MAKING])
                cursor.execute(
                    "CREATE TABLE IF NOT EXISTS keyhole_worker"
                    " (id text PRIMARY KEY, beat_at timestamptz NOT NULL)"
                )
                cursor.execute(
                    "DELETE FROM keyhole_worker WHERE beat_at < clock_timestamp() - interval '1 day'"
                )
            cursor.execute(
                "INSERT INTO keyhole_worker VALUES (%s, clock_timestamp())"
                " ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at",
                [worker],
            )
        self._made = True

    def alive(self) -> frozenset[str]:
        """Workers with a young row."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass('keyhole_worker')")
            if cursor.fetchone() == (None,):
                return frozenset()  # no worker has ever been
            cursor.execute(
                "SELECT id FROM keyhole_worker WHERE beat_at > clock_timestamp() - make_interval(secs => %s)",
                [DEAD_AFTER_SECONDS],
            )
            return frozenset(row[0] for row in cursor.fetchall())

    def put_out(self, worker: str) -> None:
        """Removes the row."""
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM keyhole_worker WHERE id = %s", [worker])
